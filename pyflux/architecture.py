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
from .layers import Activation, Input, Layer, Rescaling, Shape
from .regularizers import L1L2


@dataclass(frozen=True)
class Architecture:
    """Layers that fit together, and the shape of the samples that go in.

    Making one names every layer and checks every shape, so that a network that cannot work is refused here
    and not in an engine.

    Args:
        layers: The layers, first to last.
        input_shape: Shape of one sample.
        names: Their names; by default those that they have, or that are made as Keras makes them.

    Raises:
        ValueError: A layer gets a shape that it cannot take; the error names the layer.

    >>> from pyflux.layers import Dense, Flatten
    >>> Architecture((Flatten(), Dense(10)), (28, 28, 1)).output_shape
    (10,)
    """

    layers: tuple[Layer, ...]
    input_shape: Shape
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", tuple(x for x in self.layers if not isinstance(x, Input)))
        object.__setattr__(self, "names", self.names or unique_names(self.layers))
        _ = self.shapes  # an error belongs here, not to the first use
        self._check_order()

    @cached_property
    def shapes(self) -> tuple[Shape, ...]:
        """The shape that goes into each layer, and after them the one that comes out of the last."""
        shapes = [self.input_shape]
        for name, layer in zip(self.names, self.layers, strict=True):
            try:
                shapes.append(layer.output_shape(shapes[-1]))
            except ValueError as e:
                raise ValueError(f"layer {name!r} ({type(layer).__name__}): {e}") from e
        return tuple(shapes)

    @property
    def output_shape(self) -> Shape:
        """The shape of one sample of predictions."""
        return self.shapes[-1]

    @cached_property
    def weight_shapes(self) -> dict[str, Shape]:
        """Every array as ``layer/weight`` with its shape, in Keras's order and layout."""
        return {
            f"{name}/{weight}": shape
            for name, layer, given in zip(self.names, self.layers, self.shapes[:-1], strict=True)
            for weight, shape in layer.weight_shapes(given).items()
        }

    @property
    def trainable(self) -> list[bool]:
        """For each of `weight_shapes`, whether training changes it now."""
        return [layer.trainable and weight in layer.trained() for _, layer, weight in self._weights()]

    @property
    def penalties(self) -> list[L1L2 | None]:
        """For each of `weight_shapes`, its regularizer."""
        return [getattr(layer, f"{weight}_regularizer", None) for _, layer, weight in self._weights()]

    @property
    def frozen(self) -> int:
        """How many layers come before the first that is trained, if they hold weights; else 0."""
        return self.first_trained if any(i < self.first_trained for i, _ in self._weighted()) else 0

    @property
    def first_trained(self) -> int:
        """The number of the first layer that is trained; nothing before it needs a gradient."""
        return next((i for i, layer in self._weighted() if layer.trainable), len(self.layers))

    @property
    def scales_bytes(self) -> bool:
        """Whether uint8 images are scaled by 1/255: not if the network does it itself."""
        return not (self.layers and isinstance(self.layers[0], Rescaling))

    @property
    def last_activation(self) -> str:
        """The function that makes the outputs."""
        return str(getattr(self.layers[-1], "activation", "linear")) if self.layers else "linear"

    def without(self, activation: str) -> Architecture:
        """Return the same network without that function at its end; itself if it ends otherwise.

        A cross-entropy is computed from what goes into the softmax or sigmoid, not from what comes out.
        """
        if not activation or self.last_activation != activation:
            return self
        *body, last = self.layers
        if isinstance(last, Activation):
            return Architecture(tuple(body), self.input_shape, self.names[:-1])
        body.append(dataclasses.replace(last, activation="linear"))  # type: ignore[call-arg]
        return Architecture(tuple(body), self.input_shape, self.names)

    def config(self) -> dict[str, Any]:
        """Return the description as plain data."""
        described = [
            layer.config() | {"name": name} for name, layer in zip(self.names, self.layers, strict=True)
        ]
        return {"input_shape": list(self.input_shape), "layers": described}

    def _weights(self) -> Iterator[tuple[str, Layer, str]]:
        for name, layer, given in zip(self.names, self.layers, self.shapes[:-1], strict=True):
            for weight in layer.weight_shapes(given):
                yield name, layer, weight

    def _weighted(self) -> Iterator[tuple[int, Layer]]:
        for i, (layer, given) in enumerate(zip(self.layers, self.shapes[:-1], strict=True)):
            if layer.weight_shapes(given):
                yield i, layer

    def _check_order(self) -> None:
        first = next((i for i, _ in self._weighted()), len(self.layers))
        for name, layer in list(zip(self.names, self.layers, strict=True))[first:]:
            if isinstance(layer, layers.Augmentation):
                raise ValueError(
                    f"layer {name!r} ({type(layer).__name__}) changes images: put it before "
                    f"{self.names[first]!r}, the first layer with weights"
                )


def from_config(config: Mapping[str, Any]) -> Architecture:
    """Make an architecture from what `Architecture.config` gave."""
    shape = layers.sample_shape("input_shape", config["input_shape"])
    return Architecture(tuple(map(layers.from_config, config["layers"])), shape)


def unique_names(given: Iterable[Layer]) -> tuple[str, ...]:
    """Return a name for each layer: its own, or one as Keras numbers them.

    >>> from pyflux.layers import Dense
    >>> unique_names([Dense(8), Dense(2)])
    ('dense', 'dense_1')
    """
    steps = list(given)
    own = Counter(layer.name for layer in steps if layer.name)
    for name, times in own.items():
        if times > 1:
            raise ValueError(f"name {name!r} is given to {times} layers; every layer needs a name of its own")
    names: list[str] = []
    taken = set(own)
    for layer in steps:
        name = layer.name or next(n for n in numbered(snake_case(type(layer).__name__)) if n not in taken)
        taken.add(name)
        names.append(name)
    return tuple(names)


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
