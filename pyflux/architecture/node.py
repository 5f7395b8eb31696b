"""One layer in a network, and one of its arrays."""

from __future__ import annotations

from typing import NamedTuple

from ..constraints import Constraint
from ..layers import Layer, Shape
from ..regularizers import L1L2


class Node(NamedTuple):
    """One layer of a network.

    Attributes:
        name: The layer's name in this network, such as ``"conv2d_1"``.
        layer: The layer.
        input_shapes: Shape of one sample of each of its inputs, without the batch.
        output_shape: Shape of one sample that comes out.
        inputs: Index of the node that gives each input, or -1 for the network's input.
        owner: Index of the node whose weights it uses, where its layer has been called before; else None.
    """

    name: str
    layer: Layer
    input_shapes: tuple[Shape, ...]
    output_shape: Shape
    inputs: tuple[int, ...]
    owner: int | None = None

    @property
    def input_shape(self) -> Shape:
        """Shape of one sample of the first input."""
        return self.input_shapes[0]

    @property
    def weight_shapes(self) -> dict[str, Shape]:
        """The layer's arrays by name, in Keras's order and layout: none if they are another node's."""
        return {} if self.owner is not None else self.layer.weight_shapes(self.input_shape)


class WeightSpec(NamedTuple):
    """One array of a network.

    Attributes:
        name: ``layer/weight``, such as ``"conv2d_1/kernel"``.
        layer: The layer that has it.
        weight: Its name in the layer, such as ``"kernel"``.
        shape: Its shape in Keras's layout.
    """

    name: str
    layer: Layer
    weight: str
    shape: Shape

    @property
    def trainable(self) -> bool:
        """Whether training changes it, as `Layer.trainable` says now."""
        return self.layer.trainable and self.weight in self.layer.trainable_names()

    @property
    def regularizer(self) -> L1L2 | None:
        """The penalty on it."""
        return getattr(self.layer, f"{self.weight}_regularizer", None)

    @property
    def constraint(self) -> Constraint | None:
        """What it must satisfy after each training step."""
        return getattr(self.layer, f"{self.weight}_constraint", None)
