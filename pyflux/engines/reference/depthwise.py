"""Depthwise 2-D convolution."""

from __future__ import annotations

import numpy as np

from ...layers import DepthwiseConv2D
from .activations import activation_ops
from .ops import Array, Gradients, Key, Weights
from .window import taps


def linear_depthwise(layer: DepthwiseConv2D, weights: Weights, x: Array) -> Array:
    """Every window times the kernel of its channel, summed over rows and columns; plus the bias."""
    kernel = weights[0]
    shape = (len(x), *layer.output_shape(x.shape[1:]))
    y = np.zeros((*shape[:3], *kernel.shape[2:]), x.dtype)  # (N, height, width, channels, multiplier)
    for tap in taps(layer.window, *x.shape[1:3]):
        y[tap.places] += x[tap.pixels][..., None] * kernel[tap.row, tap.column]
    y = y.reshape(shape)
    return y + weights[1] if layer.use_bias else y


def depthwise_conv2d(layer: DepthwiseConv2D, weights: Weights, x: Array, key: Key) -> Array:
    """The convolution and its activation."""
    return activation_ops(layer.activation).forward(linear_depthwise(layer, weights, x))


def depthwise_conv2d_backward(
    layer: DepthwiseConv2D, weights: Weights, x: Array, y: Array, dy: Array, key: Key
) -> Gradients:
    """Every position of the kernel gives its part to the pixels that it met, and gets theirs."""
    kernel = weights[0]
    dy = activation_ops(layer.activation).backward(linear_depthwise(layer, weights, x), y, dy)
    by_channel = dy.reshape(*dy.shape[:3], *kernel.shape[2:])
    dx, dkernel = np.zeros_like(x), np.zeros_like(kernel)
    for tap in taps(layer.window, *x.shape[1:3]):
        d = by_channel[tap.places]
        dkernel[tap.row, tap.column] = np.einsum("nhwc,nhwcm->cm", x[tap.pixels], d)
        dx[tap.pixels] += (d * kernel[tap.row, tap.column]).sum(-1)
    return dx, [dkernel, dy.sum(axis=(0, 1, 2))] if layer.use_bias else [dkernel]
