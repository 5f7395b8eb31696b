"""`CosineDecayRestarts`."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from ..._internal import validation
from .base import LearningRateSchedule, decay_steps, learning_rate
from .cosine_decay import half_cosine


@dataclass(frozen=True, repr=False)
class CosineDecayRestarts(LearningRateSchedule):
    """Half a cosine down, then again from the top, each time over ``t_mul`` times as many steps; as in Keras.

    Args:
        initial_learning_rate: Rate of step 0, greater than 0.
        first_decay_steps: Steps until the first restart, greater than 0.
        t_mul: How many times as long each period is as the one before, at least 1.
        m_mul: How many times as high each period begins above the lowest rate as the one before, greater
            than 0.
        alpha: The lowest rate as a fraction of ``initial_learning_rate``, from 0 to 1.
        name: Accepted as in Keras.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: An argument is out of range.

    Source: Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", 2017.

    >>> rate = CosineDecayRestarts(0.5, first_decay_steps=10)
    >>> [round(rate(step), 6) for step in (0, 5, 10, 20, 30)]
    [0.5, 0.25, 0.5, 0.25, 0.5]
    """

    initial_learning_rate: float
    first_decay_steps: float
    t_mul: float = 2.0
    m_mul: float = 1.0
    alpha: float = 0.0
    name: str = field(default="SGDRDecay", kw_only=True, compare=False)

    def __post_init__(self) -> None:
        self._set(
            initial_learning_rate=learning_rate("initial_learning_rate", self.initial_learning_rate),
            first_decay_steps=decay_steps("first_decay_steps", self.first_decay_steps),
            t_mul=validation.as_float("t_mul", self.t_mul, at_least=1),
            m_mul=validation.as_float("m_mul", self.m_mul, above=0),
            alpha=validation.as_float("alpha", self.alpha, at_least=0, at_most=1),
        )

    def _rate(self, step: int) -> float:
        restarts, fraction = self._period(step / self.first_decay_steps)
        height = self.m_mul**restarts * half_cosine(1.0, 0.0, fraction)
        return self.initial_learning_rate * ((1 - self.alpha) * height + self.alpha)

    def _period(self, elapsed: float) -> tuple[int, float]:
        """Return the number of restarts so far, and how much of the current period is over.

        ``elapsed`` is the time in units of the first period.
        """
        if self.t_mul == 1:
            return math.floor(elapsed), elapsed % 1.0
        restarts = math.floor(math.log(1 + elapsed * (self.t_mul - 1), self.t_mul))
        if self._start(restarts + 1) <= elapsed:  # where the logarithm was rounded down
            restarts += 1
        return restarts, (elapsed - self._start(restarts)) / self.t_mul**restarts

    def _start(self, period: int) -> float:
        return (self.t_mul**period - 1) / (self.t_mul - 1)
