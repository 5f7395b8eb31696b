"""Layers with several inputs, forward and backward. To add one, add its pair to `MERGING`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from ...layers import Add, Average, Concatenate, Maximum, Merge, Minimum, Multiply, Subtract
from .ops import Array


class MergeOps(NamedTuple):
    """A merging layer's two passes.

    Attributes:
        forward: ``forward(layer, xs)`` returns ``y``.
        backward: ``backward(layer, xs, y, dy)`` returns the gradient for each input.
    """

    forward: Callable[..., Array]
    backward: Callable[..., list[Array]]


def reduced(d: Array, x: Array) -> Array:
    """The gradient for ``x``, from that for ``x`` repeated along its axes of size 1."""
    axes = tuple(i for i, (n, m) in enumerate(zip(x.shape, d.shape, strict=True)) if n < m)
    return d.sum(axis=axes, keepdims=True) if axes else d


def add(layer: Add, xs: Sequence[Array]) -> Array:
    """The sum."""
    y = xs[0]
    for x in xs[1:]:
        y = y + x
    return y


def add_backward(layer: Add, xs: Sequence[Array], y: Array, dy: Array) -> list[Array]:
    """Each input gets all of it."""
    return [reduced(dy, x) for x in xs]


def subtract(layer: Subtract, xs: Sequence[Array]) -> Array:
    """The first without the second."""
    return xs[0] - xs[1]


def subtract_backward(layer: Subtract, xs: Sequence[Array], y: Array, dy: Array) -> list[Array]:
    """The second input gets the opposite."""
    return [reduced(dy, xs[0]), reduced(-dy, xs[1])]


def multiply(layer: Multiply, xs: Sequence[Array]) -> Array:
    """The product."""
    y = xs[0]
    for x in xs[1:]:
        y = y * x
    return y


def multiply_backward(layer: Multiply, xs: Sequence[Array], y: Array, dy: Array) -> list[Array]:
    """Each input gets the product of the others."""
    return [reduced(multiply(layer, [dy, *xs[:i], *xs[i + 1 :]]), x) for i, x in enumerate(xs)]


def average(layer: Average, xs: Sequence[Array]) -> Array:
    """The mean."""
    return add(Add(), xs) / len(xs)


def average_backward(layer: Average, xs: Sequence[Array], y: Array, dy: Array) -> list[Array]:
    """Each input gets its share."""
    return [reduced(dy / len(xs), x) for x in xs]


def maximum(layer: Maximum, xs: Sequence[Array]) -> Array:
    """The largest."""
    y = xs[0]
    for x in xs[1:]:
        y = np.maximum(y, x)
    return y


def minimum(layer: Minimum, xs: Sequence[Array]) -> Array:
    """The smallest."""
    y = xs[0]
    for x in xs[1:]:
        y = np.minimum(y, x)
    return y


def extreme_backward(layer: Merge, xs: Sequence[Array], y: Array, dy: Array) -> list[Array]:
    """The first of the inputs that have the value gets it."""
    free = np.ones(y.shape, bool)
    found = []
    for x in xs:
        won = free & (x == y)
        free &= ~won
        found.append(reduced(np.where(won, dy, 0), x))
    return found


def concatenate(layer: Concatenate, xs: Sequence[Array]) -> Array:
    """One after the other."""
    return np.concatenate(xs, axis=1 + layer.sample_axis(xs[0].ndim - 1))


def concatenate_backward(layer: Concatenate, xs: Sequence[Array], y: Array, dy: Array) -> list[Array]:
    """Each input gets its part."""
    axis = 1 + layer.sample_axis(y.ndim - 1)
    return np.split(dy, np.cumsum([x.shape[axis] for x in xs])[:-1], axis=axis)


MERGING: dict[type[Merge], MergeOps] = {
    Add: MergeOps(add, add_backward),
    Subtract: MergeOps(subtract, subtract_backward),
    Multiply: MergeOps(multiply, multiply_backward),
    Average: MergeOps(average, average_backward),
    Maximum: MergeOps(maximum, extreme_backward),
    Minimum: MergeOps(minimum, extreme_backward),
    Concatenate: MergeOps(concatenate, concatenate_backward),
}
