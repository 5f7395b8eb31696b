"""Constraints: what a weight must satisfy after every training step. Names and formulas are Keras's.

Give one to a layer by name or as an object: ``Dense(10, kernel_constraint="non_neg")``,
``Conv2D(8, 3, kernel_constraint=MaxNorm(3, axis=(0, 1, 2)))``. Axes count in Keras's layout of the weight.

To add one, write its class and name it in `CONSTRAINTS`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._internal import validation
from ._internal.config import describe
from ._internal.lookup import lookup

Array = NDArray[Any]

# Added to a norm before it divides, as in Keras.
EPSILON = 1e-7


@dataclass(frozen=True)
class Constraint(ABC):
    """Projects a weight to the nearest allowed values."""

    def __call__(self, w: ArrayLike) -> Array:
        """Return the weight with its values projected, of the same shape and type."""
        return self._project(np.asarray(w))

    @abstractmethod
    def _project(self, w: Array) -> Array: ...

    def config(self) -> dict[str, Any]:
        """Return the description as plain data."""
        return describe(self)

    def _set_norms(self, **limits: float) -> None:
        for name, number in limits.items():
            object.__setattr__(self, name, validation.as_float(name, number, at_least=0))

    def _set_axes(self, axis: int | Iterable[int]) -> None:
        axes = tuple(axis) if isinstance(axis, Iterable) else (axis,)
        object.__setattr__(self, "axis", tuple(validation.as_int("axis", a, minimum=-4) for a in axes))


def norms(w: Array, axis: int | tuple[int, ...]) -> Array:
    """Return the Euclidean norms over axes, which stay as axes of length 1."""
    squares: Array = (w * w).sum(axis=axis, keepdims=True)
    return np.sqrt(squares)


@dataclass(frozen=True)
class NonNeg(Constraint):
    """No value below 0.

    >>> NonNeg()(np.array([-1.0, 2.0]))
    array([0., 2.])
    """

    def _project(self, w: Array) -> Array:
        return np.maximum(w, 0)


@dataclass(frozen=True)
class MaxNorm(Constraint):
    """No norm above a limit: a longer vector of weights is scaled down to it.

    Args:
        max_value: The limit, at least 0.
        axis: One axis or several, over which a norm is taken: 0 for the weights of each unit of a `Dense`,
            (0, 1, 2) for those of each filter of a `Conv2D`.

    >>> MaxNorm(1)(np.array([[3.0, 0.3], [4.0, 0.4]])).round(3)
    array([[0.6, 0.3],
           [0.8, 0.4]])
    """

    max_value: float = 2
    axis: int | tuple[int, ...] = 0

    def __post_init__(self) -> None:
        self._set_norms(max_value=self.max_value)
        self._set_axes(self.axis)

    def _project(self, w: Array) -> Array:
        norm = norms(w, self.axis)
        scaled: Array = w * (np.minimum(norm, self.max_value) / (EPSILON + norm))
        return scaled


@dataclass(frozen=True)
class UnitNorm(Constraint):
    """Every norm 1.

    Args:
        axis: One axis or several, over which a norm is taken, as in `MaxNorm`.

    >>> UnitNorm()(np.array([[3.0], [4.0]])).round(3)
    array([[0.6],
           [0.8]])
    """

    axis: int | tuple[int, ...] = 0

    def __post_init__(self) -> None:
        self._set_axes(self.axis)

    def _project(self, w: Array) -> Array:
        scaled: Array = w / (EPSILON + norms(w, self.axis))
        return scaled


@dataclass(frozen=True)
class MinMaxNorm(Constraint):
    """Every norm within limits, or nearer to them after each step.

    Args:
        min_value: The lower limit, at least 0.
        max_value: The upper limit, at least ``min_value``.
        rate: How much of the way to the limit a step goes, in [0, 1].
        axis: One axis or several, over which a norm is taken, as in `MaxNorm`.

    >>> MinMaxNorm(1, 2)(np.array([[0.3], [0.4]])).round(3)
    array([[0.6],
           [0.8]])
    """

    min_value: float = 0.0
    max_value: float = 1.0
    rate: float = 1.0
    axis: int | tuple[int, ...] = 0

    def __post_init__(self) -> None:
        self._set_norms(min_value=self.min_value, max_value=self.max_value)
        validation.as_float("max_value", self.max_value, at_least=self.min_value)
        rate = validation.as_float("rate", self.rate, at_least=0, at_most=1)
        object.__setattr__(self, "rate", rate)
        self._set_axes(self.axis)

    def _project(self, w: Array) -> Array:
        norm = norms(w, self.axis)
        wanted = self.rate * norm.clip(self.min_value, self.max_value) + (1 - self.rate) * norm
        scaled: Array = w * (wanted / (EPSILON + norm))
        return scaled


max_norm, non_neg, unit_norm, min_max_norm = MaxNorm, NonNeg, UnitNorm, MinMaxNorm  # Keras's short names

CONSTRAINTS: dict[str, type[Constraint]] = {
    cls.__name__: cls for cls in (MaxNorm, NonNeg, UnitNorm, MinMaxNorm)
}

ConstraintLike = str | Constraint | type[Constraint] | Mapping[str, Any] | None


def get(argument: str, value: Any) -> Constraint | None:
    """Return the constraint that an argument names or is; None for none.

    Args:
        argument: Name of the argument, for errors.
        value: A `Constraint`, its class, its name (``"MaxNorm"`` or ``"max_norm"``), what its ``config``
            gave, or None.

    Raises:
        TypeError: It is none of these.
        ValueError: The name is not known.

    >>> get("kernel_constraint", "max_norm")
    MaxNorm(max_value=2.0, axis=(0,))
    """
    return None if value is None else lookup(argument, value, Constraint, CONSTRAINTS)  # type: ignore[type-abstract]
