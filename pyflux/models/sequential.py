"""`Sequential`: a network that is described, trained, asked and saved."""

from __future__ import annotations

import math
import os
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import engines
from .._internal import validation
from ..architecture import Architecture, unique_names
from ..callbacks import Callback
from ..engines import Data, ExecutionConfig, Network, OptimizerState
from ..inputs import Floats, as_samples
from ..layers import Input, Layer, Shape
from ..losses import Loss
from ..metrics import TopKCategoricalAccuracy
from ..models import summary
from ..optimizers import Optimizer
from ..saving import saved_model as saving
from ..saving.saved_model import SavedModel
from ..variables import as_weights
from . import compile_config, trainer
from .compile_config import CompileConfig
from .history import History
from .progress import Progress

Part = TypeVar("Part")


class Sequential:
    """A stack of layers, described as in Keras and trained in Flux.

    Args:
        layers: The layers, first to last; more can be added with `add`. A model can be one of them.
        name: Name in the summary and in the saved file.
        seed: Whole number from 0 that fixes the initial weights and the order of samples: the same seed gives
            the same model, bit for bit on one machine with one number of threads. By default drawn anew.
        engine: ``"flux"``, or ``"reference"`` for the same networks in NumPy without Julia.
        device: ``"auto"`` for a GPU where there is one, ``"cpu"``, ``"gpu"``, or a numbered GPU such as
            ``"gpu:1"``, the second.

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
        layers: Iterable[Layer | Sequential] = (),
        *,
        name: str = "sequential",
        seed: int | None = None,
        engine: str = "flux",
        device: str = "auto",
    ) -> None:
        self.name = name
        self.seed = secrets.randbits(64) if seed is None else validation.as_int("seed", seed, minimum=0)
        self.engine = validation.choice("engine", engine, engines.ENGINES)
        self._execution = engines.DEFAULT_EXECUTION.changed(device=device)
        self.history: History | None = None
        self.stop_training = False  # a callback sets it to end `fit` after the epoch
        self._layers: list[Layer | Sequential] = []
        self._architecture: Architecture | None = None
        self._weights: list[Floats] | None = None  # until an engine has them
        self._network: Network | None = None
        self._compiled: CompileConfig | None = None
        self._optimizer_state: OptimizerState | None = None  # until an engine has it
        self._epochs_trained = 0
        for layer in layers:
            self.add(layer)

    # ── What it is ───────────────────────────────────────────────────────────────────────────────────────

    def add(self, layer: Layer | Sequential) -> None:
        """Put a layer, or all of another model, on top.

        A model that is added brings its weights, and gets them back after each training.

        Raises:
            TypeError: It is no layer.
            ValueError: It does not fit on what is there, or the model has weights already.
        """
        if not isinstance(layer, (Layer, Sequential)):
            hint = f"; did you mean {layer.__name__}(…)?" if isinstance(layer, type) else ""
            raise TypeError(f"layer must be a layer from pyflux.layers, or a model, got {layer!r}{hint}")
        if self._weights is not None or self._network is not None:
            raise ValueError("layers cannot be added to a model that has its weights; make a new Sequential")
        if isinstance(layer, Sequential):
            layer.require_architecture("a model used as a layer")
        stack = [*self._layers, layer]
        self._architecture = put_together(stack)
        self._layers = stack

    @property
    def layers(self) -> tuple[Layer | Sequential, ...]:
        """The layers as they were added, without `Input`."""
        return tuple(layer for layer in self._layers if not isinstance(layer, Input))

    def get_layer(self, name: str) -> Layer:
        """Return the layer of that name, such as ``"conv2d_1"`` or ``"vgg16/block5_conv1"``."""
        architecture = self.require_architecture("get_layer()")
        return architecture.layers[
            architecture.names.index(validation.choice("name", name, architecture.names))
        ]

    @property
    def trainable(self) -> bool:
        """Whether training changes any layer; setting it sets it for every layer."""
        return any(layer.trainable for layer in self._layers)

    @trainable.setter
    def trainable(self, value: bool) -> None:
        for layer in self._layers:
            layer.trainable = value

    @property
    def learning_rate(self) -> float:
        """The learning rate of the next step; setting it replaces a schedule."""
        return self.require_compiled("learning_rate").optimizer.rate(self._steps())

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        self._compiled = self.require_compiled("learning_rate").with_rate(
            validation.as_float("learning_rate", value, above=0)
        )

    @property
    def device(self) -> str:
        """The device that was asked for."""
        return self._execution.device

    @property
    def rank(self) -> int:
        """The number of this process among those that train together; 0 where it is alone."""
        return self._network.rank if self._network is not None else 0

    @property
    def input_shape(self) -> tuple[None, *Shape]:
        """Shape of what goes in; None stands for any number of samples."""
        return (None, *self.require_architecture("input_shape").input_shape)

    @property
    def output_shape(self) -> tuple[None, *Shape]:
        """Shape of what `predict` gives; None stands for any number of samples."""
        return (None, *self.require_architecture("output_shape").output_shape)

    def summary(self, print_fn: Callable[[str], object] = print) -> None:
        """Print the layers with their output shapes and parameter counts."""
        print_fn(summary.table(self.name, self.require_architecture("summary()")))

    def count_params(self) -> int:
        """Return the number of trainable values."""
        return sum(map(math.prod, self.require_architecture("count_params()").weight_shapes.values()))

    def get_weights(self) -> list[Floats]:
        """Return copies of the weights, layer by layer kernel and bias, in Keras's layout."""
        self.require_architecture("get_weights()")
        return self._network.weights() if self._network else [w.copy() for w in self._drawn()]

    def set_weights(self, weights_: Sequence[ArrayLike]) -> None:
        """Replace the weights.

        Args:
            weights_: What `get_weights` gave, of this model or of one like it.

        Raises:
            ValueError: Their number, a shape or a value does not fit.
        """
        given = as_weights(weights_, self.require_architecture("set_weights()").weight_shapes)
        if self._network is not None:
            self._network.set_weights(given)
        else:
            self._weights = given

    # ── Training ─────────────────────────────────────────────────────────────────────────────────────────

    def compile(
        self,
        optimizer: str | Optimizer = "rmsprop",
        loss: str | Loss = "sparse_categorical_crossentropy",
        metrics: Sequence[str | TopKCategoricalAccuracy] = (),
        *,
        engine: str | None = None,
        fast: bool = True,
        device: str | None = None,
        precision: str | None = None,
        distributed: bool | None = None,
    ) -> None:
        """Say how the model is trained. What is trainable is what is trainable now.

        Args:
            optimizer: ``"sgd"``, ``"adam"``, ``"adamw"``, ``"rmsprop"``, or an object of `pyflux.optimizers`.
            loss: Name of a loss, or an object of `pyflux.losses`.
            metrics: ``"accuracy"``, ``"top_k_categorical_accuracy"``, or an object of `pyflux.metrics`.
            engine: Changes the engine; by default the one of the constructor.
            fast: Whether the Flux engine takes its own CPU kernels where it has some; False for stock Flux.
            device: Changes the device; by default the one of the constructor.
            precision: ``"float32"``, or on an NVIDIA GPU ``"tf32"``, where convolutions round what they
                multiply to 10 bits. A process has one or the other.
            distributed: Whether the processes that ``mpiexec -n N python …`` started train together, each on
                its share of every batch. All must make the same calls; what they know is the same, but
                `rank` 0 alone shows progress and saves.
        """
        made = compile_config.make(optimizer, loss, metrics, fast)
        if self._architecture is not None:
            made.check(self._architecture)
        self._use(engine, self._execution.changed(device, precision, distributed))
        self._compiled, self._optimizer_state = made, None
        if self._network is not None:
            self._network.compile(made.optimizer, made.loss, made.fast)

    def fit(
        self,
        x: ArrayLike,
        y: ArrayLike,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str | bool = "auto",
        callbacks: Sequence[Callback] | None = None,
        validation_split: float = 0.0,
        validation_data: tuple[ArrayLike, ArrayLike] | None = None,
        shuffle: bool = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: ArrayLike | None = None,
        initial_epoch: int = 0,
    ) -> History:
        """Train the model.

        Where the layers at the beginning are frozen and always do the same, what they give is computed once
        for all epochs.

        Args:
            x: Samples: ``(N, height, width)``, ``(N, height, width, channels)`` or one row each; uint8, which
                is scaled by 1/255 (but where the first layer is a `Rescaling`), or float.
            y: Labels ``(N,)``, whole numbers from 0; or for other losses what the outputs should be,
                ``(N, outputs)``.
            batch_size: Samples per step; 32 by default. The last batch of an epoch may be smaller.
            epochs: Number of the last epoch: with ``initial_epoch`` so many minus it are trained.
            verbose: 0 for silence, 1 for a bar, 2 for a line an epoch; ``"auto"`` decides by the terminal.
            callbacks: Objects of `pyflux.callbacks`.
            validation_split: Fraction in [0, 1) of the samples, taken from the end before shuffling, that is
                not trained on but measured after each epoch.
            validation_data: ``(x_val, y_val)`` to measure instead.
            shuffle: Whether each epoch takes the samples in a new order.
            class_weight: A factor from 0 for the loss of a class's samples, by class; 1 where none is given.
            sample_weight: A factor from 0 for each sample's loss, ``(N,)``.
            initial_epoch: Number of the first epoch, for a training that goes on.

        Returns:
            The numbers of every epoch; also kept as ``model.history``.
        """
        architecture, told = self.require_architecture("fit()"), self.require_compiled("fit()")
        epochs = validation.as_int("epochs", epochs)
        initial_epoch = validation.as_int("initial_epoch", initial_epoch, minimum=0)
        batch_size = validation.as_int("batch_size", 32 if batch_size is None else batch_size)
        data = trainer.labelled(architecture, told, x, y)
        data = trainer.weighted(data, sample_weight, class_weight, architecture.output_shape[0])
        train, val = self._validation(architecture, told, data, validation_split, validation_data)
        if self._execution.distributed:
            self.ensure_network()  # which process this is, and the seed of all
        progress = Progress(verbose if self.rank == 0 else 0, epochs)
        train, val = self._features(train, batch_size), val and self._features(val, batch_size)
        listeners = callbacks_for(self, callbacks)
        self.history, self.stop_training = History(), False
        for callback in listeners:
            callback.on_train_begin()
        try:
            for epoch in range(initial_epoch, epochs):
                self._fit_epoch(epoch, train, val, batch_size, shuffle, progress, listeners)
                if self.stop_training:
                    break
        finally:
            progress.close()
            self.ensure_network().release()
            self._give_backward()
        for callback in listeners:
            callback.on_train_end()
        return self.history

    def evaluate(
        self, x: ArrayLike, y: ArrayLike, batch_size: int | None = None, *, return_dict: bool = False
    ) -> float | list[float] | dict[str, float]:
        """Return the loss and the metrics on labelled samples.

        Args:
            x: Samples, as for `fit`.
            y: Labels, as for `fit`.
            batch_size: Samples computed at once; 256 by default.
            return_dict: Whether the numbers come as ``{"loss": …, "accuracy": …}``.

        Returns:
            ``[loss, accuracy]`` as in Keras, or the loss alone where no metrics were asked for.
        """
        architecture, told = self.require_architecture("evaluate()"), self.require_compiled("evaluate()")
        size = validation.as_int("batch_size", 256 if batch_size is None else batch_size)
        data = trainer.labelled(architecture, told, x, y)
        logs = trainer.measure(self.ensure_network(), data, size, told)
        self.ensure_network().release()
        if return_dict:
            return logs
        return list(logs.values()) if told.metrics else logs["loss"]

    def predict(self, x: ArrayLike, batch_size: int | None = None) -> Floats:
        """Return the network's outputs, ``(N, *output_shape)`` float32; after a softmax, probabilities.

        Args:
            x: Samples, as for `fit`.
            batch_size: Samples computed at once; 256 by default.
        """
        architecture = self.require_architecture("predict()")
        size = validation.as_int("batch_size", 256 if batch_size is None else batch_size)
        images = as_samples("x", x, architecture.input_shape)
        return self.ensure_network().predict(images, size)

    def versions(self) -> dict[str, str]:
        """Return the versions of what computes in the engine, such as those of Julia and Flux."""
        return self.ensure_network().versions()

    # ── Saving ───────────────────────────────────────────────────────────────────────────────────────────

    def save(self, path: str | os.PathLike[str]) -> None:
        """Save the network, its weights and how far its training is, as one safetensors file.

        `pyflux.load` makes the model again, and `fit` then goes on as if nothing had happened, on whichever
        device. Of several processes that train together the first writes the file.
        """
        if self.rank > 0:
            return
        saving.write(
            path,
            SavedModel(
                name=self.name,
                seed=self.seed,
                architecture=self.require_architecture("save()"),
                weights=self.get_weights(),
                epochs_trained=self._epochs_trained,
                compile_config=None if self._compiled is None else self._compiled.config(),
                optimizer_state=self._remembered(),
            ),
        )

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, engine: str = "flux", device: str = "auto") -> Sequential:
        """Return the model that `save` wrote.

        Args:
            path: The file.
            engine: Engine that the model is to use, whichever it was trained in.
            device: Device that it is to use, likewise.

        Raises:
            FileNotFoundError: There is no such file.
            SavedModelError: It is damaged, or was not written by `save`.
        """
        saved = saving.read(path)
        model = cls((), name=saved.name, seed=saved.seed, engine=engine, device=device)
        model._layers, model._architecture = list(saved.architecture.layers), saved.architecture
        model._weights, model._epochs_trained = saved.weights, saved.epochs_trained
        model._optimizer_state = saved.optimizer_state
        if saved.compile_config is not None:
            model._compiled = compile_config.from_config(saved.compile_config)
        return model

    def load_weights(self, path: str | os.PathLike[str]) -> None:
        """Take the weights from a file that `save` wrote for a network like this one.

        Raises:
            SavedModelError: The file is damaged, or of another network; the error names the first difference.
        """
        self.set_weights(saving.weights_for(path, self.require_architecture("load_weights()")))

    # ── Inside ───────────────────────────────────────────────────────────────────────────────────────────

    def require_architecture(self, caller: str) -> Architecture:
        """Return the architecture; the error says what ``caller`` needs where there is none yet."""
        if not self._layers:
            raise ValueError(f"{caller} needs a network with layers; add some with model.add(…)")
        if self._architecture is None:
            raise ValueError(
                f"{caller} needs the shape of the samples; give the first layer input_shape=(height, width, "
                f"channels), or put an Input before it"
            )
        return self._architecture

    def require_compiled(self, caller: str) -> CompileConfig:
        """Return what `compile` was given; the error says what ``caller`` needs if it was not called."""
        if self._compiled is None:
            raise ValueError(f"{caller} needs a compiled model; call model.compile(optimizer, loss) first")
        return self._compiled

    def _drawn(self) -> list[Floats]:
        """The weights while no engine has them."""
        if self._weights is not None:
            return self._weights
        drawn = self.require_architecture("weights").initial_weights([self.seed, 0])
        for model, place in self._models_inside():
            drawn[place] = model.get_weights()
        return drawn

    def _models_inside(self) -> list[tuple[Sequential, slice]]:
        """The models among the layers, and where their weights are among all weights."""
        found, start = [], 0
        shape = self.require_architecture("layers").input_shape
        for layer in self.layers:
            if isinstance(layer, Sequential):
                inner = layer.require_architecture("layers")
                count, shape = len(inner.weight_shapes), inner.output_shape
                found.append((layer, slice(start, start + count)))
            else:
                count, shape = len(layer.weight_shapes(shape)), layer.output_shape(shape)
            start += count
        return found

    def _give_backward(self) -> None:
        """Give the models among the layers the weights that they have now."""
        for model, place in self._models_inside():
            model.set_weights(self.get_weights()[place])

    def _steps(self) -> int:
        """How many steps training has taken."""
        if self._network is not None:
            return self._network.steps
        return self._optimizer_state.iterations if self._optimizer_state is not None else 0

    def ensure_network(self) -> Network:
        """The network in its engine, with all that it had before it got there."""
        if self._network is None:
            network = engines.build(
                self.engine, self.require_architecture("engine"), self._drawn(), self.seed, self._execution
            )
            self.seed = network.seed
            if self._compiled is not None:
                network.compile(self._compiled.optimizer, self._compiled.loss, self._compiled.fast)
            if self._optimizer_state is not None:
                network.set_optimizer_state(self._optimizer_state)
            self._network, self._weights, self._optimizer_state = network, None, None
        return self._network

    def _remembered(self) -> OptimizerState | None:
        if self._network is not None and self._compiled is not None:
            return self._network.optimizer_state()
        return self._optimizer_state

    def _use(self, engine: str | None, place: ExecutionConfig) -> None:
        if engine is None or validation.choice("engine", engine, engines.ENGINES) == self.engine:
            engine = self.engine
        engines.check(engine, place)
        if (engine, place) == (self.engine, self._execution):
            return
        if self._network is not None:
            self._weights, self._network = self._network.weights(), None
        self.engine, self._execution = engine, place

    def _validation(
        self,
        architecture: Architecture,
        told: CompileConfig,
        data: Data,
        fraction: float,
        given: tuple[ArrayLike, ArrayLike] | None,
    ) -> tuple[Data, Data | None]:
        """Return the data to train on and the data to measure on."""
        train, held = trainer.split(data, fraction)
        if given is None:
            return train, held
        if not isinstance(given, (tuple, list)) or len(given) != 2:
            raise TypeError("validation_data must be a pair (x_val, y_val)")
        names = ("validation_data[0]", "validation_data[1]")
        return data, trainer.labelled(architecture, told, given[0], given[1], names)

    def _features(self, data: Data, batch_size: int) -> Data:
        """The data as the frozen layers at the beginning give it, if they always give the same."""
        architecture = self.require_architecture("fit()")
        frozen = architecture.layers[: architecture.frozen]
        if not frozen or any(layer.random for layer in frozen):
            return data
        return data._replace(images=self.ensure_network().features(data.images, batch_size), features=True)

    def _fit_epoch(
        self,
        epoch: int,
        train: Data,
        val: Data | None,
        batch_size: int,
        shuffle: bool,
        progress: Progress,
        callbacks: Sequence[Callback],
    ) -> None:
        network, steps = self.ensure_network(), self._steps()
        for callback in callbacks:
            callback.on_epoch_begin(epoch)
        told, rate = self.require_compiled("fit()"), self.learning_rate  # a callback may have changed it
        progress.begin(epoch, len(train.images))
        start = time.perf_counter()
        order = self._order(len(train.images), shuffle)
        logs = trainer.train_epoch(network, train, order, batch_size, steps, told, progress)
        seconds = time.perf_counter() - start
        self._epochs_trained += 1
        if val is not None:
            measured = trainer.measure(network, val, batch_size, told)
            logs |= {f"val_{name}": value for name, value in measured.items()}
        progress.end(epoch, logs, seconds)
        assert self.history is not None
        self.history.add(epoch, logs, seconds)
        for callback in callbacks:
            callback.on_epoch_end(epoch, logs | {"learning_rate": rate})

    def _order(self, samples: int, shuffle: bool) -> NDArray[np.int64]:
        """The samples' order in the next epoch: a function of the seed and of how many went before."""
        if not shuffle:
            return np.arange(samples)
        return np.random.default_rng([self.seed, 1, self._epochs_trained]).permutation(samples)


