"""An ONNX graph that grows node by node."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ..inputs import Floats
from ..layers import Shape

# For each number of axes of a sample: channels (or features) to axis 1, and back to the end.
TO_CHANNELS_FIRST: dict[int, tuple[int, ...]] = {3: (0, 3, 1, 2), 2: (0, 2, 1)}
TO_CHANNELS_LAST: dict[int, tuple[int, ...]] = {3: (0, 2, 3, 1), 2: (0, 2, 1)}


class Step(NamedTuple):
    """A layer with its name, its weights by name, and the shape of the sample that it gets."""

    name: str
    layer: Any  # its own class: each function that writes one knows which
    weights: dict[str, Floats]
    given: Shape


class Graph:
    """The nodes and constants so far; what adds one gets the name of its result."""

    def __init__(self, onnx: Any) -> None:
        self._onnx = onnx
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def add(self, operator: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        """Add a node and return the name of its output."""
        output = output or f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(self._onnx.helper.make_node(operator, inputs, [output], **attributes))
        return output

    def constant(self, name: str, value: ArrayLike) -> str:
        """Add an array, as float32, and return its name."""
        array = np.array(value, dtype=np.float32, order="C")
        self.constants.append(self._onnx.numpy_helper.from_array(array, name))
        return name

    def integers(self, name: str, values: Iterable[int]) -> str:
        """Add a list of integers, as int64, and return its name."""
        array = np.array([*values], dtype=np.int64)
        self.constants.append(self._onnx.numpy_helper.from_array(array, name))
        return name

    def channels_first(self, x: str, shape: Shape) -> str:
        """Bring samples of that shape from pyflux's order of axes to ONNX's."""
        axes = TO_CHANNELS_FIRST.get(len(shape))
        return self.add("Transpose", x, perm=axes) if axes else x

    def channels_last(self, x: str, shape: Shape) -> str:
        """Bring samples of that shape, in pyflux's order, from ONNX's order of axes to pyflux's."""
        axes = TO_CHANNELS_LAST.get(len(shape))
        return self.add("Transpose", x, perm=axes) if axes else x
