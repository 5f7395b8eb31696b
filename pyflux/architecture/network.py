"""A network as a value: named layers in order, each with the shapes that go in and come out."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from .. import layers
from .._internal import validation
from .._internal.lookup import snake_case
from ..layers import ActivationLayer, Input, Layer, Rescaling, Shape
from ..regularizers import L1L2
from ..variables import Floats, Variable
from .names import unique_names
from .node import Node, WeightSpec

SAMPLES = ""  # the name, in a description, of what goes into the network


@dataclass(frozen=True)
class Architecture:
    """Layers that fit together, and the shape of the samples that go in.

    Constructing one names every layer and checks every shape, so that a network that cannot work is refused
    here and not in an engine.

    Args:
        layers: The layers, first to last. One that is there again uses the weights of the first time.
        input_shape: Shape of one sample.
        names: Their names; by default those that they have, or Keras's default names.
        inputs: For each layer the indices of the layers whose outputs it takes, -1 for the samples. Empty for
            a chain, where each layer takes the output of the one before.

    Raises:
        ValueError: A layer gets a shape that it cannot take; the error names the layer.

    >>> from pyflux.layers import Dense, Flatten
    >>> architecture = Architecture((Flatten(), Dense(10)), (28, 28, 1))
    >>> architecture.output_shape
    (10,)
    >>> [(node.name, node.input_shape) for node in architecture.nodes]
    [('flatten', (28, 28, 1)), ('dense', (784,))]
    """

    layers: tuple[Layer, ...]
    input_shape: Shape
    names: tuple[str, ...] = ()
    inputs: tuple[tuple[int, ...], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", tuple(x for x in self.layers if not isinstance(x, Input)))
        object.__setattr__(self, "names", self.names or unique_names(self.layers))
        if self.inputs == chain_inputs(len(self.layers)) and not self.shares_weights:
            object.__setattr__(self, "inputs", ())
        _ = self.nodes  # an error belongs here, not to the first use
        self._check_used()
        self._check_order()

    def __reduce__(self) -> tuple[Any, ...]:
        """Say how it is copied and pickled: what was worked out from its parts is worked out again."""
        return Architecture, (self.layers, self.input_shape, self.names, self.inputs)

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """The layers with their names and shapes, first to last."""
        nodes: list[Node] = []
        owners: dict[int, int] = {}  # of each layer with weights, the node that has them
        all_inputs = self.inputs or chain_inputs(len(self.layers))
        for i, (name, layer, inputs) in enumerate(zip(self.names, self.layers, all_inputs, strict=True)):
            shapes = tuple(self.input_shape if k < 0 else nodes[k].output_shape for k in inputs)
            try:
                output_shape = layer.output_shape_of(shapes)
            except ValueError as e:
                raise ValueError(f"layer {name!r} ({type(layer).__name__}): {e}") from e
            node = Node(name, layer, shapes, output_shape, inputs, owners.get(id(layer)))
            if node.owner is not None:
                _check_same_weights(node, nodes[node.owner])
            elif node.weight_shapes:
                owners[id(layer)] = i
            nodes.append(node)
        return tuple(nodes)

    @property
    def shares_weights(self) -> bool:
        """Whether a layer with weights is in the network more than once."""
        return any(node.owner is not None for node in self.nodes)

    @property
    def is_chain(self) -> bool:
        """Whether each layer takes the output of the one before, and nothing else."""
        return not self.inputs

    @cached_property
    def cuts(self) -> tuple[int, ...]:
        """The indices between whose layers a single value crosses: all, in a chain.

        Layers from such an index on need nothing of those before it but the output of the last one.
        """
        found, lowest = [len(self.nodes)], len(self.nodes)
        for i, node in reversed(list(enumerate(self.nodes))):
            owner = i if node.owner is None else node.owner
            lowest = min(lowest, owner - 1, *node.inputs)
            if lowest >= i - 1:
                found.append(i)
        return tuple(reversed(found))

    @property
    def output_shape(self) -> Shape:
        """The shape of one sample of predictions."""
        return self.nodes[-1].output_shape if self.nodes else self.input_shape

    @cached_property
    def weights(self) -> tuple[WeightSpec, ...]:
        """Every array of the network, in Keras's order."""
        return tuple(
            WeightSpec(f"{node.name}/{weight}", node.layer, weight, shape)
            for node in self.nodes
            for weight, shape in node.weight_shapes.items()
        )

    @cached_property
    def variables(self) -> tuple[Variable, ...]:
        """The layers' variables, one for each of `weights`.

        Raises:
            ValueError: A layer has weights already, for samples of another shape; the error names it.
        """
        found: list[Variable] = []
        for node in self.nodes:
            if node.owner is not None:
                continue
            try:
                found += node.layer.build(node.input_shape)
            except ValueError as e:
                raise ValueError(f"layer {node.name!r} ({type(node.layer).__name__}): {e}") from e
        return tuple(found)

    @property
    def weight_shapes(self) -> dict[str, Shape]:
        """Every array as ``layer/weight`` with its shape, in Keras's order and layout."""
        return {weight.name: weight.shape for weight in self.weights}

    @property
    def trainable(self) -> list[bool]:
        """For each of `weights`, whether training changes it now."""
        return [weight.trainable for weight in self.weights]

    @property
    def penalties(self) -> list[L1L2 | None]:
        """For each of `weights`, its regularizer."""
        return [weight.regularizer for weight in self.weights]

    def initial_weights(self, seed: int | Sequence[int]) -> list[Floats]:
        """Return first values for all of `weights`, as the layers' initializers draw them.

        They are drawn here and not in an engine, so that one seed gives every engine the same start.

        >>> from pyflux.layers import Dense
        >>> [w.shape for w in Architecture((Dense(2),), (3,)).initial_weights(seed=0)]
        [(3, 2), (2,)]
        """
        rng = np.random.default_rng(seed)
        return [w.layer.initial_value(w.weight, w.shape, rng) for w in self.weights]

    @property
    def frozen(self) -> int:
        """How many layers come before what is trained, if any of them holds weights; else 0.

        Where branches are trained in part, they count as trained whole.
        """
        first = max(cut for cut in self.cuts if cut <= self.first_trainable)
        return first if any(node.weight_shapes for node in self.nodes[:first]) else 0

    @property
    def first_trainable(self) -> int:
        """The index of the first layer that is trained; no layer before it needs a gradient."""
        return next(
            (
                i
                for i, node in enumerate(self.nodes)
                if node.layer.trainable and set(node.layer.trainable_names()) & set(node.weight_shapes)
            ),
            len(self.nodes),
        )

    @cached_property
    def scales_bytes(self) -> bool:
        """Whether uint8 images are scaled by 1/255 on the way in: not if the network has a `Rescaling`."""
        return not any(isinstance(layer, Rescaling) for layer in self.layers)

    @property
    def last_activation(self) -> str:
        """The name of the function that makes the outputs, such as ``"softmax"``."""
        activation = getattr(self.layers[-1], "activation", "linear") if self.layers else "linear"
        return activation if isinstance(activation, str) else snake_case(type(activation).__name__)

    def index(self, name: str) -> int:
        """Return the index of the layer of that name.

        Raises:
            ValueError: There is none; the error suggests the nearest.
        """
        return self.names.index(validation.choice("name", name, self.names))

    def without(self, activation: str) -> Architecture:
        """Return the same network without that function at its end; itself if it ends otherwise.

        A cross-entropy is computed from what goes into the softmax or sigmoid, not from what comes out.
        """
        if not activation or self.last_activation != activation:
            return self
        *body, last = self.layers
        if self.nodes[-1].owner is not None:
            raise ValueError(
                f"layer {self.names[-1]!r} ({type(last).__name__}) is called more than once, so that its "
                f"{activation} cannot be left to the loss; give it no activation, and put "
                f"Activation({activation!r}) at the end"
            )
        if isinstance(last, ActivationLayer):
            return Architecture(tuple(body), self.input_shape, self.names[:-1], self.inputs[:-1])
        body.append(dataclasses.replace(last, activation="linear"))  # type: ignore[call-arg]
        return Architecture(tuple(body), self.input_shape, self.names, self.inputs)

    def config(self) -> dict[str, Any]:
        """Return the description as plain data."""
        described: list[dict[str, Any]] = [
            node.layer.config() | {"name": node.name}
            if node.owner is None
            else {"type": type(node.layer).__name__, "name": node.name, "shares": self.names[node.owner]}
            for node in self.nodes
        ]
        if not self.is_chain:
            for entry, inputs in zip(described, self.inputs, strict=True):
                entry["inputs"] = [self.names[i] if i >= 0 else SAMPLES for i in inputs]
        return {"input_shape": list(self.input_shape), "layers": described}

    def _check_used(self) -> None:
        taken = {i for inputs in self.inputs for i in inputs}
        for i, name in enumerate(self.names[:-1]):
            if self.inputs and i not in taken:
                raise ValueError(f"layer {name!r}: no layer takes its output, and it is not the last")

    def _check_order(self) -> None:
        first = next((i for i, node in enumerate(self.nodes) if node.weight_shapes), len(self.nodes))
        for node in self.nodes[first:]:
            if isinstance(node.layer, layers.Augmentation):
                raise ValueError(
                    f"layer {node.name!r} ({type(node.layer).__name__}) changes images: put it before "
                    f"{self.names[first]!r}, the first layer with weights"
                )


def chain_inputs(count: int) -> tuple[tuple[int, ...], ...]:
    """Return the inputs of so many layers in a row.

    >>> chain_inputs(2)
    ((-1,), (0,))
    """
    return tuple((i - 1,) for i in range(count))


def _check_same_weights(node: Node, owner: Node) -> None:
    wanted, found = owner.weight_shapes, node.layer.weight_shapes(node.input_shape)
    if wanted != found:
        raise ValueError(
            f"layer {owner.name!r} ({type(node.layer).__name__}) is called on samples of shape "
            f"{owner.input_shape} and {node.input_shape}, for which its weights would differ; make a layer "
            f"for each"
        )
