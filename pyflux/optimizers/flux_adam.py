"""`FluxAdam`."""

from __future__ import annotations

from dataclasses import dataclass

from .base import Optimizer
from .schedules import LearningRateSchedule


@dataclass(frozen=True, repr=False)
class FluxAdam(Optimizer):
    """Adam (Kingma and Ba, 2015) as Flux and PyTorch compute it, with their defaults.

    With the gradient ``g`` in step ``t``, counted from 1::

        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g²
        w -= learning_rate * (m / (1 - beta_1**t)) / (sqrt(v / (1 - beta_2**t)) + epsilon)

    `Adam` differs from it in ``epsilon``: Keras's default is 1e-7, and it is added before the correction.

    Args:
        learning_rate: Step size, at least 0, or a schedule.
        beta_1: Decay rate of the mean of gradients ``m``, at least 0, less than 1.
        beta_2: Decay rate of the mean of squared gradients ``v``, at least 0, less than 1.
        epsilon: Keeps the division finite, greater than 0.

    The arguments of every optimizer (``weight_decay``, ``clipnorm``, …): see `Optimizer`.

    >>> FluxAdam().epsilon
    1e-08
    """

    learning_rate: float | LearningRateSchedule = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_decay_rate("beta_1", "beta_2")
        self._check_float("epsilon", above=0)

    @property
    def slots(self) -> tuple[str, ...]:
        """Names of the arrays that are kept for every weight between steps, in Keras's order."""
        return ("momentum", "velocity")
