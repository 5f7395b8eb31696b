"""Random numbers that depend on a key and a place alone, so that every engine draws the same.

SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014) of key + place · γ;
``julia/src/noise.jl`` is the same.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

GAMMA = 0x9E3779B97F4A7C15
MASK = (1 << 64) - 1


def mix(z: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the numbers with their bits stirred."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def noise_key(seed: int, step: int, layer: int) -> int:
    """Return the key of a layer's random numbers in a training step; never 0."""
    key = seed & MASK
    for part in (0, step, layer):
        key = int(mix(np.array([(key + part * GAMMA) & MASK], np.uint64))[0])
    return key | 1


def normal(key: int, places: int) -> NDArray[np.float32]:
    """Return a normally distributed number for each place, of two uniform ones: Box and Muller's cosines.

    >>> normal(1, 2).round(3)
    array([-0.034, -2.5  ], dtype=float32)
    """
    u, v = uniform(key, 2 * places).reshape(places, 2).T
    radius = np.sqrt(np.float32(-2) * np.log1p(-u))
    found: NDArray[np.float32] = radius * np.cos(np.float32(2 * np.pi) * v)
    return found


def uniform(key: int, places: int) -> NDArray[np.float32]:
    """Return a number in [0, 1) for each place.

    >>> uniform(1, 1).tolist()
    [0.5665615200996399]
    """
    at = np.arange(1, places + 1, dtype=np.uint64) * np.uint64(GAMMA) + np.uint64(key)
    return (mix(at) >> np.uint64(40)).astype(np.float32) * np.float32(2.0**-24)
