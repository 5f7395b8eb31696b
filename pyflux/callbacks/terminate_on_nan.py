"""Stop a training whose loss is NaN."""

from __future__ import annotations

import math

from .._internal.console import say
from .callback import Callback, Logs


class TerminateOnNaN(Callback):
    """Stops training when the loss is NaN or infinite.

    The loss is looked at whenever the engine returns to Python, several times an epoch.

    Args:
        raise_error: Whether to raise a ``RuntimeError``, so that no ``on_train_end`` is called, instead of
            setting ``model.stop_training``.

    Raises:
        RuntimeError: In training, the loss is not finite and ``raise_error`` is set.

    >>> TerminateOnNaN().on_epoch_end(0, {"loss": 0.5})
    """

    def __init__(self, raise_error: bool = False) -> None:
        self.raise_error = raise_error

    def every_batch(self, phase: str) -> bool:
        """Return False: looking at the loss a few times an epoch is enough."""
        return False

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Look at the loss so far."""
        self._check(f"Batch {batch + 1}", logs)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Look at the loss of the epoch."""
        if not self.model_stopped():
            self._check(f"Epoch {epoch + 1}", logs)

    def model_stopped(self) -> bool:
        """Return whether training is going to stop anyway."""
        return bool(getattr(getattr(self, "model", None), "stop_training", False))

    def _check(self, when: str, logs: Logs | None) -> None:
        loss = float((logs or {}).get("loss", 0.0))
        if math.isfinite(loss):
            return
        message = f"{when}: the loss is {loss}, training stopped; a lower learning rate may help"
        if self.raise_error:
            raise RuntimeError(message)
        if self.is_leader():
            say(message)
        self.model.stop_training = True
