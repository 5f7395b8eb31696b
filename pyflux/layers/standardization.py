"""Normalization by means and variances that are known before training."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np

from .._internal import validation
from ..inputs import Floats, as_array, as_finite_floats
from .activations import check_last_axis, last_axis
from .base import Layer, Shape

Statistics = float | tuple[float, ...] | None

EPSILON = 1e-7  # the least standard deviation that is divided by


@dataclass(repr=False)
class Normalization(Layer):
    """Subtracts a mean and divides by a standard deviation, for each channel or feature.

    They are arguments, or weights that `adapt` computes and training does not change.

    Weights, each (channels,): ``mean`` and ``variance``, where they are no arguments.

    Args:
        axis: The axis of the channels: -1, or the last axis counted from 0 with the batch as axis 0.
        mean: A mean for all, or one for each channel.
        variance: Likewise; given together with ``mean``.

    Raises:
        ValueError: ``mean`` is given without ``variance``, or the other way round, or a variance is negative.

    >>> layer = Normalization(mean=(1, 2), variance=4)
    >>> layer(np.array([[3, 4]]))
    array([[1., 1.]], dtype=float32)
    """

    axis: int = -1
    _: KW_ONLY
    mean: Statistics = None
    variance: Statistics = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.mean is None) != (self.variance is None):
            raise ValueError(f"mean and variance go together, got {self.mean} and {self.variance}")
        self._convert(axis=last_axis, mean=_statistics, variance=_statistics)
        if self.variance is not None and np.min(self.variance) < 0:
            raise ValueError(f"variance must be at least 0, got {self.variance}")

    def trainable_names(self) -> tuple[str, ...]:
        """Return no names: an optimizer changes none of them."""
        return ()

    def initial_value(self, weight: str, shape: Shape, rng: np.random.Generator) -> Floats:
        """Return means of 0 and variances of 1."""
        return np.full(shape, weight == "variance", np.float32)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the same shape.

        Raises:
            ValueError: There are means for another number of channels, or ``axis`` is not the last.
        """
        check_last_axis(self.axis, input_shape)
        for name in ("mean", "variance"):
            given = getattr(self, name)
            if isinstance(given, tuple) and len(given) not in (1, input_shape[-1]):
                raise ValueError(f"its {name} has {len(given)} values, for {input_shape[-1]} channels")
        return input_shape

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Return the shapes of ``mean`` and ``variance``, unless they are arguments."""
        channels = input_shape[-1:]
        return {} if self.mean is not None else {"mean": channels, "variance": channels}

    def statistics(self, weights: Any) -> tuple[Any, Any]:
        """Return the mean and the standard deviation to divide by.

        Args:
            weights: The values of ``mean`` and ``variance`` where they are weights.
        """
        mean, variance = map(np.asarray, weights if self.mean is None else (self.mean, self.variance))
        return mean, np.maximum(np.sqrt(variance), EPSILON)

    def adapt(self, data: Any) -> None:
        """Set the weights to the mean and the variance of each channel.

        Args:
            data: Samples ``(N, …, channels)``, taken as they are: bytes are not scaled.

        Raises:
            ValueError: The means are arguments, or the data do not fit the layer.

        >>> layer = Normalization()
        >>> layer.adapt(np.array([[0.0, 1.0], [2.0, 1.0]]))
        >>> [w.tolist() for w in layer.get_weights()]
        [[1.0, 1.0], [1.0, 0.0]]
        """
        if self.mean is not None:
            raise ValueError("adapt() is for a Normalization() without mean= and variance=")
        array = as_finite_floats("data", as_array("data", data))
        if array.ndim < 2 or not array.size:
            raise ValueError(f"data must be samples (N, …, channels), got shape {array.shape}")
        self.build(array.shape[1:])
        axes = tuple(range(array.ndim - 1))
        self.set_weights([array.mean(axis=axes, dtype=np.float64), array.var(axis=axes, dtype=np.float64)])


def _statistics(argument: str, value: Any) -> Statistics:
    if value is None:
        return None
    array = as_array(argument, value)
    if array.ndim == 0:
        return validation.as_float(argument, float(array))
    return tuple(validation.as_float(argument, float(x)) for x in array.ravel())
