"""`Sequential`: a stack of layers."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, TypeVar

import numpy as np

from .._internal import validation
from ..architecture import Architecture
from ..layers import Input, Layer, Shape, sample_shape
from .functional import Functional
from .graph import combine
from .model import Model


class Sequential(Model):
    """A stack of layers, described as in Keras and trained in Flux.

    A layer, or a model with all its layers, that is in several models shares its weights among them.

    Args:
        layers: The layers, first to last; more can be added with `add`. A model can be one of them.
        name: Name in the summary and in the saved file.
        seed: Whole number from 0 that fixes the initial weights and the order of samples: the same seed gives
            the same model, bit for bit on one machine with one number of threads. By default drawn anew.
        engine: ``"flux"``, or ``"reference"`` for the same networks in NumPy without Julia.
        device: ``"auto"`` for a GPU where there is one, ``"cpu"``, ``"gpu"``, or a numbered GPU such as
            ``"gpu:1"``, the second.

    Raises:
        TypeError, ValueError: A layer is none, or does not fit on the one before; the error names it.

    >>> from pyflux import Sequential, layers
    >>> model = Sequential(
    ...     [
    ...         layers.Conv2D(16, (3, 3), activation="relu", input_shape=(28, 28, 1)),
    ...         layers.MaxPooling2D((2, 2)),
    ...         layers.Flatten(),
    ...         layers.Dense(10, activation="softmax"),
    ...     ],
    ...     seed=0,
    ... )
    >>> model.output_shape
    (None, 10)
    >>> model.count_params()
    27210
    """

    def __init__(
        self,
        layers: Iterable[Layer | Model] = (),
        name: str = "sequential",
        *,
        seed: int | None = None,
        engine: str = "flux",
        device: str = "auto",
    ) -> None:
        super().__init__(name=name, seed=seed, engine=engine, device=device)
        self._layers: list[Layer | Model] = []
        for layer in layers:
            self.add(layer)

    def add(self, layer: Layer | Model) -> None:
        """Put a layer, or all of another model, on top.

        Raises:
            TypeError: It is no layer.
            ValueError: It does not fit on the layer before, or is in the model already.
        """
        if not isinstance(layer, (Layer, Model)):
            hint = f"; did you mean {layer.__name__}(…)?" if isinstance(layer, type) else ""
            raise TypeError(f"layer must be a layer from pyflux.layers, or a model, got {layer!r}{hint}")
        if isinstance(layer, Model):
            layer.require_architecture("a model used as a layer")
        self._rebuild([*self._layers, layer])

    def pop(self) -> Layer | Model:
        """Take the last layer off, and return it.

        Raises:
            ValueError: There is no layer.
        """
        if not self.layers:
            raise ValueError("pop() needs a model with layers")
        last = self._layers[-1]
        self._rebuild(self._layers[:-1])
        return last

    @property
    def layers(self) -> tuple[Layer | Model, ...]:
        """The layers as they were added, without `Input`."""
        return tuple(layer for layer in self._layers if not isinstance(layer, Input))

    def build(self, input_shape: Iterable[int | None]) -> None:
        """Build the network for samples of a shape, where no layer says which.

        Args:
            input_shape: ``(None, height, width, channels)`` or ``(None, features)``, with None for the batch.
        """
        shape = tuple(input_shape)
        if not shape or shape[0] is not None:
            raise ValueError(f"input_shape must begin with None for the batch, got {shape}")
        self._rebuild(self._layers, tuple(validation.as_int("input_shape", n) for n in shape[1:]))

    def build_for(self, x: Any) -> None:
        """Build a network whose input's shape is not known yet for such samples ``(N, …)``."""
        shape = np.shape(x)[1:]
        first = next((layer for layer in self._layers if isinstance(layer, Layer) and layer.rank), None)
        if len(shape) == 2:
            shape = (*shape, 1)  # grey images
        elif len(shape) == 0 or (first is not None and first.rank == 3 and len(shape) != 3):
            return  # the error about the missing shape says more
        self._rebuild(self._layers, shape)

    @classmethod
    def from_julia(cls, chain: Any, input_shape: Iterable[int], **options: Any) -> Sequential:
        """Make a model from a Flux ``Chain`` that was built in Julia, with the chain's weights.

        Args:
            chain: The ``Chain``, a juliacall object such as ``juliacall.Main.Flux.Chain(…)``.
            input_shape: Shape of one sample, ``(height, width, channels)`` or ``(features,)``.
            **options: The options of the constructor: ``name``, ``seed``, ``engine``, ``device``.

        Raises:
            EngineError: The chain has a layer that Keras has no word for; the message names it.
        """
        from ..engines.flux import chains

        architecture, weights = chains.read(chain, sample_shape("input_shape", input_shape))
        model: Sequential = cls._of(architecture, **options)
        model.set_weights(weights)
        return model

    # ── Inside ───────────────────────────────────────────────────────────────────────────────────────────

    def require_architecture(self, caller: str) -> Architecture:
        """Return the architecture; the error says what ``caller`` needs where there is none yet."""
        if not self._layers:
            raise ValueError(f"{caller} needs a network with layers; add some with model.add(…)")
        return super().require_architecture(caller)

    @classmethod
    def _of(cls, architecture: Architecture, **options: Any) -> Any:
        if not architecture.is_chain:
            return Functional._of(architecture, **options)
        model = cls((), **options)
        model._layers = [Input(architecture.input_shape), *architecture.layers]
        model._set_architecture(architecture)
        return model

    def _rebuild(self, stack: list[Layer | Model], input_shape: Shape | None = None) -> None:
        """Take these layers; what an engine had of the model before is of no use any more."""
        self._set_architecture(combine(stack, input_shape))
        self._layers = list(stack) if input_shape is None else [Input(input_shape), *stack]
        self._session, self._optimizer_state = None, None
        if self._compile_config is not None:
            self._compile_config = self._compile_config.unchecked()


M = TypeVar("M", bound=Model)


def clone_model(model: M) -> M:
    """Return a new model with the same layers and new weights, as in Keras.

    >>> from pyflux import Sequential, layers
    >>> clone_model(Sequential([layers.Dense(2, input_shape=(3,))])).count_params()
    8
    """
    return type(model).from_config(model.get_config(), engine=model.engine, device=model.device)


def load(path: str | os.PathLike[str], *, engine: str = "flux", device: str = "auto") -> Any:
    """Return a saved model, a `Sequential` or one with branches: `Sequential.load` by a shorter name."""
    return Sequential.load(path, engine=engine, device=device)
