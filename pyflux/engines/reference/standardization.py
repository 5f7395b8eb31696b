"""Normalization by means and variances that are known before training."""

from __future__ import annotations

from ...layers import Normalization
from .ops import Array, Gradients, Key, Weights


def normalization(layer: Normalization, weights: Weights, x: Array, key: Key) -> Array:
    """The distance from the mean, in standard deviations."""
    mean, deviation = layer.statistics(weights)
    y: Array = ((x - mean) / deviation).astype(x.dtype, copy=False)
    return y


def normalization_backward(
    layer: Normalization, weights: Weights, x: Array, y: Array, dy: Array, key: Key
) -> Gradients:
    """The gradient over the standard deviation."""
    _, deviation = layer.statistics(weights)
    return (dy / deviation).astype(dy.dtype, copy=False), []
