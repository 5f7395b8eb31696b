"""`InverseTimeDecay`."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from ..._internal import validation
from .base import LearningRateSchedule, decay_steps, learning_rate


@dataclass(frozen=True, repr=False)
class InverseTimeDecay(LearningRateSchedule):
    """``initial_learning_rate / (1 + decay_rate * step / decay_steps)``, as in Keras.

    Args:
        initial_learning_rate: Rate of step 0, greater than 0.
        decay_steps: Number of steps over which the divisor grows by ``decay_rate``, greater than 0.
        decay_rate: How fast the rate falls, at least 0.
        staircase: Whether the rate changes only after every ``decay_steps`` steps.
        name: Accepted as in Keras.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: An argument is out of range.

    >>> InverseTimeDecay(0.1, decay_steps=100, decay_rate=1)(300)
    0.025
    """

    initial_learning_rate: float
    decay_steps: float
    decay_rate: float
    staircase: bool = False
    name: str = field(default="InverseTimeDecay", kw_only=True, compare=False)

    def __post_init__(self) -> None:
        self._set(
            initial_learning_rate=learning_rate("initial_learning_rate", self.initial_learning_rate),
            decay_steps=decay_steps("decay_steps", self.decay_steps),
            decay_rate=validation.as_float("decay_rate", self.decay_rate, at_least=0),
            staircase=validation.as_bool("staircase", self.staircase),
        )

    def _rate(self, step: int) -> float:
        times = step / self.decay_steps
        growth = self.decay_rate * (math.floor(times) if self.staircase else times)
        return self.initial_learning_rate / (1 + growth)
