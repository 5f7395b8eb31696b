"""`Model`: compiled, trained, evaluated, asked and saved."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._internal import validation
from ..architecture import Architecture
from ..callbacks import Callback, CallbackList, History, with_backup
from ..inputs import Batches, Floats, as_samples, is_batched
from ..layers import KerasTensor
from ..layers.symbolic import as_tensors
from ..losses import Loss
from ..optimizers import Optimizer
from . import compile_config
from .compile_config import CompileConfig, MetricLike
from .data_sources import DataSources
from .evaluator import EpochMeans, Evaluator
from .inspectable import InspectableModel
from .progress import Progress, TaskProgress
from .sources import Source
from .time_limit import TimeLimit
from .trainer import Trainer, Validation

Verbose = int | str | bool


class Model(InspectableModel):
    """A network that can be trained: the base of `Sequential` and `Functional`.

    ``Model(inputs, outputs)`` makes a `Functional`, as in Keras.
    """

    def __new__(cls, *arguments: Any, **options: Any) -> Any:
        """Make a `Functional` where `Model` itself is called, as in Keras."""
        if cls is not Model:
            return super().__new__(cls)
        from .functional import Functional

        return super().__new__(Functional)

    @classmethod
    def _of(cls, architecture: Architecture, **options: Any) -> Any:
        from .functional import Functional

        return Functional._of(architecture, **options)

    # ── Training ─────────────────────────────────────────────────────────────────────────────────────────

    def compile(
        self,
        optimizer: str | Optimizer = "rmsprop",
        loss: str | Loss = "sparse_categorical_crossentropy",
        metrics: Sequence[MetricLike] | MetricLike | None = None,
        *,
        engine: str | None = None,
        fast: bool = True,
        device: str | None = None,
        precision: str | None = None,
        distributed: bool | None = None,
    ) -> None:
        """Configure training. `trainable` flags are read here; compile again after changing them.

        Args:
            optimizer: ``"sgd"``, ``"adam"``, …, or an object of `pyflux.optimizers`.
            loss: Name of a loss, or an object of `pyflux.losses`.
            metrics: Names such as ``"accuracy"``, objects of `pyflux.metrics`, or functions
                ``f(y_true, y_pred)`` of NumPy arrays.
            engine: Changes the engine; by default the one of the constructor.
            fast: Whether the Flux engine uses its own CPU kernels where it has some; False for stock Flux.
            device: Changes the device; by default the one of the constructor.
            precision: ``"float32"``, or on an NVIDIA GPU ``"tf32"``, where convolutions round their inputs to
                10 bits of mantissa. It holds for the whole process.
            distributed: Whether the processes that ``mpiexec -n N python …`` started train together, each on
                its share of every batch. All must make the same calls; `rank` 0 alone shows progress and
                saves.

        Raises:
            TypeError, ValueError: An argument is invalid, or does not fit the network.
        """
        config = compile_config.make(optimizer, loss, metrics, fast)
        if self._architecture is not None:
            config = config.check(self._architecture)
        self._use(engine, self._execution.changed(device, precision, distributed))
        self._compile_config, self._optimizer_state = config, None
        if self._session is not None:
            self._session.push()
            self._session.compile(config)

    def fit(
        self,
        x: Any,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Verbose = "auto",
        callbacks: Sequence[Callback] | Callback | None = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: ArrayLike | None = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int = 1,
        *,
        seconds: float | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> History:
        """Train the model.

        Where the layers at the beginning are frozen and not random, their output is computed once for all
        epochs.

        Args:
            x: Samples: ``(N, height, width)``, ``(N, height, width, channels)`` or one row each; uint8, which
                is scaled by 1/255 unless the network has a `Rescaling`, or float. Or a generator, a
                ``Sequence`` or a data loader of batches ``(x, y)`` or ``(x, y, sample_weight)``.
            y: Labels ``(N,)``, whole numbers from 0; or for other losses what the outputs should be,
                ``(N, outputs)``.
            batch_size: Samples per step; 32 by default. The last batch of an epoch may be smaller.
            epochs: Number of the last epoch: training runs from ``initial_epoch`` up to it.
            verbose: 0 for silence, 1 for a bar, 2 for a line an epoch; ``"auto"`` decides by the terminal.
            callbacks: An object of `pyflux.callbacks`, or several.
            validation_split: Fraction in [0, 1) of the samples, from the end before shuffling, that is not
                trained on but evaluated after each epoch.
            validation_data: ``(x_val, y_val)`` or ``(x_val, y_val, sample_weight)`` to evaluate instead.
            shuffle: Whether each epoch takes the samples in a new order.
            class_weight: A factor from 0 for the loss of a class's samples, by class; 1 where none is given.
                It does not count in validation.
            sample_weight: A factor from 0 for each sample's loss, ``(N,)``.
            initial_epoch: Number of the first epoch, to continue a training.
            steps_per_epoch: Batches per epoch; by default all.
            validation_steps: Batches of the validation data that are evaluated; by default all.
            validation_batch_size: Samples computed at once in validation; ``batch_size`` by default.
            validation_freq: Validate after every so many epochs.
            seconds: Train for this time, in the place of ``epochs``: as many epochs as the measured speed
                allows, the last one cut short, and ended by a validation if there are data for one. The start
                of Julia does not count, compilation does. A constant learning rate becomes the highest of one
                cycle over the whole time, see `pyflux.optimizers.schedules.OneCycle`; a ``OneCycle`` keeps
                its shape, and other schedules are followed step by step. Such a training is not reproducible.
            checkpoint: A folder of this training's own. Its state is saved there after each epoch, and the
                same call continues from there after an interruption. The files stay when training ends; for
                other settings put a `BackupAndRestore` among the callbacks.

        Returns:
            The numbers of every epoch; also kept as ``model.history``.

        Raises:
            TypeError, ValueError: An argument is invalid; the error names it.
            EngineUnavailable: Julia cannot be started, or there is no such device.
        """
        self.training_record = None
        last = validation.as_int("epochs", epochs) if seconds is None else None
        initial_epoch = validation.as_int("initial_epoch", initial_epoch, minimum=0)
        size = validation.as_int("batch_size", 32 if batch_size is None else batch_size)
        val_size = size if validation_batch_size is None else validation_batch_size
        val_size = validation.as_int("validation_batch_size", val_size)
        frequency = validation.as_int("validation_freq", validation_freq)
        steps, val_steps = (
            _steps("steps_per_epoch", steps_per_epoch),
            _steps("validation_steps", validation_steps),
        )
        sources = DataSources(self)
        source, held_out = sources.training(
            x, y, sample_weight, class_weight, validation_split, size, shuffle, steps
        )
        val = sources.validation(validation_data, held_out, val_size, val_steps)
        progress = Progress(verbose if self.rank == 0 else 0, last)
        validated = None if val is None else Validation(val, frequency)
        listeners = CallbackList(
            [*with_backup(callbacks, checkpoint), EpochMeans()],
            model=self,
            history=True,
            epochs=last,
            steps=source.steps,
            verbose=progress.verbose,
            validation=validated is not None,
        )
        limit = None if seconds is None else self._time_limit(seconds, epochs, size, val, checkpoint)
        return Trainer(self, listeners, progress, limit).fit(source, validated, last, initial_epoch)

    def evaluate(
        self,
        x: Any,
        y: Any = None,
        batch_size: int | None = None,
        verbose: Verbose = "auto",
        sample_weight: ArrayLike | None = None,
        steps: int | None = None,
        callbacks: Sequence[Callback] | Callback | None = None,
        return_dict: bool = False,
    ) -> float | list[float] | dict[str, float]:
        """Return the loss and the metrics on labelled samples.

        Args:
            x: Samples, as for `fit`.
            y: Labels, as for `fit`.
            batch_size: Samples computed at once; 256 by default.
            verbose: 0 for silence, 1 for a bar, 2 for a line; ``"auto"`` for a bar on a terminal or in a
                notebook, once it takes longer than half a second.
            sample_weight: A factor from 0 for each sample's loss, ``(N,)``.
            steps: Batches that are evaluated; by default all.
            callbacks: An object of `pyflux.callbacks`, or several.
            return_dict: Whether the numbers come as ``{"loss": …, "accuracy": …}``.

        Returns:
            ``[loss, accuracy]`` as in Keras, or the loss alone where no metrics were asked for.
        """
        size = validation.as_int("batch_size", 256 if batch_size is None else batch_size)
        _, config = self.ready_to_train("evaluate()", x)
        sources = DataSources(self)
        source = sources.evaluation(x, y, sample_weight, size, _steps("steps", steps), ("x", "y"))
        if self.distributed:
            self.session()  # which process this is
        try:
            with TaskProgress(verbose if self.rank == 0 else 0, "Evaluate", source.samples) as progress:
                listeners = CallbackList(callbacks, model=self, steps=source.steps, verbose=progress.verbose)
                alone = not self.distributed
                logs = Evaluator(self, listeners, progress, alone=alone).evaluate(source)
                progress.end(logs)
        finally:
            self.session().network.release()
        if return_dict:
            return logs
        return list(logs.values()) if config.metrics else logs["loss"]

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: Verbose = "auto",
        steps: int | None = None,
        callbacks: Sequence[Callback] | Callback | None = None,
    ) -> Floats:
        """Return the network's outputs, ``(N, *output_shape)`` float32; after a softmax, probabilities.

        Args:
            x: Samples, as for `fit`.
            batch_size: Samples computed at once; 256 by default.
            verbose: As for `evaluate`.
            steps: Batches that are computed; by default all.
            callbacks: An object of `pyflux.callbacks`, or several.
        """
        size = validation.as_int("batch_size", 256 if batch_size is None else batch_size)
        if self._architecture is None:
            self.build_for(x)
        architecture = self.require_architecture("predict()")
        if is_batched(x):
            parts = Batches(x, None, _steps("steps", steps))
            return np.concatenate([self.predict(batch.x, batch_size, 0, None, callbacks) for batch in parts])
        images = as_samples("x", x, architecture.input_shape, scales_bytes=architecture.scales_bytes)
        if steps is not None:
            images = images[: validation.as_int("steps", steps) * size]
        network = self.session().push()
        if callbacks is None and (verbose == 0 or (verbose == "auto" and len(images) <= size)):
            return network.predict(images, size)  # the way of a few samples: no bar, no hooks
        with TaskProgress(verbose if self.rank == 0 else 0, "Predict", len(images)) as progress:
            listeners = CallbackList(callbacks, model=self, verbose=progress.verbose)
            alone = not self.distributed
            outputs = Evaluator(self, listeners, progress, alone=alone).predict(images, size)
            progress.end()
        return outputs

    def __call__(self, x: Any) -> Any:
        """Use the model as a layer, or return the outputs for a few samples, as `predict` does.

        Args:
            x: An `Input` or what a layer gave, for a symbolic tensor; or samples.
        """
        tensors = as_tensors(x)
        if tensors is None:
            return self.predict(x, verbose=0)
        architecture = self.require_architecture("a model used as a layer")
        if len(tensors) != 1 or tensors[0].sample_shape != architecture.input_shape:
            raise ValueError(
                f"{self.name} must be called on one tensor of shape {self.input_shape}, got "
                f"{[tensor.shape for tensor in tensors]}"
            )
        return KerasTensor(architecture.output_shape, self, tensors)

    def versions(self) -> dict[str, str]:
        """Return the versions of what computes in the engine, such as those of Julia and Flux."""
        return self.session().network.versions()

    # ── Inside ───────────────────────────────────────────────────────────────────────────────────────────

    def build_for(self, x: Any) -> None:
        """Build a network whose input's shape is not known yet for such samples."""

    def changed_by_training(self) -> list[int]:
        """Return the indices of the weights that a training step changes."""
        return [
            i
            for i, weight in enumerate(self.architecture.weights)
            if weight.trainable or (weight.layer.trainable and weight.weight.startswith("moving_"))
        ]

    def ready_to_train(self, caller: str, x: Any) -> tuple[Architecture, CompileConfig]:
        """Return the network and how it is compiled, after building it for ``x`` if need be."""
        config = self.require_compiled(caller)
        if self._architecture is None:
            self.build_for(x)
        architecture = self.require_architecture(caller)
        if config.trainable is None:
            self._compile_config = config = config.check(architecture)
        config.check_trainable(architecture)
        return architecture, config

    def _time_limit(
        self, seconds: float, epochs: int, batch_size: int, held_out: Source | None, checkpoint: object
    ) -> TimeLimit:
        if epochs != 1:
            raise ValueError(f"epochs and seconds: give one of them, got epochs={epochs}, seconds={seconds}")
        if checkpoint is not None:
            raise ValueError("seconds and checkpoint: give one of them; a time limit cannot be resumed")
        if self.distributed:
            raise ValueError("seconds: several processes train the same batches; give epochs in its place")
        samples = held_out.samples if held_out is not None else None
        return TimeLimit(validation.as_float("seconds", seconds, above=0), (samples or 0) / batch_size)


def _steps(argument: str, value: int | None) -> int | None:
    return None if value is None else validation.as_int(argument, value)
