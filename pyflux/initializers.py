"""Initializers: the values that weights start with."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .architecture import Architecture
from .inputs import Floats
from .layers import Shape


def initial_weights(architecture: Architecture, seed: int | Sequence[int]) -> list[Floats]:
    """Return the weights a network starts with: Glorot-uniform kernels and zero biases, as Keras and Flux.

    They are drawn here and not in an engine, so that one seed gives every engine the same start.
    Source: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks",
    2010.

    >>> from pyflux.layers import Dense
    >>> [w.shape for w in initial_weights(Architecture((Dense(2),), (3,)), seed=0)]
    [(3, 2), (2,)]
    """
    rng = np.random.default_rng(seed)
    return [
        initial_value(rng, name.rpartition("/")[2], shape)
        for name, shape in architecture.weight_shapes.items()
    ]


def initial_value(rng: np.random.Generator, weight: str, shape: Shape) -> Floats:
    """Return an array's first values: a drawn kernel, or the ones or zeros that leave things as they are."""
    if weight == "kernel":
        return glorot_uniform(rng, shape)
    return np.full(shape, weight in ("gamma", "moving_variance"), np.float32)


def glorot_uniform(rng: np.random.Generator, shape: Shape) -> Floats:
    """Return a kernel drawn evenly from ±sqrt(6 / (fan in + fan out))."""
    taps = math.prod(shape[:-2])
    limit = np.float32(math.sqrt(6 / (taps * (shape[-2] + shape[-1]))))
    unit: Floats = rng.random(shape, dtype=np.float32)
    return (2 * unit - 1) * limit