def put_together(stack: Sequence[Layer | Sequential]) -> Architecture | None:
    """Return the network that layers and models make one after the other, if the input's shape is known."""
    plain = [layer for layer in stack if isinstance(layer, Layer) and not isinstance(layer, Input)]
    remaining = iter(unique_names(plain))
    shape: Shape | None = None
    flat: list[Layer] = []
    names: list[str] = []
    for i, layer in enumerate(stack):
        if isinstance(layer, Sequential):
            inner = layer.require_architecture("a model used as a layer")
            shape = inner.input_shape if i == 0 else shape
            flat += inner.layers
            names += [f"{layer.name}/{name}" for name in inner.names]
            continue
        shape = layer.input_shape if i == 0 else shape
        if not isinstance(layer, Input):
            flat.append(layer)
            names.append(next(remaining))
    return Architecture(tuple(flat), shape, tuple(names)) if shape is not None else None


def callbacks_for(model: Sequential, given: Sequence[Callback] | None) -> list[Callback]:
    """Return the callbacks, each told its model."""
    callbacks = list(given or ())
    for callback in callbacks:
        if not isinstance(callback, Callback):
            raise TypeError(f"callbacks must be objects of pyflux.callbacks, got {callback!r}")
        callback.set_model(model)
    return callbacks


def load(path: str | os.PathLike[str], *, engine: str = "flux", device: str = "auto") -> Sequential:
    """Return a saved model: `Sequential.load` by a shorter name."""
    return Sequential.load(path, engine=engine, device=device)
