"""Layers that apply an activation function. Each engine and exporter sees them by their ``activation``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

from numpy.typing import NDArray

from .. import activations
from .._internal import validation
from .._internal.config import INIT_ONLY, from_config
from .base import ActivationLayer, Layer, Shape

# What an argument `activation` may be, and what a layer keeps of it.
ActivationLike = str | Callable[..., NDArray[Any]] | ActivationLayer | Mapping[str, Any] | None


@dataclass(repr=False)
class Activation(ActivationLayer):
    """Applies an activation function.

    Args:
        activation: Its name (``"relu"``), a function of `pyflux.activations`, or an activation layer.

    >>> Activation("relu").output_shape((26, 26, 16))
    (26, 26, 16)
    """

    activation: ActivationLike

    def __post_init__(self) -> None:
        super().__post_init__()
        self._convert(activation=as_activation)


@dataclass(repr=False)
class ReLU(ActivationLayer):
    """Rectified linear unit: ``max(x, 0)`` with the default arguments.

    Args:
        max_value: Largest value that comes out, at least 0; None for no limit.
        negative_slope: Slope below the threshold, at least 0.
        threshold: Values up to it become ``negative_slope * (x - threshold)``; at least 0.

    >>> ReLU().activation, ReLU(max_value=6).activation
    ('relu', 'relu6')
    """

    max_value: float | None = None
    negative_slope: float = 0.0
    threshold: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._convert(negative_slope=_from_zero, threshold=_from_zero)
        if self.max_value is not None:
            self._convert(max_value=_from_zero)

    @property
    def activation(self) -> str | ActivationLayer:
        """The function's name, or this layer where none stands for its arguments."""
        names = {(None, 0.0, 0.0): "relu", (6.0, 0.0, 0.0): "relu6", (None, 0.2, 0.0): "leaky_relu"}
        return names.get((self.max_value, self.negative_slope, self.threshold), self)


@dataclass(repr=False)
class LeakyReLU(ActivationLayer):
    """``x`` where it is above 0, else ``negative_slope * x``.

    Args:
        negative_slope: Slope below 0, at least 0. By name, ``"leaky_relu"`` has 0.2, as in Keras.
        alpha: The older name of ``negative_slope``.

    >>> LeakyReLU(0.2).activation, LeakyReLU()
    ('leaky_relu', LeakyReLU())
    """

    negative_slope: float = 0.3
    _: KW_ONLY
    alpha: float | None = field(default=None, metadata=INIT_ONLY)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.alpha is not None:
            self._set("negative_slope", self.alpha)
            self._set("alpha", None)
        self._convert(negative_slope=_from_zero)

    @property
    def activation(self) -> str | ActivationLayer:
        """``"leaky_relu"`` where the slope is 0.2, else this layer."""
        return "leaky_relu" if self.negative_slope == 0.2 else self


@dataclass(repr=False)
class ELU(ActivationLayer):
    """Exponential linear unit: ``x`` where it is above 0, else ``alpha * (exp(x) - 1)``.

    Args:
        alpha: The limit for large negative values is ``-alpha``; at least 0.

    >>> ELU().activation, ELU(0.5)
    ('elu', ELU(alpha=0.5))
    """

    alpha: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._convert(alpha=_from_zero)

    @property
    def activation(self) -> str | ActivationLayer:
        """``"elu"`` where alpha is 1, else this layer."""
        return "elu" if self.alpha == 1 else self


@dataclass(repr=False)
class Softmax(ActivationLayer):
    """Exponentials scaled so that they sum to 1 over the last axis: classes, or the channels of each pixel.

    Args:
        axis: -1, or the last axis counted from 0 with the batch as axis 0.

    >>> Softmax().activation
    'softmax'
    """

    axis: int = -1

    def __post_init__(self) -> None:
        super().__post_init__()
        self._convert(axis=last_axis)

    @property
    def activation(self) -> str:
        """``"softmax"``."""
        return "softmax"

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return ``input_shape``."""
        check_last_axis(self.axis, input_shape)
        return input_shape


PARAMETRIC: dict[str, type[ActivationLayer]] = {
    cls.__name__: cls for cls in (Activation, ReLU, LeakyReLU, ELU, Softmax)
}


def as_activation(argument: str, value: ActivationLike) -> str | ActivationLayer:
    """Return what an argument ``activation`` stands for: a name, or a layer where no name does.

    Args:
        argument: Name of the argument, for errors.
        value: A name, a function of `pyflux.activations`, an activation layer or its ``config``, or None.

    Raises:
        TypeError: It is none of these.
        ValueError: The name is not known; the error suggests the nearest.

    >>> as_activation("activation", ReLU(6)), as_activation("activation", LeakyReLU(0.1))
    ('relu6', LeakyReLU(negative_slope=0.1))
    """
    if isinstance(value, Mapping):
        value = from_config(argument, PARAMETRIC, value)
    if isinstance(value, ActivationLayer):
        found: str | ActivationLayer = value.activation  # type: ignore[attr-defined]  # every subclass has it
        return found
    given: Any = value
    if isinstance(given, type) and issubclass(given, Layer):
        raise TypeError(f"{argument} must be an object, got the class; write {given.__name__}()")
    if isinstance(given, Layer):
        raise TypeError(
            f"{argument} must be an activation layer ({', '.join(PARAMETRIC)}), got {type(given).__name__}"
        )
    return activations.get(argument, given)


def last_axis(argument: str, value: Any) -> int:
    """Return an axis, -1 or counted from 0 with the batch, which must turn out to be the last."""
    items = tuple(value) if isinstance(value, (list, tuple)) else (value,)
    if len(items) != 1:
        raise ValueError(f"{argument} must be one axis, the last, got {value}")
    return validation.as_int(argument, items[0], minimum=-1)


def check_last_axis(axis: int, input_shape: Shape) -> None:
    """Raise ``ValueError`` if an axis is not the last of the samples' axes."""
    if axis not in (-1, len(input_shape)):
        raise ValueError(
            f"its axis must be the last one, -1 or {len(input_shape)} for samples of shape {input_shape}, "
            f"got axis={axis}"
        )


def _from_zero(argument: str, value: Any) -> float:
    return validation.as_float(argument, value, at_least=0)
