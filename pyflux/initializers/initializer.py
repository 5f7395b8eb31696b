"""The base of the initializers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._internal import validation
from .._internal.config import describe

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Initializer(ABC):
    """Makes the first values of a weight."""

    @abstractmethod
    def draw(self, shape: Sequence[int], rng: np.random.Generator) -> Floats:
        """Return a float32 array of that shape.

        Random numbers come from ``rng``, but for an initializer with a seed of its own.
        """

    def __call__(self, shape: Sequence[int]) -> Floats:
        """Return a float32 array of that shape, as Keras's initializers do.

        Without a seed the values are new at every call.
        """
        return self.draw(shape, np.random.default_rng())

    def config(self) -> dict[str, Any]:
        """Return the description as plain data."""
        return describe(self)

    def _check(self, name: str, **limits: float) -> None:
        object.__setattr__(self, name, validation.as_float(name, getattr(self, name), **limits))


@dataclass(frozen=True)
class RandomInitializer(Initializer):
    """The base of those that draw random numbers.

    Subclasses have a field ``seed``: a whole number from 0 that decides the values alone, whatever the
    model's seed; None to draw from the model's.
    """

    def __post_init__(self) -> None:
        seed = getattr(self, "seed", None)
        if seed is not None:
            object.__setattr__(self, "seed", validation.as_seed("seed", seed))

    def draw(self, shape: Sequence[int], rng: np.random.Generator) -> Floats:
        """Return random values, from ``rng`` or from the seed of its own."""
        seed = getattr(self, "seed", None)
        return self._values(tuple(shape), rng if seed is None else np.random.default_rng(seed))

    @abstractmethod
    def _values(self, shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
        """Draw the values from ``rng``."""


def uniform(rng: np.random.Generator, shape: tuple[int, ...], limit: float) -> Floats:
    """Draw evenly from ±limit."""
    unit: Floats = rng.random(shape, dtype=np.float32)
    return (2 * unit - 1) * np.float32(limit)


def normal(rng: np.random.Generator, shape: tuple[int, ...], stddev: float) -> Floats:
    """Draw from a normal distribution about 0."""
    return rng.standard_normal(shape, dtype=np.float32) * np.float32(stddev)


def truncated_normal(rng: np.random.Generator, shape: tuple[int, ...], stddev: float) -> Floats:
    """Draw from a normal distribution about 0, again where a value is 2 ``stddev`` or more away."""
    values: Floats = rng.standard_normal(shape, dtype=np.float32)
    while (outside := np.abs(values) >= 2).any():
        values[outside] = rng.standard_normal(int(outside.sum()), dtype=np.float32)
    return values * np.float32(stddev)
