"""Pooling over windows, and over whole images."""

from __future__ import annotations

import numpy as np

from ...layers import AveragePooling2D, GlobalAveragePooling2D, GlobalMaxPooling2D, MaxPooling2D, Pooling2D
from .ops import Array, Gradients, Key, Weights
from .windows import padded, unpadded, windows, writeable_windows


def max_pooling2d(layer: MaxPooling2D, weights: Weights, x: Array, key: Key) -> Array:
    """The largest of what each window meets."""
    largest: Array = windows(layer, padded(layer, x, -np.inf)).max(axis=(4, 5))
    return largest


def max_pooling2d_backward(
    layer: MaxPooling2D, weights: Weights, x: Array, y: Array, dy: Array, key: Key
) -> Gradients:
    """Only the first of the largest gets the gradient, row by row, as in Keras, PyTorch and Flux."""
    xp = padded(layer, x, -np.inf)
    dxp, free = np.zeros_like(xp), np.ones(y.shape, bool)
    met, dmet = windows(layer, xp), writeable_windows(layer, dxp)
    for i, j in np.ndindex(layer.pool_size):
        wins = free & (met[..., i, j] == y)
        dmet[..., i, j] += dy * wins
        free &= ~wins
    return unpadded(layer, x, dxp), []


def window_counts(layer: Pooling2D, x: Array) -> Array:
    """How many pixels of the image each window meets: padding does not count."""
    inside = padded(layer, np.ones((1, *x.shape[1:3], 1), x.dtype), 0)
    counts: Array = windows(layer, inside).sum(axis=(4, 5))
    return counts


def average_pooling2d(layer: AveragePooling2D, weights: Weights, x: Array, key: Key) -> Array:
    """The mean of what each window meets."""
    total: Array = windows(layer, padded(layer, x, 0)).sum(axis=(4, 5))
    return total / window_counts(layer, x)


def average_pooling2d_backward(
    layer: AveragePooling2D, weights: Weights, x: Array, y: Array, dy: Array, key: Key
) -> Gradients:
    """Every pixel that a window meets gets an equal share."""
    dxp = np.zeros_like(padded(layer, x, 0))
    dmet, share = writeable_windows(layer, dxp), dy / window_counts(layer, x)
    for i, j in np.ndindex(layer.pool_size):
        dmet[..., i, j] += share
    return unpadded(layer, x, dxp), []


def global_max(layer: GlobalMaxPooling2D, weights: Weights, x: Array, key: Key) -> Array:
    """The largest of each channel."""
    largest: Array = x.max(axis=(1, 2))
    return largest


def global_max_backward(
    layer: GlobalMaxPooling2D, weights: Weights, x: Array, y: Array, dy: Array, key: Key
) -> Gradients:
    """The first of the largest gets the gradient."""
    flat = x.reshape(x.shape[0], -1, x.shape[-1])
    dx = np.zeros_like(flat)
    np.put_along_axis(dx, flat.argmax(axis=1)[:, None], dy[:, None], axis=1)
    return dx.reshape(x.shape), []


def global_average(layer: GlobalAveragePooling2D, weights: Weights, x: Array, key: Key) -> Array:
    """The mean of each channel."""
    average: Array = x.mean(axis=(1, 2))
    return average


def global_average_backward(
    layer: GlobalAveragePooling2D, weights: Weights, x: Array, y: Array, dy: Array, key: Key
) -> Gradients:
    """Every pixel gets an equal share."""
    return np.broadcast_to(dy[:, None, None] / (x.shape[1] * x.shape[2]), x.shape), []
