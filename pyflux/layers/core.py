"""Input, dense layers, flattening and dropout."""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, ClassVar

from .._internal import validation
from .._internal.config import INIT_ONLY
from ..constraints import ConstraintLike
from ..initializers import InitializerLike
from ..regularizers import RegularizerLike
from .activations import ActivationLike, as_activation
from .arguments import channels_last, optional_seed
from .base import Layer, Shape, sample_shape
from .symbolic import KerasTensor


@dataclass(repr=False)
class Input(Layer):
    """Says the shape of the samples that go into the network, and does nothing else.

    Args:
        shape: ``(height, width, channels)``, ``(rows, features)`` or ``(features,)``.

    Raises:
        ValueError: There is no shape.

    >>> Input((28, 28, 1)).shape
    (28, 28, 1)
    """

    shape: Shape = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        given = self.shape if self.shape != () else self.input_shape
        self._set("shape", sample_shape("shape", () if given is None else given))
        self._set("input_shape", self.shape)
        self._set("tensor", KerasTensor(self.shape))

    tensor: ClassVar[KerasTensor]  # what layers are called on, of each input its own


@dataclass(repr=False)
class Dense(Layer):
    """Every output is a weighted sum of all inputs, plus a bias.

    Samples with more than one axis keep all but the last, on which it acts: an image becomes an image with
    ``units`` channels. Put a `Flatten` before it for one row of outputs.

    Weights: ``kernel`` (features in, units) and ``bias`` (units,).

    Args:
        units: Number of outputs.
        activation: Applied to the result: a name, a function of `pyflux.activations` or an activation layer;
            none by default.
        use_bias: Whether a bias is added.
        kernel_initializer: What the kernel starts with: a name or an object of `pyflux.initializers`.
        bias_initializer: What the bias starts with.
        kernel_regularizer: Penalty on the kernel: a name or an object of `pyflux.regularizers`.
        bias_regularizer: Penalty on the bias.
        kernel_constraint: What the kernel must satisfy after each step: a name or an object of
            `pyflux.constraints`.
        bias_constraint: What the bias must satisfy.

    >>> Dense(10).weight_shapes((800,))
    {'kernel': (800, 10), 'bias': (10,)}
    >>> Dense(4).output_shape((28, 28))
    (28, 4)
    """

    units: int
    activation: ActivationLike = None
    use_bias: bool = True
    _: KW_ONLY
    kernel_initializer: InitializerLike = "glorot_uniform"
    bias_initializer: InitializerLike = "zeros"
    kernel_regularizer: RegularizerLike = None
    bias_regularizer: RegularizerLike = None
    kernel_constraint: ConstraintLike = None
    bias_constraint: ConstraintLike = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._convert(
            units=validation.as_int,
            activation=as_activation,
            use_bias=validation.as_bool,
        )
        self._convert_weight_arguments("kernel", "bias")

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return ``(units,)``, after the other axes of the samples if there are any."""
        return (*input_shape[:-1], self.units)

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Return the shapes of ``kernel`` and ``bias``."""
        kernel = {"kernel": (input_shape[-1], self.units)}
        return kernel | ({"bias": (self.units,)} if self.use_bias else {})


@dataclass(repr=False)
class Flatten(Layer):
    """All values of a sample in one row, in row-major order: rows, then columns, then channels.

    Args:
        data_format: ``"channels_last"``, the only one supported.

    >>> Flatten().output_shape((5, 5, 32)), Flatten().output_shape((28, 28))
    ((800,), (784,))
    """

    _: KW_ONLY
    data_format: str | None = field(default=None, metadata=INIT_ONLY)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._convert(data_format=channels_last)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return ``(features,)``."""
        return (math.prod(input_shape),)


@dataclass(repr=False)
class Dropout(Layer):
    """In training, sets a fraction of the values to 0 and scales the others up; otherwise does nothing.

    Source: Srivastava and others, "Dropout: a simple way to prevent neural networks from overfitting", 2014.

    Args:
        rate: The fraction, in [0, 1).
        noise_shape: ``(None, …)``, with 1 for each axis whose values are dropped together, and None for the
            others; ``(None, 1, 1, 1)`` drops whole images. By default each value is dropped by itself.
        seed: Decides what is dropped, whatever the model's seed; None to draw from the model's.

    >>> Dropout(0.5).output_shape((128,))
    (128,)
    """

    random: ClassVar[bool] = True

    rate: float
    _: KW_ONLY
    noise_shape: tuple[int | None, ...] | None = None
    seed: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._convert(rate=validation.fraction, noise_shape=_noise_shape, seed=optional_seed)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the same shape.

        Raises:
            ValueError: ``noise_shape`` is of another number of axes.
        """
        if self.noise_shape is not None and len(self.noise_shape) != len(input_shape) + 1:
            raise ValueError(
                f"its noise_shape {self.noise_shape} must have {len(input_shape) + 1} axes, the first for "
                f"the batch, for samples of shape {input_shape}"
            )
        return super().output_shape(input_shape)


def _noise_shape(argument: str, value: Any) -> tuple[int | None, ...] | None:
    if value is None:
        return None
    shape = tuple(value) if isinstance(value, (list, tuple)) else ()
    if not shape or shape[0] is not None or any(n not in (None, 1) for n in shape):
        raise ValueError(
            f"{argument} must be (None, …) with 1 for what is dropped together and None for the rest, got "
            f"{validation.show(value)}"
        )
    return shape
