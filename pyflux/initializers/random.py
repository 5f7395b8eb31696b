"""Initializers whose distribution does not depend on the weight's shape, and `Orthogonal`."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .initializer import Floats, RandomInitializer, normal, truncated_normal


@dataclass(frozen=True)
class RandomNormal(RandomInitializer):
    """Draws from a normal distribution.

    Args:
        mean: Its mean.
        stddev: Its standard deviation, at least 0.
        seed: Decides the values alone; None to draw from the model's seed.

    >>> RandomNormal(stddev=0.01, seed=0)((2, 3)).shape
    (2, 3)
    """

    mean: float = 0.0
    stddev: float = 0.05
    seed: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check("mean")
        self._check("stddev", at_least=0)

    def _values(self, shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
        return normal(rng, shape, self.stddev) + np.float32(self.mean)


@dataclass(frozen=True)
class TruncatedNormal(RandomNormal):
    """Draws from a normal distribution, again where a value is two standard deviations or more from the mean.

    Args:
        mean: Its mean.
        stddev: Its standard deviation before values are cut off, at least 0.
        seed: Decides the values alone; None to draw from the model's seed.

    >>> bool(abs(TruncatedNormal(stddev=1, seed=0)((1000,))).max() < 2)
    True
    """

    def _values(self, shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
        return truncated_normal(rng, shape, self.stddev) + np.float32(self.mean)


@dataclass(frozen=True)
class RandomUniform(RandomInitializer):
    """Draws evenly from a range.

    Args:
        minval: Its lower end.
        maxval: Its upper end.
        seed: Decides the values alone; None to draw from the model's seed.

    >>> bool(RandomUniform(0, 1, seed=0)((1000,)).min() >= 0)
    True
    """

    minval: float = -0.05
    maxval: float = 0.05
    seed: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check("minval")
        self._check("maxval", at_least=self.minval)

    def _values(self, shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
        unit: Floats = rng.random(shape, dtype=np.float32)
        return np.float32(self.minval) + unit * np.float32(self.maxval - self.minval)


@dataclass(frozen=True)
class Orthogonal(RandomInitializer):
    """A random matrix with orthonormal columns, or rows where it has fewer of them, times ``gain``.

    A kernel of a convolution is such a matrix of ``height * width * channels`` rows and a column for each
    filter. Source: Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear dynamics of learning in
    deep linear neural networks", 2014.

    Args:
        gain: Factor.
        seed: Decides the values alone; None to draw from the model's seed.

    Raises:
        ValueError: When it draws for a weight with one axis only.

    >>> w = Orthogonal(seed=0)((5, 3))
    >>> (w.T @ w).round(5) + 0
    array([[1., 0., 0.],
           [0., 1., 0.],
           [0., 0., 1.]], dtype=float32)
    """

    gain: float = 1.0
    seed: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check("gain")

    def _values(self, shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
        if len(shape) < 2:
            raise ValueError(
                f"Orthogonal draws weights with two axes or more, got shape {shape}; take another initializer"
            )
        rows, columns = math.prod(shape[:-1]), shape[-1]
        q, r = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))
        q = q * np.sign(np.diag(r))  # makes every orthogonal matrix equally likely
        return (self.gain * (q if rows >= columns else q.T).reshape(shape)).astype(np.float32)
