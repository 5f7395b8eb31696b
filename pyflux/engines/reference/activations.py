"""The activations: each a function and its gradient. To add one, add its pair to `ACTIVATIONS`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def softmax(x: Array) -> Array:
    """Exponentials that sum to 1 over the last axis; the maximum is taken off so that none overflows."""
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    p: Array = e / e.sum(axis=-1, keepdims=True)
    return p


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)), written with tanh so that nothing overflows."""
    return 0.5 * (1 + np.tanh(0.5 * x))


def normal_cdf(x: Array) -> Array:
    """The share of a standard normal distribution below x."""
    erf: Array = np.vectorize(math.erf)(x / math.sqrt(2))
    return (0.5 * (1 + erf)).astype(x.dtype)


class ActivationOps(NamedTuple):
    """An activation, and the gradient it passes back, from its input ``x`` and its output ``y``."""

    forward: Callable[[Array], Array]
    backward: Callable[[Array, Array, Array], Array]


ACTIVATIONS = {
    "linear": ActivationOps(lambda x: x, lambda x, y, dy: dy),
    "relu": ActivationOps(lambda x: np.maximum(x, 0), lambda x, y, dy: dy * (x > 0)),
    "leaky_relu": ActivationOps(
        lambda x: np.where(x > 0, x, x * x.dtype.type(0.2)),
        lambda x, y, dy: np.where(x > 0, dy, dy * dy.dtype.type(0.2)),
    ),
    "elu": ActivationOps(
        lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
        lambda x, y, dy: np.where(x > 0, dy, dy * (y + 1)),
    ),
    "gelu": ActivationOps(
        lambda x: x * normal_cdf(x),
        lambda x, y, dy: dy * (normal_cdf(x) + x * np.exp(-x * x / 2) / np.sqrt(x.dtype.type(2 * np.pi))),
    ),
    "sigmoid": ActivationOps(sigmoid, lambda x, y, dy: dy * y * (1 - y)),
    "tanh": ActivationOps(np.tanh, lambda x, y, dy: dy * (1 - y * y)),
    "softmax": ActivationOps(softmax, lambda x, y, dy: y * (dy - (dy * y).sum(axis=-1, keepdims=True))),
}
