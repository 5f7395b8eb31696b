"""The losses and metrics of a training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .._internal import html
from .._internal.text import number
from .callback import Callback, Logs, Model


class History(Callback):
    """Records the logs of every epoch. `fit` returns one.

    Attributes:
        history: For each logged quantity, such as ``loss``, ``accuracy``, ``val_loss`` and ``val_accuracy``,
            a list with one value an epoch. ``loss`` and ``accuracy`` are means over the epoch while the
            weights change; the ``val_`` quantities are computed after it.
        epoch: Numbers of the epochs, from ``initial_epoch``.
        logged: For each of the quantities the numbers of the epochs that its values are of: not all, where
            ``fit`` was given a ``validation_freq``.
        seconds: Training time of each epoch in seconds, without validation.

    >>> history = History()
    >>> history.on_train_begin()
    >>> history.on_epoch_end(0, {"loss": 0.5})
    >>> history.history, history.epoch
    ({'loss': [0.5]}, [0])
    """

    def __init__(self) -> None:
        self.history: dict[str, list[Any]] = {}
        self.epoch: list[int] = []
        self.logged: dict[str, list[int]] = {}
        self.seconds: list[float] = []

    def __repr__(self) -> str:
        return f"<History epochs={len(self.epoch)} {', '.join(self.history)}>"

    def _repr_html_(self) -> str:
        """Return the numbers as notebooks show them."""
        head, *rows = self.table()
        return html.table(head, html.shortened(rows), caption=f"{len(rows)} epochs")

    def table(self) -> list[list[str]]:
        """Return the numbers as text: a row of headings, and a row for each epoch.

        >>> history = History()
        >>> history.on_epoch_end(0, {"loss": 0.5})
        >>> history.table()
        [['epoch', 'loss'], ['1', '0.5000']]
        """
        rows = [["epoch", *self.history]]
        values = [
            dict(zip(self.logged.get(name, self.epoch), numbers, strict=False))
            for name, numbers in self.history.items()
        ]
        for epoch in self.epoch:
            found = (each.get(epoch) for each in values)
            rows.append([str(epoch + 1), *("" if v is None else number(float(np.mean(v))) for v in found)])
        return rows

    def set_model(self, model: Model) -> None:
        """Do nothing: a history outlives its model, and can be pickled without it."""

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Start over."""
        self.history, self.epoch, self.logged, self.seconds = {}, [], {}, []

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Append the logs of an epoch."""
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
            self.logged.setdefault(name, []).append(epoch)

    def get_state(self) -> dict[str, Any]:
        """Return the numbers of all epochs."""
        return {
            "history": self.history,
            "epoch": self.epoch,
            "logged": self.logged,
            "seconds": self.seconds,
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Continue after the epochs of `get_state`."""
        self.history = {name: list(values) for name, values in state["history"].items()}
        self.logged = {name: list(epochs) for name, epochs in state.get("logged", {}).items()}
        self.epoch, self.seconds = list(state["epoch"]), list(state["seconds"])
