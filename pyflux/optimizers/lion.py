"""`Lion`."""

from __future__ import annotations

from dataclasses import dataclass

from .base import Optimizer
from .schedules import LearningRateSchedule


@dataclass(frozen=True, repr=False)
class Lion(Optimizer):
    """The sign of a mean of gradients (Chen et al., "Symbolic Discovery of Optimization Algorithms", 2023).

    With the gradient ``g``: ``w -= learning_rate * sign(beta_1 * m + (1 - beta_1) * g)``, and after that
    ``m = beta_2 * m + (1 - beta_2) * g``, as in Keras. Its steps are larger than those of `Adam` for the same
    learning rate; the paper takes a third to a tenth.

    Args:
        learning_rate: Step size, at least 0, or a schedule.
        beta_1: How much of ``m`` is in a step, greater than 0, at most 1.
        beta_2: Decay rate of the mean of gradients ``m``, at least 0, less than 1.

    The arguments of every optimizer (``weight_decay``, ``clipnorm``, …): see `Optimizer`.

    >>> Lion(1e-4).beta_2
    0.99
    """

    learning_rate: float | LearningRateSchedule = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.99

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_float("beta_1", above=0, at_most=1)
        self._check_decay_rate("beta_2")

    @property
    def slots(self) -> tuple[str, ...]:
        """Names of the arrays that are kept for every weight between steps, in Keras's order."""
        return ("momentum",)
