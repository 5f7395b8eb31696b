"""Separable 2-D convolution: a depthwise one, and one of a single pixel."""

from __future__ import annotations

from ...layers import Dense, DepthwiseConv2D, SeparableConv2D
from . import core, depthwise
from .ops import Array, Gradients, Key, Weights


def parts(layer: SeparableConv2D) -> tuple[DepthwiseConv2D, Dense]:
    """Return the layers that do the same one after the other; of a pixel, a convolution is a dense layer."""
    first = DepthwiseConv2D(
        layer.kernel_size,
        layer.strides,
        layer.padding,
        layer.depth_multiplier,
        dilation_rate=layer.dilation_rate,
        use_bias=False,
    )
    return first, Dense(layer.filters, layer.activation, use_bias=layer.use_bias)


def dense_weights(weights: Weights) -> list[Array]:
    """Return the weights of the dense layer: the pointwise kernel without the axes of its one pixel."""
    return [weights[1][0, 0], *weights[2:]]


def separable_conv2d(layer: SeparableConv2D, weights: Weights, x: Array, key: Key) -> Array:
    """Both convolutions, and the activation."""
    first, second = parts(layer)
    hidden = depthwise.depthwise_conv2d(first, weights[:1], x, key)
    return core.dense(second, dense_weights(weights), hidden, key)


def separable_conv2d_backward(
    layer: SeparableConv2D, weights: Weights, x: Array, y: Array, dy: Array, key: Key
) -> Gradients:
    """Back through one, and through the other."""
    first, second = parts(layer)
    hidden = depthwise.depthwise_conv2d(first, weights[:1], x, key)
    dhidden, (dpointwise, *dbias) = core.dense_backward(second, dense_weights(weights), hidden, y, dy, key)
    dx, ddepthwise = depthwise.depthwise_conv2d_backward(first, weights[:1], x, hidden, dhidden, key)
    return dx, [*ddepthwise, dpointwise[None, None], *dbias]
