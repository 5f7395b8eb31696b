"""When to save within an epoch."""

from __future__ import annotations

from .._internal import validation


class SaveFrequency:
    """Counts batches, over the ends of epochs, and tells when enough of them have passed.

    Args:
        save_freq: ``"epoch"`` for never within an epoch, or a number of batches.

    Attributes:
        passed: Batches since the last time.

    Raises:
        TypeError, ValueError: It is neither.

    >>> frequency = SaveFrequency(3)
    >>> frequency.begin_epoch()
    >>> [frequency.is_due(batch) for batch in range(7)]
    [False, False, True, False, False, True, False]
    """

    def __init__(self, save_freq: int | str) -> None:
        if isinstance(save_freq, str) and save_freq != "epoch":
            raise ValueError(f"save_freq must be 'epoch' or a number of batches, got {save_freq!r}")
        self._batches = None if isinstance(save_freq, str) else validation.as_int("save_freq", save_freq)
        self.passed = 0
        self._last = -1

    def begin_epoch(self) -> None:
        """Note that batches count from 0 again."""
        self._last = -1

    def is_due(self, batch: int) -> bool:
        """Return whether to save after this batch; several may have passed since the last call."""
        self.passed += batch - self._last
        self._last = batch
        if self._batches is None or self.passed < self._batches:
            return False
        self.passed = 0
        return True
