"""`Sequential`: a network that is described, trained, asked and saved."""

from __future__ import annotations

import math
import os
import secrets
import time
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import checks, engines, losses, optimizers, saving, summary, weights
from .architecture import Architecture, find_input_shape
from .arrays import Floats, Images, Labels, as_labels, as_samples
from .engines import Network, OptimizerState, Totals
from .history import History
from .layers import Layer, Shape
from .losses import SparseCategoricalCrossentropy
from .optimizers import Adam
from .progress import Progress
from .saving import Compiled, SavedModel

Data = tuple[Images, Labels]

METRICS = {"accuracy": "accuracy", "acc": "accuracy"}

# An epoch is this many calls of the engine or more: between two of them the bar moves and Ctrl-C acts.
STRETCHES = 20


class Sequential:
    """A stack of layers, described as in Keras and trained in Flux.

    Args:
        layers: The layers, first to last; more can be added with `add`.
        name: Name in the summary and in the saved file.
        seed: Whole number from 0 that fixes the initial weights and the order of samples: the same seed gives
            the same model, bit for bit on one machine with one number of threads. By default drawn anew.
        engine: ``"flux"``, or ``"reference"`` for the same networks in NumPy without Julia.

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
        layers: Iterable[Layer] = (),
        *,
        name: str = "sequential",
        seed: int | None = None,
        engine: str = "flux",
    ) -> None:
        self.name = name
        self.seed = secrets.randbits(64) if seed is None else checks.whole("seed", seed, least=0)
        self.engine = checks.choice("engine", engine, engines.ENGINES)
        self.history: History | None = None
        self._layers: list[Layer] = []
        self._architecture: Architecture | None = None
        self._weights: list[Floats] | None = None  # until an engine has them
        self._network: Network | None = None
        self._compiled: Compiled | None = None
        self._optimizer_state: OptimizerState | None = None  # until an engine has it
        self._epochs_trained = 0
        for layer in layers:
            self.add(layer)

    # ── What it is ───────────────────────────────────────────────────────────────────────────────────────

    def add(self, layer: Layer) -> None:
        """Put a layer on top.

        Raises:
            TypeError: It is no layer.
            ValueError: It does not fit on what is there, or the model has weights already.
        """
        if not isinstance(layer, Layer):
            hint = f"; did you mean {layer.__name__}(…)?" if isinstance(layer, type) else ""
            raise TypeError(f"layer must be a layer from pyflux.layers, got {layer!r}{hint}")
        if self._weights is not None or self._network is not None:
            raise ValueError("layers cannot be added to a model that has its weights; make a new Sequential")
        stack = [*self._layers, layer]
        shape = find_input_shape(stack)
        self._architecture = Architecture(tuple(stack), shape) if shape else None
        self._layers = stack

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers, first to last, named."""
        return self._architecture.layers if self._architecture else tuple(self._layers)

    @property
    def input_shape(self) -> tuple[None, *Shape]:
        """Shape of what goes in; None stands for any number of samples."""
        return (None, *self._built("input_shape").input_shape)

    @property
    def output_shape(self) -> tuple[None, *Shape]:
        """Shape of what `predict` gives; None stands for any number of samples."""
        return (None, *self._built("output_shape").output_shape)

    def summary(self, print_fn: Callable[[str], object] = print) -> None:
        """Print the layers with their output shapes and parameter counts."""
        print_fn(summary.table(self.name, self._built("summary()")))

    def count_params(self) -> int:
        """Return the number of trainable values."""
        return sum(map(math.prod, self._built("count_params()").weight_shapes.values()))

    def get_weights(self) -> list[Floats]:
        """Return copies of the weights, layer by layer kernel and bias, in Keras's layout."""
        self._built("get_weights()")
        return self._network.weights() if self._network else [w.copy() for w in self._drawn()]

    def set_weights(self, weights_: Sequence[ArrayLike]) -> None:
        """Replace the weights.

        Args:
            weights_: What `get_weights` gave, of this model or of one like it.

        Raises:
            ValueError: Their number, a shape or a value does not fit.
        """
        given = weights.check(weights_, self._built("set_weights()").weight_shapes)
        if self._network is not None:
            self._network.set_weights(given)
        else:
            self._weights = given

    # ── Training ─────────────────────────────────────────────────────────────────────────────────────────

    def compile(
        self,
        optimizer: str | Adam = "adam",
        loss: str | SparseCategoricalCrossentropy = "sparse_categorical_crossentropy",
        metrics: Sequence[str] = (),
        *,
        engine: str | None = None,
    ) -> None:
        """Say how the model is trained.

        Args:
            optimizer: ``"adam"`` or an object from `pyflux.optimizers`.
            loss: ``"sparse_categorical_crossentropy"`` or an object from `pyflux.losses`.
            metrics: ``["accuracy"]`` or nothing.
            engine: Changes the engine; by default the one of the constructor.
        """
        if isinstance(metrics, str):
            raise TypeError(f"metrics must be a list, got {metrics!r}; write metrics=[{metrics!r}]")
        names = tuple(METRICS[checks.choice("metrics", m, METRICS)] for m in metrics)
        compiled = Compiled(optimizers.get(optimizer), losses.get(loss), names)
        if self._architecture is not None:
            compiled.loss.check(self._architecture)
        self._use_engine(engine)
        self._compiled, self._optimizer_state = compiled, None
        if self._network is not None:
            self._network.compile(compiled.optimizer, compiled.loss)

    def fit(
        self,
        x: ArrayLike,
        y: ArrayLike,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str | bool = "auto",
        validation_split: float = 0.0,
        validation_data: tuple[ArrayLike, ArrayLike] | None = None,
        shuffle: bool = True,
        initial_epoch: int = 0,
    ) -> History:
        """Train the model.

        Args:
            x: Samples: ``(N, height, width)``, ``(N, height, width, channels)`` or one row each; uint8, which
                is scaled by 1/255, or float.
            y: Labels ``(N,)``, whole numbers from 0.
            batch_size: Samples per step; 32 by default. The last batch of an epoch may be smaller.
            epochs: Number of the last epoch: with ``initial_epoch`` so many minus it are trained.
            verbose: 0 for silence, 1 for a bar, 2 for a line an epoch; ``"auto"`` decides by the terminal.
            validation_split: Fraction in [0, 1) of the samples, taken from the end before shuffling, that is
                not trained on but measured after each epoch.
            validation_data: ``(x_val, y_val)`` to measure instead.
            shuffle: Whether each epoch takes the samples in a new order.
            initial_epoch: Number of the first epoch, for a training that goes on.

        Returns:
            The numbers of every epoch; also kept as ``model.history``.
        """
        architecture, compiled = self._built("fit()"), self._ready("fit()")
        epochs = checks.whole("epochs", epochs)
        initial_epoch = checks.whole("initial_epoch", initial_epoch, least=0)
        batch_size = checks.whole("batch_size", 32 if batch_size is None else batch_size)
        train, val = self._training_data(architecture, x, y, validation_split, validation_data)
        network = self._running()
        progress = Progress(verbose, epochs)
        self.history = History()
        for epoch in range(initial_epoch, epochs):
            progress.begin(epoch, len(train[0]))
            try:
                start = time.perf_counter()
                logs = self._epoch(network, train, batch_size, shuffle, progress)
                seconds = time.perf_counter() - start
            finally:
                progress.close()
            self._epochs_trained += 1
            if val is not None:
                logs |= means(network.evaluate(*val, batch_size), compiled.metrics, "val_")
            progress.end(epoch, logs, seconds)
            self.history.add(epoch, logs, seconds)
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
        architecture, compiled = self._built("evaluate()"), self._ready("evaluate()")
        size = checks.whole("batch_size", 256 if batch_size is None else batch_size)
        images, labels = self._labelled(architecture, "x", x, "y", y)
        logs = means(self._running().evaluate(images, labels, size), compiled.metrics)
        if return_dict:
            return logs
        return list(logs.values()) if compiled.metrics else logs["loss"]

    def predict(self, x: ArrayLike, batch_size: int | None = None) -> Floats:
        """Return the network's outputs, ``(N, *output_shape)`` float32; after a softmax, probabilities.

        Args:
            x: Samples, as for `fit`.
            batch_size: Samples computed at once; 256 by default.
        """
        architecture = self._built("predict()")
        size = checks.whole("batch_size", 256 if batch_size is None else batch_size)
        images = as_samples("x", x, architecture.input_shape)
        return self._running().predict(images, size)

    def versions(self) -> dict[str, str]:
        """Return the versions of what computes in the engine, such as those of Julia and Flux."""
        return self._running().versions()

    # ── Saving ───────────────────────────────────────────────────────────────────────────────────────────

    def save(self, path: str | os.PathLike[str]) -> None:
        """Save the network, its weights and how far its training is, as one safetensors file.

        `pyflux.load` makes the model again, and `fit` then goes on as if nothing had happened.
        """
        saving.write(
            path,
            SavedModel(
                name=self.name,
                seed=self.seed,
                architecture=self._built("save()"),
                weights=self.get_weights(),
                epochs_trained=self._epochs_trained,
                compiled=self._compiled,
                optimizer_state=self._remembered(),
            ),
        )

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, engine: str = "flux") -> Sequential:
        """Return the model that `save` wrote.

        Args:
            path: The file.
            engine: Engine that the model is to use, whichever it was trained in.

        Raises:
            FileNotFoundError: There is no such file.
            SavedModelError: It is damaged, or was not written by `save`.
        """
        saved = saving.read(path)
        model = cls((), name=saved.name, seed=saved.seed, engine=engine)
        model._layers, model._architecture = list(saved.architecture.layers), saved.architecture
        model._weights, model._epochs_trained = saved.weights, saved.epochs_trained
        model._compiled, model._optimizer_state = saved.compiled, saved.optimizer_state
        return model

    def load_weights(self, path: str | os.PathLike[str]) -> None:
        """Take the weights from a file that `save` wrote for a network like this one.

        Raises:
            SavedModelError: The file is damaged, or of another network; the error names the first difference.
        """
        self.set_weights(saving.weights_for(path, self._built("load_weights()")))

    # ── Inside ───────────────────────────────────────────────────────────────────────────────────────────

    def _built(self, caller: str) -> Architecture:
        if not self._layers:
            raise ValueError(f"{caller} needs a network with layers; add some with model.add(…)")
        if self._architecture is None:
            raise ValueError(
                f"{caller} needs the shape of the samples; give the first layer input_shape=(height, width, "
                f"channels), or put an Input before it"
            )
        return self._architecture

    def _ready(self, caller: str) -> Compiled:
        if self._compiled is None:
            raise ValueError(f"{caller} needs a compiled model; call model.compile(optimizer, loss) first")
        return self._compiled

    def _drawn(self) -> list[Floats]:
        """The weights while no engine has them."""
        if self._weights is None:
            return weights.initial(self._built("weights"), [self.seed, 0])
        return self._weights

    def _running(self) -> Network:
        """The network in its engine, with all that it had before it got there."""
        if self._network is None:
            network = engines.build(self.engine, self._built("engine"), self._drawn())
            if self._compiled is not None:
                network.compile(self._compiled.optimizer, self._compiled.loss)
            if self._optimizer_state is not None:
                network.set_optimizer_state(self._optimizer_state)
            self._network, self._weights, self._optimizer_state = network, None, None
        return self._network

    def _remembered(self) -> OptimizerState | None:
        if self._network is not None and self._compiled is not None:
            return self._network.optimizer_state()
        return self._optimizer_state

    def _use_engine(self, engine: str | None) -> None:
        if engine is None or checks.choice("engine", engine, engines.ENGINES) == self.engine:
            return
        if self._network is not None:
            self._weights, self._network = self._network.weights(), None
        self.engine = engine

    def _labelled(
        self, architecture: Architecture, x_name: str, x: ArrayLike, y_name: str, y: ArrayLike
    ) -> Data:
        images = as_samples(x_name, x, architecture.input_shape)
        return images, as_labels(y_name, y, architecture.output_shape[0], len(images), x_name)

    def _training_data(
        self,
        architecture: Architecture,
        x: ArrayLike,
        y: ArrayLike,
        split: float,
        validation: tuple[ArrayLike, ArrayLike] | None,
    ) -> tuple[Data, Data | None]:
        """Return the data to train on and the data to measure on, checked."""
        if not 0 <= checks.real("validation_split", split) < 1:
            raise ValueError(f"validation_split must be in [0, 1), got {split}")
        images, labels = self._labelled(architecture, "x", x, "y", y)
        if validation is not None:
            if not isinstance(validation, (tuple, list)) or len(validation) != 2:
                raise TypeError("validation_data must be a pair (x_val, y_val)")
            names = ("validation_data[0]", "validation_data[1]")
            return (images, labels), self._labelled(
                architecture, names[0], validation[0], names[1], validation[1]
            )
        held = int(len(images) * split)
        if split and not held:
            raise ValueError(
                f"validation_split={split} of {len(images)} samples is none at all; give a larger fraction "
                f"or more samples"
            )
        cut = len(images) - held
        return (images[:cut], labels[:cut]), (images[cut:], labels[cut:]) if held else None

    def _epoch(
        self, network: Network, data: Data, batch_size: int, shuffle: bool, progress: Progress
    ) -> dict[str, float]:
        """Train one epoch, in stretches of whole batches, and return its means."""
        order = self._order(len(data[0]), shuffle)
        batches = -(-len(order) // batch_size)
        stretch = -(-batches // STRETCHES) * batch_size
        metrics = self._ready("fit()").metrics
        total = Totals(0.0, 0, 0)
        for start in range(0, len(order), stretch):
            done = network.train(*data, order[start : start + stretch], batch_size)
            total = Totals(total.loss + done.loss, total.correct + done.correct, total.samples + done.samples)
            progress.advance(done.samples, means(total, metrics))
        return means(total, metrics)

    def _order(self, samples: int, shuffle: bool) -> NDArray[np.int64]:
        """The samples' order in the next epoch: a function of the seed and of how many went before."""
        if not shuffle:
            return np.arange(samples)
        return np.random.default_rng([self.seed, 1, self._epochs_trained]).permutation(samples)


def means(totals: Totals, metrics: Sequence[str], prefix: str = "") -> dict[str, float]:
    """Return the mean loss, and the accuracy if it was asked for.

    >>> means(Totals(loss=3.0, correct=1, samples=2), ["accuracy"], "val_")
    {'val_loss': 1.5, 'val_accuracy': 0.5}
    """
    logs = {f"{prefix}loss": totals.loss / totals.samples}
    if "accuracy" in metrics:
        logs[f"{prefix}accuracy"] = totals.correct / totals.samples
    return logs


def load(path: str | os.PathLike[str], *, engine: str = "flux") -> Sequential:
    """Return a saved model: `Sequential.load` by a shorter name."""
    return Sequential.load(path, engine=engine)
