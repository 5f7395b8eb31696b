"""Images of another size, and parts of images."""

from __future__ import annotations

import numpy as np

from ...layers import CenterCrop, RandomCrop, Resizing
from .interpolation import interpolate, interpolate_backward, resampling
from .noise import uniform
from .ops import Array, Gradients, Key, Weights

Boxed = CenterCrop | RandomCrop | Resizing


def cropped(layer: Boxed, x: Array) -> Array:
    """Return the part of the images that the layer takes."""
    top, left, height, width = layer.box(*x.shape[1:3])
    return x[:, top : top + height, left : left + width]


def cropped_backward(layer: Boxed, x: Array, dy: Array) -> Array:
    """Return the gradient of the images: none beyond the part."""
    dx = np.zeros_like(x)
    cropped(layer, dx)[:] = dy
    return dx


def resizing(layer: Resizing, weights: Weights, x: Array, key: Key) -> Array:
    """Each pixel from those of the image around its place."""
    part = cropped(layer, x)
    matrices = resampling(part.shape[1:3], (layer.height, layer.width), layer.interpolation)
    return interpolate(matrices, part)


def resizing_backward(
    layer: Resizing, weights: Weights, x: Array, y: Array, dy: Array, key: Key
) -> Gradients:
    """Each pixel's gradient to those that it came from."""
    size = layer.box(*x.shape[1:3])[2:]
    matrices = resampling(size, (layer.height, layer.width), layer.interpolation)
    return cropped_backward(layer, x, interpolate_backward(matrices, dy)), []


def center_crop(layer: CenterCrop, weights: Weights, x: Array, key: Key) -> Array:
    """The middle."""
    return cropped(layer, x)


def crop_backward(
    layer: CenterCrop | RandomCrop, weights: Weights, x: Array, y: Array, dy: Array, key: Key
) -> Gradients:
    """The gradient of the middle; in training nothing before a random crop is trained."""
    if key is not None and isinstance(layer, RandomCrop):
        raise NotImplementedError("RandomCrop has no gradient: nothing before it is trained")
    return cropped_backward(layer, x, dy), []


def random_crop(layer: RandomCrop, weights: Weights, x: Array, key: Key) -> Array:
    """A part of each image at a place of its own: of its two random numbers, the first moves it down."""
    if key is None:
        return cropped(layer, x)
    n, height, width, _ = x.shape
    u = uniform(key, 2 * n).reshape(n, 2)
    free = np.array([height - layer.height, width - layer.width])
    corners = np.minimum((u * (free + 1).astype(np.float32)).astype(int), free)
    return np.stack(
        [
            image[top : top + layer.height, left : left + layer.width]
            for image, (top, left) in zip(x, corners, strict=True)
        ]
    )
