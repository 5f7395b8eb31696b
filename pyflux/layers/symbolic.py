"""Symbolic tensors: what a layer gives when it is called on something that has a shape and no values yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .base import Layer, Shape


@dataclass(frozen=True, eq=False, repr=False)
class KerasTensor:
    """What goes from one layer to another in a network that is being described.

    Attributes:
        sample_shape: Shape of one sample.
        layer: The layer, or the model, that gives it; None for the network's input.
        inputs: What that layer is called on.
    """

    sample_shape: Shape
    layer: Any = None
    inputs: tuple[KerasTensor, ...] = ()

    @property
    def shape(self) -> tuple[None, *Shape]:
        """The shape, with None for any number of samples."""
        return (None, *self.sample_shape)

    @property
    def dtype(self) -> str:
        """``"float32"``, which every layer computes in."""
        return "float32"

    def __repr__(self) -> str:
        return f"<KerasTensor shape={self.shape}>"

    def __array__(self, *arguments: Any, **options: Any) -> Any:
        raise TypeError(
            "a KerasTensor has no values: only layers take it, and Model(inputs, outputs) makes a model of it"
        )


def as_tensors(inputs: Any) -> tuple[KerasTensor, ...] | None:
    """Return the symbolic tensors that a layer is called on; None where it is called on arrays.

    Raises:
        TypeError: Tensors and arrays are mixed.

    >>> from pyflux import Input
    >>> as_tensors(Input((3,)))
    (<KerasTensor shape=(None, 3)>,)
    """
    given = inputs if isinstance(inputs, (list, tuple)) else [inputs]
    found = [_tensor(each) for each in given]
    if not found or all(tensor is None for tensor in found):
        return None
    if None in found:
        wrong = next(each for each, tensor in zip(given, found, strict=True) if tensor is None)
        raise TypeError(f"inputs must all be tensors, or all arrays, got a {type(wrong).__name__} among them")
    return tuple(tensor for tensor in found if tensor is not None)


def _tensor(value: Any) -> KerasTensor | None:
    return value if isinstance(value, KerasTensor) else getattr(value, "tensor", None)


def call(layer: Layer, tensors: Sequence[KerasTensor]) -> KerasTensor:
    """Return what a layer gives for symbolic tensors.

    Raises:
        ValueError: Their number or their shapes do not fit; the error names the layer.
    """
    try:
        shape = layer.output_shape_of([tensor.sample_shape for tensor in tensors])
    except ValueError as e:
        raise ValueError(f"layer {layer.name or type(layer).__name__!r}: {e}") from e
    return KerasTensor(shape, layer, tuple(tensors))
