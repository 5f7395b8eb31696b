"""What a model is: its network, its weights, and where it computes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .. import engines
from .._internal import console, validation
from .._internal.seeding import draw_seed
from ..architecture import Architecture
from ..callbacks import History
from ..engines import ExecutionConfig, OptimizerState
from ..inputs import Floats
from ..layers import Layer, Shape
from ..losses import Loss
from ..metrics import Metric
from ..optimizers import Optimizer
from ..saving.training_record import TrainingRecord
from ..variables import as_weights
from . import summary
from .compile_config import CompileConfig
from .session import Session


class BaseModel:
    """What every model has, however its layers are put together, apart from training.

    Args:
        name: Name in the summary and in the saved file.
        seed: Whole number from 0 that fixes the initial weights and the order of samples: the same seed gives
            the same model, bit for bit on one machine with one number of threads. By default drawn anew.
        engine: ``"flux"``, or ``"reference"`` for the same networks in NumPy without Julia.
        device: ``"auto"`` for a GPU where there is one, ``"cpu"``, ``"gpu"``, or a numbered GPU such as
            ``"gpu:1"``, the second.
    """

    def __init__(
        self, *, name: str, seed: int | None = None, engine: str = "flux", device: str = "auto"
    ) -> None:
        self.name = name
        self.seed = draw_seed() if seed is None else validation.as_seed("seed", seed)
        self.engine = validation.choice("engine", engine, engines.ENGINES)
        self.history: History | None = None
        self.stop_training = False  # a callback sets it to end `fit` after the epoch
        self.epochs_trained = 0
        self.training_record: TrainingRecord | None = None  # of `train_mnist`; `fit` forgets it
        self._execution = engines.DEFAULT_EXECUTION.changed(device=device)
        self._architecture: Architecture | None = None
        self._session: Session | None = None
        self._compile_config: CompileConfig | None = None
        self._optimizer_state: OptimizerState | None = None  # until an engine has it

    # ── Description ──────────────────────────────────────────────────────────────────────────────────────

    @property
    def architecture(self) -> Architecture:
        """The network as a value: its layers with their names and shapes.

        Raises:
            ValueError: The model has no layers yet, or does not know its input's shape yet.
        """
        return self.require_architecture("architecture")

    @property
    def trainable(self) -> bool:
        """Whether training changes any layer; setting it sets it for every layer."""
        return any(layer.trainable for layer in self.architecture.layers)

    @trainable.setter
    def trainable(self, value: bool) -> None:
        for layer in self.architecture.layers:
            layer.trainable = value

    @property
    def compiled(self) -> bool:
        """Whether `compile` has been called."""
        return self._compile_config is not None

    @property
    def optimizer(self) -> Optimizer:
        """The optimizer that the model was compiled with."""
        return self.require_compiled("optimizer").optimizer

    @property
    def loss(self) -> Loss:
        """The loss that the model was compiled with."""
        return self.require_compiled("loss").loss

    @property
    def learning_rate(self) -> float:
        """The learning rate of the next step; setting it replaces a schedule."""
        return self.require_compiled("learning_rate").optimizer.rate(self.iterations)

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        rate = validation.as_float("learning_rate", value)
        if rate < 0:
            raise ValueError(f"learning_rate must be at least 0, got {rate:g}")
        self._compile_config = self.require_compiled("learning_rate").with_rate(rate)

    @property
    def iterations(self) -> int:
        """How many steps the optimizer has taken."""
        if self._session is not None:
            return self._session.network.steps
        return self._optimizer_state.iterations if self._optimizer_state is not None else 0

    @property
    def metrics(self) -> list[Metric]:
        """The metrics that the model was compiled with."""
        return self.require_compiled("metrics").new_metrics(self.require_architecture("metrics"))

    @property
    def device(self) -> str:
        """The device that was asked for."""
        return self._execution.device

    @property
    def distributed(self) -> bool:
        """Whether several processes train it together."""
        return self._execution.distributed

    @property
    def rank(self) -> int:
        """The index of this process among those that train together; 0 where it is alone."""
        return self._session.network.rank if self._session is not None else 0

    @property
    def input_shape(self) -> tuple[None, *Shape]:
        """Shape of what goes in; None stands for any number of samples."""
        return (None, *self.require_architecture("input_shape").input_shape)

    @property
    def output_shape(self) -> tuple[None, *Shape]:
        """Shape of what `predict` returns; None stands for any number of samples."""
        return (None, *self.require_architecture("output_shape").output_shape)

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """Return a layer by its name, such as ``"conv2d_1"`` or ``"vgg16/block5_conv1"``, or by its index."""
        architecture = self.require_architecture("get_layer()")
        if (name is None) == (index is None):
            raise ValueError(f"get_layer() takes a name or an index, got name={name!r} and index={index!r}")
        if index is not None:
            return architecture.layers[index]
        return architecture.layers[
            architecture.names.index(validation.choice("name", name, architecture.names))
        ]

    def summary(self, print_fn: Callable[[str], object] | None = None) -> None:
        """Print the layers with their output shapes and parameter counts.

        Args:
            print_fn: Called with the text in place of printing it.
        """
        text = summary.table(self.name, self.require_architecture("summary()"))
        (print_fn or console.say)(text)

    def __repr__(self) -> str:
        if self._architecture is None:
            return f"<{type(self).__name__} {self.name!r}, whose input's shape is not known yet>"
        layers = len(self._architecture.nodes)
        return f"<{type(self).__name__} {self.name!r}: {layers} layers, {self.count_params():,} parameters>"

    def _repr_html_(self) -> str | None:
        """Return the summary as notebooks show it; None before the input's shape is known."""
        return None if self._architecture is None else summary.html_table(self.name, self._architecture)

    def count_params(self) -> int:
        """Return the number of values in all weights."""
        return sum(math.prod(w.shape) for w in self.require_architecture("count_params()").weights)

    # ── Weights ──────────────────────────────────────────────────────────────────────────────────────────

    def get_weights(self) -> list[Floats]:
        """Return copies of the weights, layer by layer kernel and bias, in Keras's layout."""
        return [v.read().copy() for v in self.require_architecture("get_weights()").variables]

    def set_weights(self, weights: Sequence[ArrayLike]) -> None:
        """Replace the weights, in every model that has these layers.

        Args:
            weights: Arrays such as `get_weights` returns, of this model or of one like it.

        Raises:
            TypeError: An array is not of real numbers.
            ValueError: Their number, a shape or a value does not fit.
        """
        architecture = self.require_architecture("set_weights()")
        given = as_weights(weights, architecture.weight_shapes)
        for variable, value in zip(architecture.variables, given, strict=True):
            variable.assign(value)

    def pull(self) -> None:
        """Draw the values of those weights that nobody has set yet (see `pyflux.variables.Source`)."""
        architecture = self.require_architecture("weights")
        rng = np.random.default_rng([self.seed, 0])
        for weight, variable in zip(architecture.weights, architecture.variables, strict=True):
            # Drawn for every weight, so that sharing one does not change the values of the others.
            variable.supply(self, weight.layer.initial_value(weight.weight, weight.shape, rng))

    # ── Inside ───────────────────────────────────────────────────────────────────────────────────────────

    def require_architecture(self, caller: str) -> Architecture:
        """Return the architecture; the error says what ``caller`` needs where there is none yet."""
        if self._architecture is None:
            raise ValueError(
                f"{caller} needs the shape of the samples; give the first layer input_shape=(height, width, "
                f"channels), or put an Input before it"
            )
        return self._architecture

    def require_compiled(self, caller: str) -> CompileConfig:
        """Return the arguments of `compile`; the error names ``caller`` if it was not called."""
        if self._compile_config is None:
            raise ValueError(f"{caller} needs a compiled model; call model.compile(optimizer, loss) first")
        return self._compile_config

    def session(self) -> Session:
        """Return the network in its engine, after starting it there if need be."""
        if self._session is None:
            self._session = Session(
                self.require_architecture("engine"),
                self.engine,
                self._execution,
                self.seed,
                self._compile_config,
                self._optimizer_state,
            )
            self.seed, self._optimizer_state = self._session.network.seed, None
        return self._session

    def optimizer_state(self) -> OptimizerState | None:
        """Return the optimizer's state, or None for a model that was not trained.

        It is None too if layers were frozen or unfrozen since `compile`: the state is of other weights.
        """
        config = self._compile_config
        if config is not None and config.trainable not in (None, tuple(self.architecture.trainable)):
            return None
        if self._session is not None and config is not None:
            return self._session.network.optimizer_state()
        return self._optimizer_state

    def _set_architecture(self, architecture: Architecture | None) -> None:
        """Take a network; its weights that have no values yet are drawn when they are first read."""
        if architecture is not None:
            for variable in architecture.variables:
                variable.initialize_from(self)
        self._architecture = architecture

    def _use(self, engine: str | None, execution: ExecutionConfig) -> None:
        """Change the engine or the device; the optimizer's state does not go along."""
        engine = self.engine if engine is None else validation.choice("engine", engine, engines.ENGINES)
        engines.check(engine, execution)
        if (engine, execution) != (self.engine, self._execution):
            self._session = None
            self.engine, self._execution = engine, execution

    @property
    def julia(self) -> Any:
        """The Flux ``Chain`` that trains and predicts, as a juliacall object.

        It shares its arrays with this model until the model is compiled again; training changes them. Change
        weights with `set_weights`, not in Julia.

        Raises:
            ValueError: The engine is ``"reference"``, which has no ``Chain``.
        """
        if self.engine != "flux":
            raise ValueError(f"engine={self.engine!r} has no Flux Chain; compile(engine='flux') makes one")
        return getattr(self.session().push(), "model")  # noqa: B009 - other engines have none

    def __getstate__(self) -> dict[str, object]:
        """Return what pickle and copy take: the model without its network in the engine."""
        state = self.__dict__.copy()
        if self._session is not None:
            state["_optimizer_state"] = self.optimizer_state()
        return state | {"_session": None, "history": self.history}
