"""`Adagrad`."""

from __future__ import annotations

from dataclasses import dataclass

from .base import Optimizer
from .schedules import LearningRateSchedule


@dataclass(frozen=True, repr=False)
class Adagrad(Optimizer):
    """The gradient divided by the root of the sum of all its squares, as Keras computes it.

    With the gradient ``g``: ``a += g²`` and ``w -= learning_rate * g / sqrt(a + epsilon)``.

    Args:
        learning_rate: Step size, at least 0, or a schedule.
        initial_accumulator_value: Where the sum ``a`` starts, at least 0.
        epsilon: Keeps the division finite, greater than 0.

    The arguments of every optimizer (``weight_decay``, ``clipnorm``, …): see `Optimizer`.

    Source: Duchi, Hazan and Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic
    Optimization", 2011.

    >>> Adagrad(0.01).initial_accumulator_value
    0.1
    """

    learning_rate: float | LearningRateSchedule = 0.001
    initial_accumulator_value: float = 0.1
    epsilon: float = 1e-7

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_float("initial_accumulator_value", at_least=0)
        self._check_float("epsilon", above=0)

    @property
    def slots(self) -> tuple[str, ...]:
        """Names of the arrays that are kept for every weight between steps, in Keras's order."""
        return ("accumulator",)
