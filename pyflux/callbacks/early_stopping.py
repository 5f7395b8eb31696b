"""Stop training when a quantity no longer improves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._internal import validation
from .._internal.console import say
from .callback import Logs
from .monitor import MonitorCallback


class EarlyStopping(MonitorCallback):
    """Stops training when a quantity no longer improves.

    Args:
        monitor: Name of the quantity to watch.
        min_delta: Smallest change that counts as an improvement.
        patience: Number of epochs without improvement after which training stops, at least 0. Both 0 and 1
            stop at the first such epoch.
        verbose: 1 to print a line when it acts.
        mode: ``"min"`` if lower is better, ``"max"`` if higher is; ``"auto"`` asks the metric.
        baseline: Value to beat: only improvements beyond it restart the patience.
        restore_best_weights: Whether the model gets the weights of the best epoch at the end of training,
            stopped early or not. Weights that are not finite are never restored.
        start_from_epoch: Number of epochs at the beginning that are not looked at.

    Attributes:
        best: Best value so far, or None.
        best_epoch: Its epoch, from 0.
        stopped_epoch: Epoch after which training was stopped; 0 if it was not.
        wait: Epochs since the last improvement.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument is out of its range; in training, the quantity is not logged, or it is not
            known which values are better.

    >>> stop = EarlyStopping(patience=3, restore_best_weights=True)
    >>> stop.monitor
    'val_loss'
    >>> model.fit(x, y, epochs=100, validation_split=0.1, callbacks=[stop])  # doctest: +SKIP
    """

    best_weights: list[NDArray[np.float32]] | None
    wait: int

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, None, min_delta)
        self.patience = validation.as_int("patience", patience, minimum=0)
        self.verbose = verbose
        self.baseline = None if baseline is None else validation.as_float("baseline", baseline)
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = validation.as_int("start_from_epoch", start_from_epoch, minimum=0)
        self._reset()

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Start over, so that one object serves several trainings."""
        self._reset()
        self.check_monitor()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Compare with the best value so far, and stop training when the patience runs out."""
        value = self.value(logs)
        if value is None or epoch < self.start_from_epoch:
            return
        self.wait += 1
        improved = self.improved(value, self.best)
        if self.restore_best_weights and (improved or self.best_weights is None):
            weights = self.model.get_weights()
            if all(np.isfinite(w).all() for w in weights):
                self.best_weights, self.best_epoch = weights, epoch
            else:
                improved = False
        if improved:
            self.best, self.best_epoch = value, epoch
            if self.baseline is None or self.improved(value, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch, self.model.stop_training = epoch, True

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Restore the best weights, if that was asked for."""
        if self.stopped_epoch and self.speaks():
            say(f"Epoch {self.stopped_epoch + 1}: {self.monitor} no longer improves, training stopped")
        if self.restore_best_weights and self.best_weights is not None:
            self.model.set_weights(self.best_weights)
            if self.speaks():
                say(f"Restored the weights of the best epoch, {self.best_epoch + 1}")

    def get_state(self) -> dict[str, Any]:
        """Return the best value, its epoch and weights, and the patience used up."""
        names = ("best", "best_epoch", "wait", "stopped_epoch", "best_weights")
        return {name: getattr(self, name) for name in names}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Continue as after the epoch in which `get_state` was called."""
        for name in self.get_state():
            setattr(self, name, state[name])

    def _reset(self) -> None:
        self.best = self.best_weights = None
        self.best_epoch = self.stopped_epoch = self.wait = 0
