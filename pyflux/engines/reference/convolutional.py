"""2-D convolution."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...layers import Conv2D
from .activations import activation_ops
from .ops import Array, Gradients, Key, Weights
from .window import taps


def groups(layer: Conv2D, x: Array) -> Iterator[tuple[slice, slice]]:
    """For each group, its channels and its filters."""
    channels, filters = x.shape[-1] // layer.groups, layer.filters // layer.groups
    for g in range(layer.groups):
        yield slice(g * channels, (g + 1) * channels), slice(g * filters, (g + 1) * filters)


def linear_conv2d(layer: Conv2D, weights: Weights, x: Array) -> Array:
    """Every window times the kernel, summed over rows, columns and channels; plus the bias."""
    kernel = weights[0]
    y = np.zeros((len(x), *layer.output_shape(x.shape[1:])), x.dtype)
    for tap in taps(layer.window, *x.shape[1:3]):
        for c, f in groups(layer, x):
            y[tap.places][..., f] += x[tap.pixels][..., c] @ kernel[tap.row, tap.column, :, f]
    return y + weights[1] if layer.use_bias else y


def conv2d(layer: Conv2D, weights: Weights, x: Array, key: Key) -> Array:
    """The convolution and its activation."""
    return activation_ops(layer.activation).forward(linear_conv2d(layer, weights, x))


def conv2d_backward(layer: Conv2D, weights: Weights, x: Array, y: Array, dy: Array, key: Key) -> Gradients:
    """Every position of the kernel gives its part to the pixels that it met, and gets theirs."""
    kernel = weights[0]
    dy = activation_ops(layer.activation).backward(linear_conv2d(layer, weights, x), y, dy)
    dx, dkernel = np.zeros_like(x), np.zeros_like(kernel)
    for tap in taps(layer.window, *x.shape[1:3]):
        for c, f in groups(layer, x):
            pixels, d = x[tap.pixels][..., c], dy[tap.places][..., f]
            dkernel[tap.row, tap.column, :, f] = np.tensordot(pixels, d, axes=((0, 1, 2), (0, 1, 2)))
            dx[tap.pixels][..., c] += d @ kernel[tap.row, tap.column, :, f].T
    return dx, [dkernel, dy.sum(axis=(0, 1, 2))] if layer.use_bias else [dkernel]
