"""What `fit` gives back: the numbers of every epoch."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class History:
    """The losses and metrics of a training, epoch by epoch, as in Keras.

    Attributes:
        history: For each of ``loss``, ``accuracy``, ``val_loss`` and ``val_accuracy`` that was asked for, one
            number an epoch. ``loss`` and ``accuracy`` are those seen while training, each batch before its
            step; the ``val_`` ones are measured after the epoch.
        epoch: The epochs' numbers, from ``initial_epoch``.
        seconds: Training time of each epoch in seconds, without validation.

    >>> history = History()
    >>> history.add(0, {"loss": 0.5}, seconds=1.5)
    >>> history.history
    {'loss': [0.5]}
    """

    history: dict[str, list[float]] = field(default_factory=dict)
    epoch: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def add(self, epoch: int, logs: dict[str, float], seconds: float) -> None:
        """Append one epoch."""
        self.epoch.append(epoch)
        self.seconds.append(seconds)
        for key, value in logs.items():
            self.history.setdefault(key, []).append(value)
