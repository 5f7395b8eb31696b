"""Batch normalization."""

from __future__ import annotations

import numpy as np

from ...layers import BatchNormalization
from .ops import Array, Gradients, Key, Weights


def in_training(layer: BatchNormalization, key: Key) -> bool:
    """Whether the batch's statistics are used: in training, unless the layer is frozen."""
    return key is not None and layer.trainable


def statistics(layer: BatchNormalization, weights: Weights, x: Array, key: Key) -> tuple[Array, Array]:
    """Mean and variance of each channel: the batch's, or the moving averages."""
    if not in_training(layer, key):
        return weights[-2], weights[-1]
    axes = tuple(range(x.ndim - 1))
    return x.mean(axis=axes), x.var(axis=axes)


def scale_and_shift(layer: BatchNormalization, weights: Weights) -> tuple[Array | float, Array | float]:
    """The weights gamma and beta, or what stands for them where there are none."""
    gamma = weights[0] if layer.scale else 1.0
    beta = weights[int(layer.scale)] if layer.center else 0.0
    return gamma, beta


def batch_normalization(layer: BatchNormalization, weights: Weights, x: Array, key: Key) -> Array:
    """Normalize, scale and shift; in training, update the moving averages in place."""
    mean, variance = statistics(layer, weights, x, key)
    if in_training(layer, key):
        for moving, batch in zip(weights[-2:], (mean, variance), strict=True):
            moving += (1 - layer.momentum) * (batch - moving)
    gamma, beta = scale_and_shift(layer, weights)
    y: Array = gamma * (x - mean) / np.sqrt(variance + x.dtype.type(layer.epsilon)) + beta
    return y


def batch_normalization_backward(
    layer: BatchNormalization, weights: Weights, x: Array, y: Array, dy: Array, key: Key
) -> Gradients:
    """Ioffe and Szegedy (2015), with the batch's mean and variance as functions of ``x``."""
    axes = tuple(range(x.ndim - 1))
    mean, variance = statistics(layer, weights, x, key)
    deviation = np.sqrt(variance + x.dtype.type(layer.epsilon))
    normal = (x - mean) / deviation
    gamma, _ = scale_and_shift(layer, weights)
    dnormal = dy * gamma
    if in_training(layer, key):
        dnormal = dnormal - dnormal.mean(axis=axes) - normal * (dnormal * normal).mean(axis=axes)
    grads = [(dy * normal).sum(axis=axes)] if layer.scale else []
    return dnormal / deviation, grads + ([dy.sum(axis=axes)] if layer.center else [])
