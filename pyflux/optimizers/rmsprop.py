"""`RMSprop`."""

from __future__ import annotations

from dataclasses import dataclass, field

from .base import Optimizer
from .schedules import LearningRateSchedule


@dataclass(frozen=True, repr=False)
class RMSprop(Optimizer):
    """The gradient divided by the root of its mean square (Hinton, lecture 6, 2012), as Keras computes it.

    With the gradient ``g``::

        v = rho * v + (1 - rho) * g²
        step = learning_rate * g / sqrt(v + epsilon)

    With ``centered``, ``a = rho * a + (1 - rho) * g`` and the root is of ``v - a² + epsilon``: the variance.
    With ``momentum``, that fraction of the last step is added to the step.

    Args:
        learning_rate: Step size, at least 0, or a schedule.
        rho: Decay rate of the moving averages, at least 0, less than 1.
        momentum: The fraction of the last step that is taken again, from 0 to 1.
        epsilon: Keeps the division finite, greater than 0.
        centered: Whether gradients are divided by their deviation from their mean.

    The arguments of every optimizer (``weight_decay``, ``clipnorm``, …): see `Optimizer`.

    >>> RMSprop(momentum=0.9).slots
    ('velocity', 'momentum')
    """

    learning_rate: float | LearningRateSchedule = 0.001
    rho: float = 0.9
    momentum: float = 0.0
    epsilon: float = 1e-7
    centered: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_decay_rate("rho")
        self._check_float("momentum", at_least=0, at_most=1)
        self._check_float("epsilon", above=0)
        self._check_bool("centered")

    @property
    def slots(self) -> tuple[str, ...]:
        """Names of the arrays that are kept for every weight between steps, in Keras's order."""
        momentum = ("momentum",) if self.momentum else ()
        return ("velocity", *momentum, "average_gradient") if self.centered else ("velocity", *momentum)
