"""Normalization within each sample."""

from __future__ import annotations

import numpy as np

from ...layers import FeatureNormalization, LayerNormalization
from .ops import Array, Gradients, Key, Weights


def in_groups(layer: FeatureNormalization, x: Array) -> Array:
    """Return a row for each mean: of each pixel, or of each group of channels of a sample."""
    if isinstance(layer, LayerNormalization):
        return x.reshape(-1, x.shape[-1])
    groups = layer.groups_of(x.shape[-1])
    grouped = x.reshape(len(x), -1, groups, x.shape[-1] // groups).swapaxes(1, 2)
    rows: Array = grouped.reshape(len(x) * groups, -1)
    return rows


def out_of_groups(layer: FeatureNormalization, rows: Array, like: Array) -> Array:
    """Return what `in_groups` gave in the shape that came in."""
    if isinstance(layer, LayerNormalization):
        return rows.reshape(like.shape)
    groups = layer.groups_of(like.shape[-1])
    grouped = rows.reshape(len(like), groups, -1, like.shape[-1] // groups)
    back: Array = grouped.swapaxes(1, 2).reshape(like.shape)
    return back


def normal_and_deviation(layer: FeatureNormalization, x: Array) -> tuple[Array, Array]:
    """Return the normalized rows, and the deviation of each."""
    rows = in_groups(layer, x)
    deviation = np.sqrt(rows.var(axis=1, keepdims=True) + x.dtype.type(layer.epsilon))
    return (rows - rows.mean(axis=1, keepdims=True)) / deviation, deviation


def feature_normalization(layer: FeatureNormalization, weights: Weights, x: Array, key: Key) -> Array:
    """Normalize, scale and shift."""
    y = out_of_groups(layer, normal_and_deviation(layer, x)[0], x)
    gamma = weights[0] if layer.scale else 1
    beta = weights[-1] if layer.center else 0
    shifted: Array = y * gamma + beta
    return shifted


def feature_normalization_backward(
    layer: FeatureNormalization, weights: Weights, x: Array, y: Array, dy: Array, key: Key
) -> Gradients:
    """The mean and the variance are functions of ``x``, as in batch normalization."""
    normal, deviation = normal_and_deviation(layer, x)
    dnormal = in_groups(layer, dy * weights[0] if layer.scale else dy)
    rows = dnormal - dnormal.mean(axis=1, keepdims=True)
    rows = rows - normal * (dnormal * normal).mean(axis=1, keepdims=True)
    axes = tuple(range(x.ndim - 1))
    grads = [(dy * out_of_groups(layer, normal, x)).sum(axis=axes)] if layer.scale else []
    grads += [dy.sum(axis=axes)] if layer.center else []
    return out_of_groups(layer, rows / deviation, x), grads
