"""Layers that move, repeat, add or drop pixels, as nodes of ONNX.

Source: the operators at https://onnx.ai/onnx/operators/.
"""

from __future__ import annotations

from ..layers.arguments import sides
from ..layers.resizing import Box
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
    return _part(graph, step, x, Box(top, left, height - top - bottom, width - left - right))


def box(graph: Graph, step: Step, x: str) -> str:
    """``Slice`` of the part that the layer takes."""
    return _part(graph, step, x, step.layer.box(*step.given[:2]))


def _part(graph: Graph, step: Step, x: str, part: Box) -> str:
    return graph.add(
        "Slice",
        x,
        graph.integers(f"{step.name}/starts", (part.top, part.left)),
        graph.integers(f"{step.name}/ends", (part.top + part.height, part.left + part.width)),
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


def resizing(graph: Graph, step: Step, x: str) -> str:
    """``Resize`` of a part to a size; ``nearest`` takes the pixel that a place lies in."""
    layer = step.layer
    part = layer.box(*step.given[:2])
    x = x if part[2:] == step.given[:2] else _part(graph, step, x, part)
    sizes = graph.integers(f"{step.name}/sizes", (layer.height, layer.width))
    modes = (
        {"mode": "linear"}
        if layer.interpolation == "bilinear"
        else {"mode": "nearest", "nearest_mode": "round_prefer_ceil"}
    )
    shape = graph.add("Shape", x, end=2)  # the samples and the channels
    return graph.add(
        "Resize",
        x,
        "",
        "",
        graph.add("Concat", shape, sizes, axis=0),
        coordinate_transformation_mode="half_pixel",
        **modes,
    )


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
