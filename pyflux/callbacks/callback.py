"""The base of all callbacks."""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

Logs = MutableMapping[str, Any]

# The hooks that are called around each batch, by what the model is doing.
BATCH_HOOKS = {
    "train": ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end"),
    "test": ("on_test_batch_begin", "on_test_batch_end"),
    "predict": ("on_predict_batch_begin", "on_predict_batch_end"),
}


class Model(Protocol):
    """The part of a model that callbacks use."""

    stop_training: bool
    learning_rate: float

    def get_weights(self) -> list[NDArray[np.float32]]:
        """Return copies of the weights."""

    def set_weights(self, weights: Sequence[ArrayLike], /) -> None:
        """Replace the weights."""

    def save(
        self,
        path: str | os.PathLike[str],
        /,
        *,
        metadata: Mapping[str, str] | None = None,
        arrays: Mapping[str, NDArray[Any]] | None = None,
    ) -> None:
        """Save the model as one file, atomically, with ``metadata`` in its header, and further arrays."""

    def save_weights(
        self, path: str | os.PathLike[str], /, *, metadata: Mapping[str, str] | None = None
    ) -> None:
        """Save the weights as one file, atomically, with ``metadata`` in its header."""

    def restore(self, path: str | os.PathLike[str], /) -> None:
        """Take over weights, optimizer state and progress of training from a file that `save` wrote."""


class Callback:
    """The base of all callbacks. Its hooks do nothing; a subclass overrides those it needs.

    ``epoch`` and ``batch`` count from 0. ``logs`` is a dictionary with the loss and metrics so far; at the
    end of an epoch it also has those of the validation, prefixed with ``val_``. All callbacks see the same
    dictionary, one after the other, and what they add to it is in the history too.

    A subclass with batch hooks makes the engine return to Python after every batch, which is slower.
    Otherwise an epoch is a few calls of the engine, and the batch hooks of the callbacks in this package are
    called after each of these, with the number of the last batch.

    Attributes:
        model: The model. ``model.stop_training = True`` ends training: after the current batch if it is set
            in a batch hook, otherwise after the epoch.
        params: ``epochs``, ``steps`` (batches an epoch) and ``verbose``.

    >>> class Shout(Callback):
    ...     def on_epoch_end(self, epoch, logs=None):
    ...         print(f"EPOCH {epoch + 1}: {logs['loss']:.2f}!")
    >>> Shout().on_epoch_end(0, {"loss": 0.5})
    EPOCH 1: 0.50!
    """

    model: Model
    params: Mapping[str, Any]

    # Set in `on_train_begin`: where training is to begin instead.
    initial_epoch: int | None = None
    initial_batch: int | None = None

    def set_model(self, model: Model) -> None:
        """Take the model that is about to run."""
        self.model = model

    def set_params(self, params: Mapping[str, Any]) -> None:
        """Take the parameters of the run: ``epochs``, ``steps`` and ``verbose``."""
        self.params = params

    def set_callbacks(self, callbacks: Sequence[Callback]) -> None:
        """Take all callbacks of the run, of which this is one."""

    def every_batch(self, phase: str) -> bool:
        """Return whether the hooks must be called for every single batch.

        Args:
            phase: ``"train"``, ``"test"`` or ``"predict"``.

        >>> Callback().every_batch("train")
        False
        >>> class Batches(Callback):
        ...     def on_train_batch_end(self, batch, logs=None):
        ...         print(batch)
        >>> Batches().every_batch("train")
        True
        """
        return any(
            name in vars(self) or getattr(type(self), name) is not getattr(Callback, name)
            for name in BATCH_HOOKS[phase]
        )

    def is_leader(self) -> bool:
        """Return whether this process prints and writes files: the first of those that train together."""
        return int(getattr(getattr(self, "model", None), "rank", 0)) == 0

    def speaks(self) -> bool:
        """Return whether this callback prints what it does, by its ``verbose`` and the process."""
        return bool(getattr(self, "verbose", 0)) and self.is_leader()

    def get_state(self) -> dict[str, Any]:
        """Return what a resumed training needs: plain data, and arrays anywhere in it."""
        return {}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take over what `get_state` returned in the training that is resumed."""

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Called at the beginning of training."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Called at the end of training, also after an early stop, but not after an error.

        ``logs`` is that of the last epoch.
        """

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Called at the beginning of an epoch."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Called at the end of an epoch, after the validation."""

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Called before a training batch."""
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Called after a training batch. ``logs`` has the means over the epoch so far."""
        self.on_batch_end(batch, logs)

    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Another name of `on_train_batch_begin`."""

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Another name of `on_train_batch_end`."""

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Called at the beginning of an evaluation, also of the validation in training."""

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Called at the end of an evaluation."""

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Called before a batch of an evaluation."""

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Called after a batch of an evaluation."""

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Called at the beginning of a prediction."""

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """Called at the end of a prediction."""

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Called before a batch of a prediction."""

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Called after a batch of a prediction. ``logs["outputs"]`` are its predictions."""
