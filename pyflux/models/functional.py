"""`Functional`: a model of layers that are called on each other's outputs."""

from __future__ import annotations

from typing import Any

from .._internal import validation
from ..architecture import Architecture
from ..layers import KerasTensor, Layer
from ..layers.symbolic import as_tensors
from .graph import trace
from .model import Model


class Functional(Model):
    """A network with branches, as ``Model(inputs, outputs)`` makes it.

    A layer, or a model, that is called several times has its weights once: its calls share them.

    Args:
        inputs: An `Input`: what goes into the network.
        outputs: What the last layer gave.
        name: Name in the summary and in the saved file.
        seed: As for `Sequential`.
        engine: ``"flux"``, or ``"reference"`` for the same networks in NumPy without Julia.
        device: As for `Sequential`.

    Raises:
        TypeError: The inputs or outputs are no symbolic tensors.
        ValueError: There are several inputs or outputs, or the outputs do not follow from the inputs.

    >>> from pyflux import Input, Model, layers
    >>> inputs = Input((8, 8, 3))
    >>> x = layers.Conv2D(3, 3, padding="same", activation="relu")(inputs)
    >>> x = layers.Add()([x, inputs])
    >>> model = Model(inputs, layers.Dense(10, activation="softmax")(layers.Flatten()(x)))
    >>> model.output_shape, model.count_params()
    ((None, 10), 2014)

    >>> shared = layers.Dense(3)
    >>> inputs = Input((3,))
    >>> Model(inputs, layers.Subtract()([shared(inputs), shared(shared(inputs))])).count_params()
    12
    """

    def __init__(
        self,
        inputs: Any,
        outputs: Any,
        name: str = "functional",
        *,
        seed: int | None = None,
        engine: str = "flux",
        device: str = "auto",
    ) -> None:
        super().__init__(name=name, seed=seed, engine=engine, device=device)
        self._set_architecture(trace(_only("inputs", inputs), _only("outputs", outputs)))

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers, each after all that it takes, branch by branch."""
        return self.architecture.layers

    @classmethod
    def _of(cls, architecture: Architecture, **options: Any) -> Functional:
        model: Functional = cls.__new__(cls)
        Model.__init__(model, **{"name": "functional"} | options)
        model._set_architecture(architecture)
        return model


def _only(argument: str, value: Any) -> KerasTensor:
    """Return the one tensor that is given, in a list or not."""
    tensors = as_tensors(value)
    if tensors is None:
        raise TypeError(
            f"{argument} must be an Input, or what a layer gave for one, got {validation.show(value)}"
        )
    if len(tensors) > 1:
        raise ValueError(f"{argument} must be one tensor, got {len(tensors)}; several are not supported")
    return tensors[0]
