"""Layers that move, repeat, add or drop pixels."""

from __future__ import annotations

import numpy as np

from ...layers import Cropping2D, Permute, Reshape, UpSampling2D, ZeroPadding2D
from ...layers.arguments import sides
from .interpolation import interpolate, interpolate_backward, resampling
from .ops import Array, Gradients, Key, Weights


def inside(amounts: tuple[tuple[int, int], tuple[int, int]], x: Array) -> Array:
    """The view of images without some rows and columns at each side."""
    (top, bottom), (left, right) = amounts
    view: Array = x[:, top : x.shape[1] - bottom, left : x.shape[2] - right]
    return view


def zero_padding2d(layer: ZeroPadding2D, weights: Weights, x: Array, key: Key) -> Array:
    """The image with zeros around it."""
    y: Array = np.pad(x, ((0, 0), *sides("padding", layer.padding), (0, 0)))
    return y


def zero_padding2d_backward(
    layer: ZeroPadding2D, weights: Weights, x: Array, y: Array, dy: Array, key: Key
) -> Gradients:
    """The gradient of what was the image."""
    return inside(sides("padding", layer.padding), dy), []


def cropping2d(layer: Cropping2D, weights: Weights, x: Array, key: Key) -> Array:
    """What is left of the image."""
    return inside(sides("cropping", layer.cropping), x).copy()


def cropping2d_backward(
    layer: Cropping2D, weights: Weights, x: Array, y: Array, dy: Array, key: Key
) -> Gradients:
    """The gradient of what is left, and zeros around it."""
    return np.pad(dy, ((0, 0), *sides("cropping", layer.cropping), (0, 0))), []


def up_sampling2d(layer: UpSampling2D, weights: Weights, x: Array, key: Key) -> Array:
    """The image, resampled at more places."""
    return interpolate(resampling(x.shape[1:3], layer.output_shape(x.shape[1:]), layer.interpolation), x)


def up_sampling2d_backward(
    layer: UpSampling2D, weights: Weights, x: Array, y: Array, dy: Array, key: Key
) -> Gradients:
    """Every pixel collects the gradients of the places that it gave a part to."""
    return interpolate_backward(resampling(x.shape[1:3], y.shape[1:3], layer.interpolation), dy), []


def reshape(layer: Reshape, weights: Weights, x: Array, key: Key) -> Array:
    """The same values in another shape."""
    return x.reshape(len(x), *layer.output_shape(x.shape[1:]))


def reshape_backward(layer: Reshape, weights: Weights, x: Array, y: Array, dy: Array, key: Key) -> Gradients:
    """The gradient in the shape that came in."""
    return dy.reshape(x.shape), []


def permute(layer: Permute, weights: Weights, x: Array, key: Key) -> Array:
    """The axes in another order."""
    return x.transpose(0, *layer.dims)


def permute_backward(layer: Permute, weights: Weights, x: Array, y: Array, dy: Array, key: Key) -> Gradients:
    """The axes in their old order."""
    return dy.transpose(np.argsort([0, *layer.dims])), []
