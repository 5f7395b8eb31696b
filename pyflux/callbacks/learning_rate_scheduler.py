"""Set the learning rate of each epoch by a function."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from .._internal import validation
from .._internal.console import say
from .callback import Callback, Logs


class LearningRateScheduler(Callback):
    """Sets the learning rate of each epoch by a function.

    It adds ``learning_rate`` to the logs. To change the learning rate every batch, give the optimizer one of
    `pyflux.optimizers.schedules`.

    Args:
        schedule: Returns the learning rate of an epoch, at least 0: a function of the epoch's number, from 0,
            and the learning rate so far, or of the number alone.
        verbose: 1 to print a line each epoch.

    Raises:
        TypeError: ``schedule`` is not a function of one or two arguments; in training, it does not return a
            number.
        ValueError: In training, it returns a number that is negative or not finite.

    >>> halve = LearningRateScheduler(lambda epoch, lr: lr / 2 if epoch >= 10 else lr)
    >>> step = LearningRateScheduler(lambda epoch: 0.01 if epoch < 10 else 0.001)
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        if not callable(schedule):
            raise TypeError(f"schedule must be a function, got {schedule!r}")
        self.schedule = schedule
        self.verbose = verbose
        self._arguments = positional_arguments(schedule)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Set the learning rate."""
        given: tuple[Any, ...] = (epoch, self.model.learning_rate)[: self._arguments]
        rate = self.schedule(*given)
        call = f"schedule({', '.join(f'{value:g}' for value in given)})"
        rate = validation.as_float(f"the learning rate that {call} returns", rate)
        if rate < 0:
            raise ValueError(f"the learning rate that {call} returns must be at least 0, got {rate:g}")
        self.model.learning_rate = rate
        if self.speaks():
            say(f"Epoch {epoch + 1}: learning rate set to {rate:.5g}")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Log the learning rate."""
        if logs is not None:
            logs["learning_rate"] = self.model.learning_rate


def positional_arguments(schedule: Callable[..., float]) -> int:
    """Return whether a schedule takes one positional argument or two.

    >>> positional_arguments(lambda epoch: 0.1), positional_arguments(lambda epoch, lr: lr)
    (1, 2)
    """
    try:
        signature = inspect.signature(schedule)
    except (TypeError, ValueError):  # a builtin that does not tell
        return 2
    for arguments in (2, 1):
        try:
            signature.bind(*range(arguments))
        except TypeError:
            continue
        return arguments
    raise TypeError(
        f"schedule must take the epoch, or the epoch and the learning rate, got schedule{signature}"
    )
