"""Layers that move, repeat, add or drop pixels, as nodes of ONNX.

Source: the operators at https://onnx.ai/onnx/operators/.
"""

from __future__ import annotations

from ..layers.arguments import sides
from .onnx_graph import TO_CHANNELS_FIRST, TO_CHANNELS_LAST, Graph, Step


def zero_padding2d(graph: Graph, step: Step, x: str) -> str:
    """``Pad``: zeros at the beginning and at the end of each axis."""
    (top, bottom), (left, right) = sides("padding", step.layer.padding)
    amounts = graph.integers(f"{step.name}/pads", (0, 0, top, left, 0, 0, bottom, right))
    return graph.add("Pad", x, amounts)


def cropping2d(graph: Graph, step: Step, x: str) -> str:
    """``Slice``: where the last two axes begin and end."""
    (top, bottom), (left, right) = sides("cropping", step.layer.cropping)
    height, width, _ = step.given
    return graph.add(
        "Slice",
        x,
        graph.integers(f"{step.name}/starts", (top, left)),
        graph.integers(f"{step.name}/ends", (height - bottom, width - right)),
        graph.integers(f"{step.name}/axes", (2, 3)),
    )


def up_sampling2d(graph: Graph, step: Step, x: str) -> str:
    """``Resize`` by whole factors."""
    scales = graph.constant(f"{step.name}/scales", (1, 1, *step.layer.size))
    if step.layer.interpolation == "nearest":
        return graph.add(
            "Resize",
            x,
            "",
            scales,
            mode="nearest",
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        )
    return graph.add("Resize", x, "", scales, mode="linear", coordinate_transformation_mode="half_pixel")


def reshape(graph: Graph, step: Step, x: str) -> str:
    """``Reshape``, with the channels last."""
    shape = step.layer.output_shape(step.given)
    target = graph.integers(f"{step.name}/shape", (-1, *shape))
    return graph.channels_first(graph.add("Reshape", graph.channels_last(x, step.given), target), shape)


def permute(graph: Graph, step: Step, x: str) -> str:
    """One ``Transpose``: to channels last, in the new order, and to channels first again."""
    rank = len(step.given)
    if rank == 1:
        return x
    last, order = TO_CHANNELS_LAST[rank], (0, *step.layer.dims)
    return graph.add("Transpose", x, perm=[last[order[i]] for i in TO_CHANNELS_FIRST[rank]])
