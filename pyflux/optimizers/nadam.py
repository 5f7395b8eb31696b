"""`Nadam`."""

from __future__ import annotations

from dataclasses import dataclass

from .base import Optimizer
from .schedules import LearningRateSchedule


@dataclass(frozen=True, repr=False)
class Nadam(Optimizer):
    """Adam with Nesterov's momentum (Dozat, "Incorporating Nesterov Momentum into Adam", 2016), as in Keras.

    With ``m`` and ``v`` as in `Adam`, step ``t`` counted from 1, and ``u(t) = beta_1 * (1 - 0.96**t / 2)``::

        m̂ = u(t + 1) * m / (1 - u(1)…u(t + 1)) + (1 - u(t)) * g / (1 - u(1)…u(t))
        w -= learning_rate * m̂ / (sqrt(v / (1 - beta_2**t)) + epsilon)

    Args:
        learning_rate: Step size, at least 0, or a schedule.
        beta_1: Decay rate of the mean of gradients ``m``, at least 0, less than 1.
        beta_2: Decay rate of the mean of squared gradients ``v``, at least 0, less than 1.
        epsilon: Keeps the division finite, greater than 0.

    The arguments of every optimizer (``weight_decay``, ``clipnorm``, …): see `Optimizer`.

    >>> Nadam(0.01)
    Nadam(learning_rate=0.01)
    """

    learning_rate: float | LearningRateSchedule = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_decay_rate("beta_1", "beta_2")
        self._check_float("epsilon", above=0)

    @property
    def slots(self) -> tuple[str, ...]:
        """Names of the arrays that are kept for every weight between steps, in Keras's order."""
        return ("momentum", "velocity")
