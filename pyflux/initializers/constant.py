"""Initializers that draw nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .initializer import Floats, Initializer


@dataclass(frozen=True)
class Zeros(Initializer):
    """All values 0.

    >>> Zeros()((2,))
    array([0., 0.], dtype=float32)
    """

    def draw(self, shape: Sequence[int], rng: np.random.Generator) -> Floats:
        """Return the values; nothing is drawn."""
        return np.zeros(shape, np.float32)


@dataclass(frozen=True)
class Ones(Initializer):
    """All values 1.

    >>> Ones()((2,))
    array([1., 1.], dtype=float32)
    """

    def draw(self, shape: Sequence[int], rng: np.random.Generator) -> Floats:
        """Return the values; nothing is drawn."""
        return np.ones(shape, np.float32)


@dataclass(frozen=True)
class Constant(Initializer):
    """All values the same number.

    Args:
        value: The number.

    >>> Constant(0.1)((2,))
    array([0.1, 0.1], dtype=float32)
    """

    value: float = 0.0

    def __post_init__(self) -> None:
        self._check("value")

    def draw(self, shape: Sequence[int], rng: np.random.Generator) -> Floats:
        """Return the values; nothing is drawn."""
        return np.full(shape, self.value, np.float32)
