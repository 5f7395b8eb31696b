"""Layers with several inputs as operators of ONNX."""

from __future__ import annotations

from collections.abc import Sequence

from ..layers import Concatenate, Merge
from .onnx_graph import Graph

# Those that take any number of inputs.
OPERATORS = {"Add": "Sum", "Average": "Mean", "Maximum": "Max", "Minimum": "Min"}
# Where the axes of a sample are in a batch of ONNX, which has channels first.
CHANNELS_FIRST = {1: (1,), 2: (2, 1), 3: (2, 3, 1)}


def merge(graph: Graph, layer: Merge, xs: Sequence[str], rank: int) -> str:
    """Add the operators for a layer that joins the values ``xs``, whose samples have ``rank`` axes.

    Raises:
        ValueError: The layer is not known here.
    """
    if isinstance(layer, Concatenate):
        return graph.add("Concat", *xs, axis=CHANNELS_FIRST[rank][layer.sample_axis(rank)])
    kind = type(layer).__name__
    if kind in OPERATORS:
        return graph.add(OPERATORS[kind], *xs)
    operator = {"Multiply": "Mul", "Subtract": "Sub"}.get(kind)
    if operator is None:
        raise ValueError(
            f"{kind} cannot be written to ONNX yet; add it to pyflux/interchange/onnx_merging.py"
        )
    y = xs[0]
    for x in xs[1:]:
        y = graph.add(operator, y, x)
    return y
