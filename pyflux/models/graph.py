"""The network that layers make: one after the other, or called on each other's outputs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .._internal.lookup import snake_case
from .._internal.ordering import depth_first
from ..architecture import Architecture, call_name, numbered, unique_names
from ..layers import Input, KerasTensor, Layer, Shape
from .base import BaseModel

Part = Layer | BaseModel


def combine(stack: Iterable[Part], input_shape: Shape | None = None) -> Architecture | None:
    """Return the network that layers and models make in a row, or None if the input's shape is not known.

    Raises:
        ValueError: A layer is there twice, or does not fit on the one before; the error names it.
    """
    parts = list(stack)
    if input_shape is None and parts:
        first = parts[0]
        input_shape = first.architecture.input_shape if isinstance(first, BaseModel) else first.input_shape
    parts = [part for part in parts if not isinstance(part, Input)]
    _check_distinct(parts)
    # Whatever a part is called on in this row, the one before it gives it.
    return join(parts, [(i - 1,) for i in range(len(parts))], input_shape)


def trace(start: KerasTensor, end: KerasTensor) -> Architecture:
    """Return the network between two symbolic tensors, branch by branch.

    Raises:
        ValueError: It needs another input, or has no layer; or a layer does not fit.
    """
    order = [tensor for tensor in depth_first(end, lambda tensor: tensor.inputs) if tensor is not start]
    for tensor in order:
        if tensor.layer is None:
            raise ValueError(
                f"outputs must follow from inputs alone, and need another input of shape {tensor.shape}; one "
                f"input is supported"
            )
    if not order:
        raise ValueError("outputs must be what layers give for inputs, got the inputs themselves")
    places = {start: -1} | {tensor: i for i, tensor in enumerate(order)}
    found = join(
        [tensor.layer for tensor in order],
        [tuple(places[each] for each in tensor.inputs) for tensor in order],
        start.sample_shape,
    )
    assert found is not None
    return found


def join(
    parts: Sequence[Part], inputs: Sequence[tuple[int, ...]], input_shape: Shape | None
) -> Architecture | None:
    """Return the network of some layers and models, the layers of models among them.

    Args:
        parts: Layers and models, each after all that it takes.
        inputs: For each the indices of the parts whose outputs it takes, -1 for the samples.
        input_shape: Shape of one sample; where it is None there is no network yet.
    """
    own_layers = {id(part): part for part in parts if isinstance(part, Layer)}
    own_names = dict(zip(own_layers, unique_names(own_layers.values()), strict=True))
    taken_names: set[str] = set()
    prefixes: set[str] = set()
    layers: list[Layer] = []
    names: list[str] = []
    flat_inputs: list[tuple[int, ...]] = []
    last = [-1]  # for the samples, and then for each part, the index of the layer that gives its output
    for part, given in zip(parts, inputs, strict=True):
        taken = tuple(last[i + 1] for i in given)
        if isinstance(part, Layer):
            layers.append(part)
            names.append(call_name(own_names[id(part)], taken_names))
            taken_names.add(names[-1])
            flat_inputs.append(taken)
        else:
            prefix = next(name for name in numbered(part.name) if name not in prefixes)
            prefixes.add(prefix)
            offset = len(layers)
            for node in part.architecture.nodes:
                layers.append(node.layer)
                names.append(f"{prefix}/{node.name}")
                flat_inputs.append(tuple(taken[0] if i < 0 else i + offset for i in node.inputs))
        last.append(len(layers) - 1 if layers else -1)
    if input_shape is None:
        return None
    return Architecture(tuple(layers), input_shape, tuple(names), tuple(flat_inputs))


def _check_distinct(parts: Sequence[Part]) -> None:
    seen: set[int] = set()
    for part in parts:
        layers = [part] if isinstance(part, Layer) else part.architecture.layers
        again = next((layer for layer in layers if id(layer) in seen), None)
        if again is not None:
            kind = type(again).__name__
            raise ValueError(
                f"layer {again.name or snake_case(kind)!r} ({kind}) is in the model twice; make a new layer, "
                f"or share its weights with Model(inputs, outputs)"
            )
        seen |= {id(layer) for layer in layers}
