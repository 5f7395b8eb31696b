"""Pooling over windows, and over whole images."""

from __future__ import annotations

import numpy as np

from ...layers import AveragePooling2D, GlobalAveragePooling2D, GlobalMaxPooling2D, MaxPooling2D, Pooling2D
from .ops import Array, Gradients, Key, Weights
from .window import taps


def max_pooling2d(layer: MaxPooling2D, weights: Weights, x: Array, key: Key) -> Array:
    """The largest of the pixels in each window; NaN where one of them is."""
    y = np.full((len(x), *layer.output_shape(x.shape[1:])), -np.inf, x.dtype)
    for tap in taps(layer.window, *x.shape[1:3]):
        y[tap.places] = np.maximum(y[tap.places], x[tap.pixels])
    return y


def max_pooling2d_backward(
    layer: MaxPooling2D, weights: Weights, x: Array, y: Array, dy: Array, key: Key
) -> Gradients:
    """Only the first of the largest gets the gradient, row by row, as in Keras, PyTorch and Flux."""
    dx, free = np.zeros_like(x), np.ones(y.shape, bool)
    for tap in taps(layer.window, *x.shape[1:3]):
        pixels = x[tap.pixels]
        wins = free[tap.places] & ((pixels == y[tap.places]) | np.isnan(pixels))
        dx[tap.pixels] += dy[tap.places] * wins
        free[tap.places] &= ~wins
    return dx, []


def window_counts(layer: Pooling2D, x: Array) -> Array:
    """How many pixels of the image each window has: padding does not count."""
    counts = np.zeros((1, *layer.window.output_size(*x.shape[1:3]), 1), x.dtype)
    for tap in taps(layer.window, *x.shape[1:3]):
        counts[tap.places] += 1
    return counts


def average_pooling2d(layer: AveragePooling2D, weights: Weights, x: Array, key: Key) -> Array:
    """The mean of the pixels in each window."""
    total = np.zeros((len(x), *layer.output_shape(x.shape[1:])), x.dtype)
    for tap in taps(layer.window, *x.shape[1:3]):
        total[tap.places] += x[tap.pixels]
    return total / window_counts(layer, x)


def average_pooling2d_backward(
    layer: AveragePooling2D, weights: Weights, x: Array, y: Array, dy: Array, key: Key
) -> Gradients:
    """Every pixel in a window gets an equal share."""
    dx, share = np.zeros_like(x), dy / window_counts(layer, x)
    for tap in taps(layer.window, *x.shape[1:3]):
        dx[tap.pixels] += share[tap.places]
    return dx, []


def global_max(layer: GlobalMaxPooling2D, weights: Weights, x: Array, key: Key) -> Array:
    """The largest of each channel."""
    largest: Array = x.max(axis=(1, 2), keepdims=layer.keepdims)
    return largest


def global_max_backward(
    layer: GlobalMaxPooling2D, weights: Weights, x: Array, y: Array, dy: Array, key: Key
) -> Gradients:
    """The first of the largest gets the gradient."""
    n, channels = len(x), x.shape[-1]
    flat = x.reshape(n, -1, channels)
    dx = np.zeros_like(flat)
    np.put_along_axis(dx, flat.argmax(axis=1)[:, None], dy.reshape(n, 1, channels), axis=1)
    return dx.reshape(x.shape), []


def global_average(layer: GlobalAveragePooling2D, weights: Weights, x: Array, key: Key) -> Array:
    """The mean of each channel."""
    average: Array = x.mean(axis=(1, 2), keepdims=layer.keepdims)
    return average


def global_average_backward(
    layer: GlobalAveragePooling2D, weights: Weights, x: Array, y: Array, dy: Array, key: Key
) -> Gradients:
    """Every pixel gets an equal share."""
    n, height, width, channels = x.shape
    share = dy.reshape(n, 1, 1, channels) / (height * width)
    return np.broadcast_to(share, x.shape), []
