"""Dense layers, flattening, activations and dropout."""

from __future__ import annotations

import numpy as np

from ...layers import Activation, Dense, Dropout, Flatten
from .activations import ACTIVATIONS
from .noise import uniform
from .ops import Array, Gradients, Key, Weights


def flatten(layer: Flatten, weights: Weights, x: Array, key: Key) -> Array:
    """Rows, then columns, then channels."""
    return x.reshape(x.shape[0], -1)


def flatten_backward(layer: Flatten, weights: Weights, x: Array, y: Array, dy: Array, key: Key) -> Gradients:
    """The gradient in the shape that came in."""
    return dy.reshape(x.shape), []


def linear_dense(layer: Dense, weights: Weights, x: Array) -> Array:
    """One matrix product, plus the bias."""
    return x @ weights[0] + weights[1] if layer.use_bias else x @ weights[0]


def dense(layer: Dense, weights: Weights, x: Array, key: Key) -> Array:
    """The product and its activation."""
    return ACTIVATIONS[str(layer.activation)].forward(linear_dense(layer, weights, x))


def dense_backward(layer: Dense, weights: Weights, x: Array, y: Array, dy: Array, key: Key) -> Gradients:
    """The product's two gradients."""
    dy = ACTIVATIONS[str(layer.activation)].backward(linear_dense(layer, weights, x), y, dy)
    grads = [x.T @ dy, dy.sum(axis=0)] if layer.use_bias else [x.T @ dy]
    return dy @ weights[0].T, grads


def activation(layer: Activation, weights: Weights, x: Array, key: Key) -> Array:
    """The function alone."""
    return ACTIVATIONS[layer.activation].forward(x)


def activation_backward(
    layer: Activation, weights: Weights, x: Array, y: Array, dy: Array, key: Key
) -> Gradients:
    """Its gradient alone."""
    return ACTIVATIONS[layer.activation].backward(x, y, dy), []


def dropout_mask(layer: Dropout, x: Array, key: Key) -> Array:
    """0 for what is dropped, and for the others what makes up for it."""
    if key is None:
        ones: Array = np.ones_like(x)
        return ones
    kept = uniform(key, x.size).reshape(x.shape) >= np.float32(layer.rate)
    mask: Array = kept * x.dtype.type(1 / (1 - layer.rate))
    return mask


def dropout(layer: Dropout, weights: Weights, x: Array, key: Key) -> Array:
    """The values that are not dropped, scaled up."""
    return x * dropout_mask(layer, x, key)


def dropout_backward(layer: Dropout, weights: Weights, x: Array, y: Array, dy: Array, key: Key) -> Gradients:
    """The gradient of the values that were not dropped."""
    return dy * dropout_mask(layer, x, key), []
