"""Rescaling, and the layers that change images in training."""

from __future__ import annotations

from ...layers import Layer, RandomContrast, Rescaling
from .augmentation import contrast
from .ops import Array, Gradients, Key, Weights


def rescaling(layer: Rescaling, weights: Weights, x: Array, key: Key) -> Array:
    """Scale and shift."""
    y: Array = x * x.dtype.type(layer.scale) + x.dtype.type(layer.offset)
    return y


def rescaling_backward(
    layer: Rescaling, weights: Weights, x: Array, y: Array, dy: Array, key: Key
) -> Gradients:
    """The gradient, scaled."""
    return dy * dy.dtype.type(layer.scale), []


def augmentation(layer: Layer, weights: Weights, x: Array, key: Key) -> Array:
    """Change each image as the key says; layers that move pixels do so together, in `Network._forward`."""
    return contrast(layer, x, key) if isinstance(layer, RandomContrast) and key is not None else x


def augmentation_backward(
    layer: Layer, weights: Weights, x: Array, y: Array, dy: Array, key: Key
) -> Gradients:
    """Nothing before it is trained, so that nothing needs a gradient."""
    return dy, []
