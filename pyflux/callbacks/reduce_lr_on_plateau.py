"""Reduce the learning rate when a quantity no longer improves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._internal import validation
from .._internal.console import say
from .callback import Logs
from .monitor import MonitorCallback


class ReduceLROnPlateau(MonitorCallback):
    """Reduces the learning rate when a quantity no longer improves.

    It adds ``learning_rate``, that of the epoch, to the logs.

    Args:
        monitor: Name of the quantity to watch.
        factor: What the learning rate is multiplied by, greater than 0 and less than 1.
        patience: Number of epochs without improvement after which it is reduced, at least 0.
        verbose: 1 to print a line when it acts.
        mode: ``"min"`` if lower is better, ``"max"`` if higher is; ``"auto"`` asks the metric.
        min_delta: Smallest change that counts as an improvement.
        cooldown: Number of epochs after a reduction that do not count towards the patience.
        min_lr: Lower bound of the learning rate, at least 0.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument is out of its range; in training, the quantity is not logged, or it is not
            known which values are better.

    >>> ReduceLROnPlateau(factor=0.5, patience=3).min_lr
    0.0
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        super().__init__(monitor, mode, None, min_delta)
        self.factor = validation.as_float("factor", factor, above=0, below=1)
        self.patience = validation.as_int("patience", patience, minimum=0)
        self.verbose = verbose
        self.cooldown = validation.as_int("cooldown", cooldown, minimum=0)
        self.min_lr = validation.as_float("min_lr", min_lr)
        if self.min_lr < 0:
            raise ValueError(f"min_lr must be at least 0, got {self.min_lr:g}")
        self._reset()

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Start over, so that one object serves several trainings."""
        self._reset()
        self.check_monitor()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Compare with the best value so far, and reduce the learning rate when the patience runs out."""
        if logs is not None:
            logs["learning_rate"] = self.model.learning_rate
        value = self.value(logs)
        if value is None:
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self.improved(value, self.best):
            self.best, self.wait = value, 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience:
                self._reduce(epoch)

    def in_cooldown(self) -> bool:
        """Return whether the last reduction was so recent that no epoch counts."""
        return self.cooldown_counter > 0

    def get_state(self) -> dict[str, Any]:
        """Return the best value, the patience used up and the cooldown left."""
        return {name: getattr(self, name) for name in ("best", "wait", "cooldown_counter")}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Continue as after the epoch in which `get_state` was called."""
        for name in self.get_state():
            setattr(self, name, state[name])

    def _reset(self) -> None:
        self.best = None
        self.wait = self.cooldown_counter = 0

    def _reduce(self, epoch: int) -> None:
        if self.model.learning_rate <= self.min_lr:
            return
        self.model.learning_rate = max(self.model.learning_rate * self.factor, self.min_lr)
        self.cooldown_counter, self.wait = self.cooldown, 0
        if self.speaks():
            say(f"Epoch {epoch + 1}: learning rate reduced to {self.model.learning_rate:.5g}")
