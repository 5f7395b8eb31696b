"""All callbacks of a run, called one after the other."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator, Sequence
from typing import Any

from .backup_and_restore import BackupAndRestore
from .callback import Callback, Logs, Model
from .history import History


class CallbackList:
    """Calls the hooks of several callbacks.

    The order is that of the argument, but for those that need what the others did: `History` and
    `BackupAndRestore` come last.

    Args:
        callbacks: None, one callback, or a list of them.
        model: The model that runs.
        history: Whether to record a `History`, if there is none among the callbacks.
        epochs: Number of the last epoch, None if it is not known.
        steps: Batches an epoch.
        verbose: How much the run shows.
        validation: Whether there is a validation after some of the epochs.

    Attributes:
        history: The history, or None.

    Raises:
        TypeError: Something is not a callback.

    >>> CallbackList(Callback(), model=None, history=True)  # doctest: +ELLIPSIS
    CallbackList(Callback, History)
    """

    def __init__(
        self,
        callbacks: Callback | Sequence[Callback] | None = None,
        *,
        model: Model,
        history: bool = False,
        epochs: int | None = 1,
        steps: int | None = None,
        verbose: int = 0,
        validation: bool | None = None,
    ) -> None:
        given = as_list(callbacks)
        histories = [callback for callback in given if isinstance(callback, History)]
        if history and not histories:
            histories = [History()]
        backups = [callback for callback in given if isinstance(callback, BackupAndRestore)]
        others = [callback for callback in given if not isinstance(callback, BackupAndRestore | History)]
        self._callbacks = [*others, *histories, *backups]
        self.history = histories[0] if histories else None
        params = {"epochs": epochs, "steps": steps, "verbose": verbose, "validation": validation}
        for callback in self._callbacks:
            callback.set_model(model)
            callback.set_params(params)
            callback.set_callbacks(self._callbacks)

    def __iter__(self) -> Iterator[Callback]:
        return iter(self._callbacks)

    def __repr__(self) -> str:
        return f"CallbackList({', '.join(type(callback).__name__ for callback in self._callbacks)})"

    def every_batch(self, phase: str) -> bool:
        """Return whether a callback needs its hooks called for every single batch.

        Args:
            phase: ``"train"``, ``"test"`` or ``"predict"``.
        """
        return any(callback.every_batch(phase) for callback in self._callbacks)

    @property
    def initial_epoch(self) -> int | None:
        """The epoch that a callback wants training to begin with; known after `on_train_begin`."""
        return next((c.initial_epoch for c in self._callbacks if c.initial_epoch is not None), None)

    @property
    def initial_batch(self) -> int | None:
        """The first batch of that epoch; known after `on_train_begin`."""
        return next((c.initial_batch for c in self._callbacks if c.initial_batch is not None), None)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Call the hook of all callbacks."""
        self._call("on_train_begin", logs)

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Call the hook of all callbacks."""
        self._call("on_train_end", logs)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Call the hook of all callbacks."""
        self._call("on_epoch_begin", logs, epoch)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Call the hook of all callbacks."""
        self._call("on_epoch_end", logs, epoch)

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Call the hook of all callbacks."""
        self._call("on_train_batch_begin", logs, batch)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Call the hook of all callbacks."""
        self._call("on_train_batch_end", logs, batch)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Call the hook of all callbacks."""
        self._call("on_test_begin", logs)

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Call the hook of all callbacks."""
        self._call("on_test_end", logs)

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Call the hook of all callbacks."""
        self._call("on_test_batch_begin", logs, batch)

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Call the hook of all callbacks."""
        self._call("on_test_batch_end", logs, batch)

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Call the hook of all callbacks."""
        self._call("on_predict_begin", logs)

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """Call the hook of all callbacks."""
        self._call("on_predict_end", logs)

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Call the hook of all callbacks."""
        self._call("on_predict_batch_begin", logs, batch)

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Call the hook of all callbacks."""
        self._call("on_predict_batch_end", logs, batch)

    def _call(self, hook: str, logs: Logs | None, *number: int) -> None:
        shared: Logs = {} if logs is None else logs  # one dictionary for all of them
        for callback in self._callbacks:
            getattr(callback, hook)(*number, shared)


def as_list(callbacks: Any) -> list[Callback]:
    """Return callbacks as a list, refusing everything else.

    >>> as_list(None)
    []
    """
    if callbacks is None:
        return []
    given = list(callbacks) if isinstance(callbacks, CallbackList | list | tuple) else [callbacks]
    for callback in given:
        if not isinstance(callback, Callback):
            hint = f"; did you mean {callback.__name__}(…)?" if inspect.isclass(callback) else ""
            raise TypeError(f"callbacks must be objects of pyflux.callbacks, got {callback!r}{hint}")
    return given


def with_backup(callbacks: Any, folder: str | os.PathLike[str] | None) -> list[Callback]:
    """Return callbacks as a list, with one that saves the training's state in ``folder`` unless that is None.

    Raises:
        ValueError: There is a `BackupAndRestore` already.
    """
    given = as_list(callbacks)
    if folder is None:
        return given
    if any(isinstance(callback, BackupAndRestore) for callback in given):
        raise ValueError("checkpoint: there is a BackupAndRestore among the callbacks; give one of them")
    return [*given, BackupAndRestore(folder, keep=2, delete_checkpoint=False)]
