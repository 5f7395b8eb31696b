"""Initializers that scale with the number of inputs or outputs of a unit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .._internal import validation
from .initializer import Floats, RandomInitializer, normal, truncated_normal, uniform

MODES = ("fan_in", "fan_out", "fan_avg")
DISTRIBUTIONS = ("truncated_normal", "untruncated_normal", "uniform", "normal")

# The standard deviation of a standard normal distribution cut off at ±2.
TRUNCATED_STDDEV = 0.87962566103423978


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return how many inputs and outputs a unit has, by the shape of its weight in Keras's layout.

    >>> fans((3, 3, 16, 32)), fans((800, 10)), fans((10,))
    ((144, 288), (800, 10), (10, 10))
    """
    if len(shape) < 2:
        n = shape[0] if shape else 1
        return n, n
    taps = math.prod(shape[:-2])
    return taps * shape[-2], taps * shape[-1]


def draw_scaled(
    rng: np.random.Generator, shape: tuple[int, ...], scale: float, mode: str, distribution: str
) -> Floats:
    """Draw values about 0 with the variance ``scale / n``, where ``mode`` says what n is."""
    fan_in, fan_out = fans(shape)
    n = max(1.0, {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[mode])
    if distribution == "uniform":
        return uniform(rng, shape, math.sqrt(3 * scale / n))
    if distribution == "untruncated_normal":
        return normal(rng, shape, math.sqrt(scale / n))
    return truncated_normal(rng, shape, math.sqrt(scale / n) / TRUNCATED_STDDEV)


@dataclass(frozen=True)
class VarianceScaling(RandomInitializer):
    """Draws values about 0 whose variance is ``scale / n``.

    Args:
        scale: Greater than 0.
        mode: What n is: ``"fan_in"``, the number of inputs of a unit; ``"fan_out"``, of its outputs; or
            ``"fan_avg"``, the mean of both.
        distribution: ``"uniform"``, ``"untruncated_normal"``, or ``"truncated_normal"`` (also called
            ``"normal"``), which draws again where a value is two standard deviations or more from 0.
        seed: Decides the values alone; None to draw from the model's seed.

    >>> VarianceScaling(2.0, "fan_out", seed=0)((3, 3, 8, 16)).shape
    (3, 3, 8, 16)
    """

    scale: float = 1.0
    mode: str = "fan_in"
    distribution: str = "truncated_normal"
    seed: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check("scale", above=0)
        validation.choice("mode", self.mode, MODES)
        distribution = validation.choice("distribution", self.distribution, DISTRIBUTIONS)
        if distribution == "normal":
            object.__setattr__(self, "distribution", "truncated_normal")

    def _values(self, shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
        return draw_scaled(rng, shape, self.scale, self.mode, self.distribution)


@dataclass(frozen=True)
class ScaledInitializer(RandomInitializer):
    """A `VarianceScaling` with a name of its own."""

    scale: ClassVar[float] = 1.0
    mode: ClassVar[str] = "fan_in"
    distribution: ClassVar[str] = "truncated_normal"

    seed: int | None = None

    def _values(self, shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
        return draw_scaled(rng, shape, self.scale, self.mode, self.distribution)


@dataclass(frozen=True)
class GlorotUniform(ScaledInitializer):
    """Draws evenly from ±sqrt(6 / (inputs + outputs)): what kernels start with by default.

    Source: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks",
    2010.

    Args:
        seed: Decides the values alone; None to draw from the model's seed.

    >>> bool(abs(GlorotUniform(seed=0)((800, 10))).max() < (6 / 810) ** 0.5)
    True
    """

    mode: ClassVar[str] = "fan_avg"
    distribution: ClassVar[str] = "uniform"


@dataclass(frozen=True)
class GlorotNormal(ScaledInitializer):
    """Draws from a truncated normal distribution with variance 2 / (inputs + outputs).

    Source: Glorot and Bengio, 2010.

    Args:
        seed: Decides the values alone; None to draw from the model's seed.

    >>> GlorotNormal(seed=0)((3, 2)).shape
    (3, 2)
    """

    mode: ClassVar[str] = "fan_avg"


@dataclass(frozen=True)
class HeUniform(ScaledInitializer):
    """Draws evenly from ±sqrt(6 / inputs).

    Source: He, Zhang, Ren and Sun, "Delving deep into rectifiers", 2015.

    Args:
        seed: Decides the values alone; None to draw from the model's seed.

    >>> HeUniform(seed=0)((3, 2)).shape
    (3, 2)
    """

    scale: ClassVar[float] = 2.0
    distribution: ClassVar[str] = "uniform"


@dataclass(frozen=True)
class HeNormal(ScaledInitializer):
    """Draws from a truncated normal distribution with variance 2 / inputs.

    Source: He, Zhang, Ren and Sun, 2015.

    Args:
        seed: Decides the values alone; None to draw from the model's seed.

    >>> HeNormal(seed=0)((3, 2)).shape
    (3, 2)
    """

    scale: ClassVar[float] = 2.0


@dataclass(frozen=True)
class LecunUniform(ScaledInitializer):
    """Draws evenly from ±sqrt(3 / inputs).

    Source: LeCun, Bottou, Orr and Müller, "Efficient backprop", 1998.

    Args:
        seed: Decides the values alone; None to draw from the model's seed.

    >>> LecunUniform(seed=0)((3, 2)).shape
    (3, 2)
    """

    distribution: ClassVar[str] = "uniform"


@dataclass(frozen=True)
class LecunNormal(ScaledInitializer):
    """Draws from a truncated normal distribution with variance 1 / inputs.

    Source: LeCun, Bottou, Orr and Müller, 1998.

    Args:
        seed: Decides the values alone; None to draw from the model's seed.

    >>> LecunNormal(seed=0)((3, 2)).shape
    (3, 2)
    """
