"""An ONNX graph that grows node by node."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike


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
