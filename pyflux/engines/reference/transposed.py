"""Transposed 2-D convolution: each step of a convolution's gradient for its input, and back."""

from __future__ import annotations

import numpy as np

from ...layers import Conv2DTranspose
from .activations import activation_ops
from .ops import Array, Gradients, Key, Weights
from .window import taps


def linear_transposed(layer: Conv2DTranspose, weights: Weights, x: Array) -> Array:
    """Every pixel times the kernel, added where the kernel reaches; plus the bias."""
    kernel = weights[0]
    y = np.zeros((len(x), *layer.output_shape(x.shape[1:])), x.dtype)
    for tap in taps(layer.window, *y.shape[1:3]):
        y[tap.pixels] += x[tap.places] @ kernel[tap.row, tap.column].T
    return y + weights[1] if layer.use_bias else y


def conv2d_transpose(layer: Conv2DTranspose, weights: Weights, x: Array, key: Key) -> Array:
    """The convolution and its activation."""
    return activation_ops(layer.activation).forward(linear_transposed(layer, weights, x))


def conv2d_transpose_backward(
    layer: Conv2DTranspose, weights: Weights, x: Array, y: Array, dy: Array, key: Key
) -> Gradients:
    """Every position of the kernel gets its part from the pixels that it was added to."""
    kernel = weights[0]
    dy = activation_ops(layer.activation).backward(linear_transposed(layer, weights, x), y, dy)
    dx, dkernel = np.zeros_like(x), np.zeros_like(kernel)
    for tap in taps(layer.window, *y.shape[1:3]):
        d = dy[tap.pixels]
        dkernel[tap.row, tap.column] = np.tensordot(d, x[tap.places], axes=((0, 1, 2), (0, 1, 2)))
        dx[tap.places] += d @ kernel[tap.row, tap.column]
    return dx, [dkernel, dy.sum(axis=(0, 1, 2))] if layer.use_bias else [dkernel]
