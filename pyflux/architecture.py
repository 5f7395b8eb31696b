"""A network as a value: its layers in order, with every shape worked out and checked."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from . import layers
from .layers import Activation, Input, Layer, Shape


@dataclass(frozen=True)
class Architecture:
    """Layers that fit together, and the shape of the samples that go in.

    Making one names every layer and checks every shape, so that a network that cannot work is refused here
    and not in an engine.

    Args:
        layers: The layers, first to last.
        input_shape: Shape of one sample.

    Raises:
        ValueError: A layer gets a shape that it cannot take; the error names the layer.

    >>> from pyflux.layers import Dense, Flatten
    >>> Architecture((Flatten(), Dense(10)), (28, 28, 1)).output_shape
    (10,)
    """

    layers: tuple[Layer, ...]
    input_shape: Shape

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", named(self.layers))
        _ = self.shapes  # an error belongs here, not to the first use

    @cached_property
    def shapes(self) -> tuple[Shape, ...]:
        """The shape that goes into each layer, and after them the one that comes out of the last."""
        shapes = [self.input_shape]
        for layer in self.layers:
            shapes.append(layer.output_shape(shapes[-1]))
        return tuple(shapes)

    @property
    def output_shape(self) -> Shape:
        """The shape of one sample of predictions."""
        return self.shapes[-1]

    @cached_property
    def weight_shapes(self) -> dict[str, Shape]:
        """Every trainable array as ``layer/weight`` with its shape, in Keras's order and layout."""
        return {
            f"{layer.name}/{weight}": shape
            for layer, given in zip(self.layers, self.shapes[:-1], strict=True)
            for weight, shape in layer.weight_shapes(given).items()
        }

    @property
    def ends_in_softmax(self) -> bool:
        """Whether the network's outputs are probabilities."""
        return bool(self.layers) and getattr(self.layers[-1], "activation", None) == "softmax"

    @cached_property
    def to_logits(self) -> Architecture:
        """The same network without its final softmax: cross-entropy is computed from these, not from it."""
        if not self.ends_in_softmax:
            return self
        *body, last = self.layers
        if not isinstance(last, Activation):
            body.append(dataclasses.replace(last, activation="linear"))  # type: ignore[call-arg]
        return Architecture(tuple(body), self.input_shape)

    def config(self) -> dict[str, Any]:
        """Return the description as plain data."""
        return {"input_shape": list(self.input_shape), "layers": [layer.config() for layer in self.layers]}


def from_config(config: Mapping[str, Any]) -> Architecture:
    """Make an architecture from what `Architecture.config` gave."""
    shape = layers.sample_shape("input_shape", config["input_shape"])
    return Architecture(tuple(map(layers.from_config, config["layers"])), shape)


def find_input_shape(given: Iterable[Layer]) -> Shape | None:
    """Return the shape that the first layer names, if it names one."""
    first = next(iter(given), None)
    return first.input_shape if first is not None else None


def named(given: Iterable[Layer]) -> tuple[Layer, ...]:
    """Return the layers without `Input`, each with a name of its own, as Keras numbers them.

    >>> from pyflux.layers import Dense
    >>> [layer.name for layer in named([Dense(8), Dense(2)])]
    ['dense', 'dense_1']
    """
    steps = [layer for layer in given if not isinstance(layer, Input)]
    taken = Counter(layer.name for layer in steps if layer.name)
    for name, times in taken.items():
        if times > 1:
            raise ValueError(f"name {name!r} is given to {times} layers; every layer needs a name of its own")
    result, names = [], set(taken)
    for layer in steps:
        name = layer.name or next(n for n in numbered(snake_case(type(layer).__name__)) if n not in names)
        names.add(name)
        result.append(dataclasses.replace(layer, name=name))
    return tuple(result)


def numbered(base: str) -> Iterator[str]:
    """Yield a name and then the same with numbers: ``dense``, ``dense_1`` and so on."""
    yield base
    for i in itertools.count(1):
        yield f"{base}_{i}"


def snake_case(name: str) -> str:
    """Return a class's name as Keras writes it in a summary.

    >>> snake_case("MaxPooling2D")
    'max_pooling2d'
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
