"""The types of the layers' functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from numpy.typing import NDArray

Array = NDArray[Any]
Weights = Sequence[Array]  # a layer's arrays, in the order of its weight_shapes
Key = int | None  # of the random numbers of a layer in a training step; None outside of training
Gradients = tuple[Array, list[Array]]  # for the input, and for each weight that training changes


class LayerOps(NamedTuple):
    """A layer's two passes.

    Attributes:
        forward: ``forward(layer, weights, x, key)`` returns ``y``.
        backward: ``backward(layer, weights, x, y, dy, key)`` returns ``dx`` and the weights' gradients.
    """

    forward: Callable[..., Array]
    backward: Callable[..., Gradients]
