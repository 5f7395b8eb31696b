"""Rescaling, and the random layers."""

from __future__ import annotations

import numpy as np

from ...layers import RandomBrightness, RandomContrast, Rescaling
from ...layers.preprocessing import GeometricAugmentation
from .augmentation import between, transform_images
from .noise import uniform
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


def geometric(layer: GeometricAugmentation, weights: Weights, x: Array, key: Key) -> Array:
    """Change images by this layer alone; `Network` fuses layers in a row instead."""
    return x if key is None else transform_images([(layer, key)], x)


def contrast(layer: RandomContrast, weights: Weights, x: Array, key: Key) -> Array:
    """Move each channel's values from their mean, or towards it, and clip them."""
    if key is None:
        return x
    (lower, upper), (low, high) = layer.factor, layer.value_range  # type: ignore[misc]  # a pair by now
    factor = between((1 - lower, 1 + upper), uniform(key, len(x)))[:, None, None, None].astype(x.dtype)
    mean = x.mean(axis=(1, 2), keepdims=True)
    y: Array = ((x - mean) * factor + mean).clip(low, high)
    return y


def brightness(layer: RandomBrightness, weights: Weights, x: Array, key: Key) -> Array:
    """Add the same to all values of an image, and clip them."""
    if key is None:
        return x
    low, high = layer.value_range
    added = between(layer.factor, uniform(key, len(x))) * np.float32(high - low)  # type: ignore[arg-type]
    y: Array = (x + added[:, None, None, None].astype(x.dtype)).clip(low, high)
    return y


def augmentation_backward(
    layer: GeometricAugmentation | RandomContrast | RandomBrightness,
    weights: Weights,
    x: Array,
    y: Array,
    dy: Array,
    key: Key,
) -> Gradients:
    """Never needed in training, as these layers stand before all weights; outside of it they do nothing."""
    if key is not None:
        raise NotImplementedError(f"{type(layer).__name__} has no gradient: nothing before it is trained")
    return dy, []
