"""`SGD`."""

from __future__ import annotations

from dataclasses import dataclass

from .base import Optimizer
from .schedules import LearningRateSchedule


@dataclass(frozen=True, repr=False)
class SGD(Optimizer):
    """Stochastic gradient descent, with momentum if wanted.

    With the gradient ``g``: ``w -= learning_rate * g``; with momentum ``v = momentum * v - learning_rate *
    g`` and ``w += v``, or for Nesterov's ``w += momentum * v - learning_rate * g``.

    Args:
        learning_rate: Step size, at least 0, or a schedule.
        momentum: The fraction of the last step that is taken again, from 0 to 1.
        nesterov: Whether momentum is Nesterov's.

    The arguments of every optimizer (``weight_decay``, ``clipnorm``, …): see `Optimizer`.

    >>> SGD(0.1, 0.9)
    SGD(learning_rate=0.1, momentum=0.9)
    >>> SGD(0.1, 0.9).slots
    ('momentum',)
    """

    learning_rate: float | LearningRateSchedule = 0.01
    momentum: float = 0.0
    nesterov: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_float("momentum", at_least=0, at_most=1)
        self._check_bool("nesterov")

    @property
    def slots(self) -> tuple[str, ...]:
        """Names of the arrays that are kept for every weight between steps, in Keras's order."""
        return ("momentum",) if self.momentum else ()
