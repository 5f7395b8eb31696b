"""Batch normalization."""

from __future__ import annotations

import numpy as np

from ...layers import BatchNormalization
from .ops import Array, Gradients, Key, Weights


def statistics(layer: BatchNormalization, weights: Weights, x: Array, key: Key) -> tuple[Array, Array]:
    """Mean and variance of each channel: the batch's in training, otherwise the moving averages."""
    if key is None or not layer.trainable:
        return weights[2], weights[3]
    axes = tuple(range(x.ndim - 1))
    return x.mean(axis=axes), x.var(axis=axes)


def batch_normalization(layer: BatchNormalization, weights: Weights, x: Array, key: Key) -> Array:
    """Normalise, scale and shift; in training, move the averages."""
    gamma, beta, moving_mean, moving_variance = weights
    mean, variance = statistics(layer, weights, x, key)
    if key is not None and layer.trainable:
        n, new = x.size // x.shape[-1], 1 - layer.momentum
        moving_mean += new * (mean - moving_mean)
        moving_variance += new * (variance * (n / (n - 1)) - moving_variance)
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
    grads = [(dy * normal).sum(axis=axes), dy.sum(axis=axes)]
    dnormal = dy * weights[0]
    if key is not None and layer.trainable:
        dnormal = dnormal - dnormal.mean(axis=axes) - normal * (dnormal * normal).mean(axis=axes)
    return dnormal / deviation, grads
