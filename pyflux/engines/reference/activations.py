"""The gradients of the activations; their values are those of `pyflux.activations`.

To add one, add its pair to `ACTIVATIONS`, or to `PARAMETRIC` if it is a layer with arguments.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from ... import activations as f
from ...layers import ELU, ActivationLayer, LeakyReLU, ReLU
from .ops import Array, Gradients, Key, Weights


class ActivationOps(NamedTuple):
    """An activation, and the gradient that it passes back, from its input ``x`` and its output ``y``."""

    forward: Callable[[Array], Array]
    backward: Callable[[Array, Array, Array], Array]


def relu_ops(
    negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0
) -> ActivationOps:
    """A rectified linear unit with these arguments."""
    limit = math.inf if max_value is None else max_value

    def backward(x: Array, y: Array, dy: Array) -> Array:
        slope = np.where(x > threshold, np.where(x < limit, 1, 0), negative_slope)
        gradient: Array = dy * slope.astype(dy.dtype)
        return gradient

    forward = partial(f.relu, negative_slope=negative_slope, max_value=max_value, threshold=threshold)
    return ActivationOps(forward, backward)


def leaky_relu_ops(negative_slope: float = 0.2) -> ActivationOps:
    """A leaky rectified linear unit with this slope."""
    return ActivationOps(
        partial(f.leaky_relu, negative_slope=negative_slope),
        lambda x, y, dy: np.where(x > 0, dy, dy * dy.dtype.type(negative_slope)),
    )


def elu_ops(alpha: float = 1.0) -> ActivationOps:
    """An exponential linear unit with this alpha."""
    return ActivationOps(
        partial(f.elu, alpha=alpha), lambda x, y, dy: np.where(x > 0, dy, dy * (y + dy.dtype.type(alpha)))
    )


def selu_backward(x: Array, y: Array, dy: Array) -> Array:
    """The scale, times the gradient of `elu`."""
    gradient: Array = dy * np.where(x > 0, f.SELU_SCALE, y + f.SELU_SCALE * f.SELU_ALPHA).astype(dy.dtype)
    return gradient


def gelu_backward(x: Array, y: Array, dy: Array) -> Array:
    """The distribution function, plus x times the density."""
    density = np.exp(-x * x / 2) / np.sqrt(x.dtype.type(2 * np.pi))
    gradient: Array = dy * (f.normal_cdf(x) + x * density)
    return gradient


def silu_backward(x: Array, y: Array, dy: Array) -> Array:
    """With s = sigmoid(x): s + x s (1 - s)."""
    s = f.sigmoid(x)
    gradient: Array = dy * (s + y * (1 - s))
    return gradient


def hard_sigmoid_backward(x: Array, y: Array, dy: Array) -> Array:
    """1/6 where it is not limited."""
    gradient: Array = dy * (np.abs(x) < 3) / 6
    return gradient


def hard_silu_backward(x: Array, y: Array, dy: Array) -> Array:
    """The hard sigmoid, plus x / 6 where that is not limited."""
    gradient: Array = dy * (f.hard_sigmoid(x) + x * (np.abs(x) < 3) / 6)
    return gradient


def mish_backward(x: Array, y: Array, dy: Array) -> Array:
    """With t = tanh(softplus(x)): t + x (1 - t²) sigmoid(x)."""
    t = np.tanh(f.softplus(x))
    gradient: Array = dy * (t + x * (1 - t * t) * f.sigmoid(x))
    return gradient


def softmax_backward(x: Array, y: Array, dy: Array) -> Array:
    """The gradient y (dy - Σ dy y)."""
    gradient: Array = y * (dy - (dy * y).sum(axis=-1, keepdims=True))
    return gradient


def log_softmax_backward(x: Array, y: Array, dy: Array) -> Array:
    """The gradient dy - softmax(x) Σ dy."""
    gradient: Array = dy - np.exp(y) * dy.sum(axis=-1, keepdims=True)
    return gradient


ACTIVATIONS: dict[str, ActivationOps] = {
    "linear": ActivationOps(f.linear, lambda x, y, dy: dy),
    "relu": relu_ops(),
    "relu6": relu_ops(max_value=6),
    "leaky_relu": leaky_relu_ops(),
    "elu": elu_ops(),
    "selu": ActivationOps(f.selu, selu_backward),
    "gelu": ActivationOps(f.gelu, gelu_backward),
    "silu": ActivationOps(f.silu, silu_backward),
    "hard_sigmoid": ActivationOps(f.hard_sigmoid, hard_sigmoid_backward),
    "hard_silu": ActivationOps(f.hard_silu, hard_silu_backward),
    "softplus": ActivationOps(f.softplus, lambda x, y, dy: dy * f.sigmoid(x)),
    "softsign": ActivationOps(f.softsign, lambda x, y, dy: dy / (1 + np.abs(x)) ** 2),
    "sigmoid": ActivationOps(f.sigmoid, lambda x, y, dy: dy * y * (1 - y)),
    "tanh": ActivationOps(f.tanh, lambda x, y, dy: dy * (1 - y * y)),
    "exponential": ActivationOps(f.exponential, lambda x, y, dy: dy * y),
    "mish": ActivationOps(f.mish, mish_backward),
    "softmax": ActivationOps(f.softmax, softmax_backward),
    "log_softmax": ActivationOps(f.log_softmax, log_softmax_backward),
}

# The layers whose arguments no name stands for.
PARAMETRIC: dict[type[ActivationLayer], Callable[[Any], ActivationOps]] = {
    ReLU: lambda layer: relu_ops(layer.negative_slope, layer.max_value, layer.threshold),
    LeakyReLU: lambda layer: leaky_relu_ops(layer.negative_slope),
    ELU: lambda layer: elu_ops(layer.alpha),
}


def activation_ops(activation: Any) -> ActivationOps:
    """The pair of functions for a layer's ``activation``: a name, or an activation layer."""
    if isinstance(activation, ActivationLayer):
        return PARAMETRIC[type(activation)](activation)
    return ACTIVATIONS[activation]


def activation(layer: Any, weights: Weights, x: Array, key: Key) -> Array:
    """The forward pass of an activation layer."""
    return activation_ops(layer.activation).forward(x)


def activation_backward(layer: Any, weights: Weights, x: Array, y: Array, dy: Array, key: Key) -> Gradients:
    """Its backward pass."""
    return activation_ops(layer.activation).backward(x, y, dy), []
