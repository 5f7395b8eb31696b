"""Dense layers, flattening and dropout."""

from __future__ import annotations

import math

import numpy as np

from ...layers import Dense, Dropout, Flatten, GaussianNoise, SpatialDropout2D
from .activations import activation_ops
from .noise import normal, uniform
from .ops import Array, Gradients, Key, Weights


def flatten(layer: Flatten, weights: Weights, x: Array, key: Key) -> Array:
    """Rows, then columns, then channels."""
    return x.reshape(x.shape[0], -1)


def flatten_backward(layer: Flatten, weights: Weights, x: Array, y: Array, dy: Array, key: Key) -> Gradients:
    """The gradient in the shape that came in."""
    return dy.reshape(x.shape), []


def linear_dense(layer: Dense, weights: Weights, x: Array) -> Array:
    """A matrix product over the last axis, plus the bias."""
    return x @ weights[0] + weights[1] if layer.use_bias else x @ weights[0]


def dense(layer: Dense, weights: Weights, x: Array, key: Key) -> Array:
    """The product and its activation."""
    return activation_ops(layer.activation).forward(linear_dense(layer, weights, x))


def dense_backward(layer: Dense, weights: Weights, x: Array, y: Array, dy: Array, key: Key) -> Gradients:
    """The product's two gradients, and the bias's."""
    dy = activation_ops(layer.activation).backward(linear_dense(layer, weights, x), y, dy)
    rows, drows = x.reshape(-1, x.shape[-1]), dy.reshape(-1, dy.shape[-1])
    grads = [rows.T @ drows, drows.sum(axis=0)] if layer.use_bias else [rows.T @ drows]
    return dy @ weights[0].T, grads


def dropout_mask(layer: Dropout | SpatialDropout2D, x: Array, key: Key) -> Array:
    """0 for what is dropped, and for the others the factor that makes up for it."""
    if key is None:
        ones: Array = np.ones_like(x)
        return ones
    noise = layer.noise_shape or (None,) * x.ndim
    shape = tuple(n or size for n, size in zip(noise, x.shape, strict=True))
    kept = uniform(key, math.prod(shape)).reshape(shape) >= np.float32(layer.rate)
    mask: Array = kept * x.dtype.type(1 / (1 - layer.rate))
    return mask


def dropout(layer: Dropout | SpatialDropout2D, weights: Weights, x: Array, key: Key) -> Array:
    """The values that are not dropped, scaled up."""
    return x * dropout_mask(layer, x, key)


def dropout_backward(
    layer: Dropout | SpatialDropout2D, weights: Weights, x: Array, y: Array, dy: Array, key: Key
) -> Gradients:
    """The gradient of the values that were not dropped, scaled up."""
    return dy * dropout_mask(layer, x, key), []


def gaussian_noise(layer: GaussianNoise, weights: Weights, x: Array, key: Key) -> Array:
    """The values plus noise."""
    if key is None:
        return x
    y: Array = x + normal(key, x.size).reshape(x.shape).astype(x.dtype) * x.dtype.type(layer.stddev)
    return y


def gaussian_noise_backward(
    layer: GaussianNoise, weights: Weights, x: Array, y: Array, dy: Array, key: Key
) -> Gradients:
    """The gradient as it is: noise does not depend on the values."""
    return dy, []
