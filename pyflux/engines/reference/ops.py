"""The types of the layers' functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from numpy.typing import NDArray

Array = NDArray[Any]
Weights = Sequence[Array]
Key = int | None
Gradients = tuple[Array, list[Array]]


class LayerOps(NamedTuple):
    """A layer's pair of functions."""

    forward: Callable[..., Array]
    backward: Callable[..., Gradients]
