"""`PolynomialDecay`."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from ..._internal import validation
from .base import LearningRateSchedule, decay_steps, learning_rate


@dataclass(frozen=True, repr=False)
class PolynomialDecay(LearningRateSchedule):
    """From one rate to another along a polynomial, as in Keras.

    The rate is ``(initial_learning_rate - end_learning_rate) * (1 - step / decay_steps) ** power +
    end_learning_rate``: a straight line for ``power=1``. After ``decay_steps`` it stays at the end, or with
    ``cycle`` continues as if ``decay_steps`` were twice, then three times as large, and so on.

    Args:
        initial_learning_rate: Rate of step 0, greater than 0.
        decay_steps: Steps until the end, greater than 0.
        end_learning_rate: Rate at the end, at least 0.
        power: Power of the polynomial, greater than 0.
        cycle: Whether the rate rises again after the end.
        name: Accepted as in Keras.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: An argument is out of range.

    >>> rate = PolynomialDecay(0.5, decay_steps=100, end_learning_rate=0.25)
    >>> rate(0), rate(50), rate(100), rate(1000)
    (0.5, 0.375, 0.25, 0.25)
    """

    initial_learning_rate: float
    decay_steps: float
    end_learning_rate: float = 0.0001
    power: float = 1.0
    cycle: bool = False
    name: str = field(default="PolynomialDecay", kw_only=True, compare=False)

    def __post_init__(self) -> None:
        self._set(
            initial_learning_rate=learning_rate("initial_learning_rate", self.initial_learning_rate),
            decay_steps=decay_steps("decay_steps", self.decay_steps),
            end_learning_rate=learning_rate("end_learning_rate", self.end_learning_rate, or_zero=True),
            power=validation.as_float("power", self.power, above=0),
            cycle=validation.as_bool("cycle", self.cycle),
        )

    def _rate(self, step: int) -> float:
        steps = self.decay_steps
        if self.cycle:
            steps *= max(math.ceil(step / steps), 1)
        left: float = (1 - min(step / steps, 1.0)) ** self.power
        return (self.initial_learning_rate - self.end_learning_rate) * left + self.end_learning_rate
