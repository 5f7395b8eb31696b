"""`CosineDecay`."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from ..._internal import validation
from .base import LearningRateSchedule, decay_steps, learning_rate


@dataclass(frozen=True, repr=False)
class CosineDecay(LearningRateSchedule):
    """Half a cosine down, after a linear warm-up if there is one, as in Keras.

    Args:
        initial_learning_rate: Rate of step 0, greater than 0; with a warm-up 0 is possible too.
        decay_steps: Steps from the highest rate to the lowest, greater than 0. The warm-up is not counted.
        alpha: The lowest rate as a fraction of the highest, from 0 to 1.
        warmup_target: Rate at the end of the warm-up; None for no warm-up.
        warmup_steps: Steps of the warm-up.
        name: Accepted as in Keras.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: An argument is out of range, or one of the two for the warm-up is given without the other.

    Source: Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", 2017.

    >>> rate = CosineDecay(0.0, decay_steps=100, warmup_target=0.1, warmup_steps=10)
    >>> [round(rate(step), 6) for step in (0, 5, 10, 60, 110, 500)]
    [0.0, 0.05, 0.1, 0.05, 0.0, 0.0]
    """

    initial_learning_rate: float
    decay_steps: float
    alpha: float = 0.0
    warmup_target: float | None = field(default=None, kw_only=True)
    warmup_steps: float = field(default=0, kw_only=True)
    name: str = field(default="CosineDecay", kw_only=True, compare=False)

    def __post_init__(self) -> None:
        target, steps = self.warmup_target, validation.as_float("warmup_steps", self.warmup_steps, at_least=0)
        if (target is None) != (steps == 0):
            raise ValueError(
                f"warmup_target and warmup_steps go together, got warmup_target={target} and "
                f"warmup_steps={steps:g}; give both for a warm-up, or neither"
            )
        self._set(
            initial_learning_rate=learning_rate(
                "initial_learning_rate", self.initial_learning_rate, or_zero=target is not None
            ),
            decay_steps=decay_steps("decay_steps", self.decay_steps),
            alpha=validation.as_float("alpha", self.alpha, at_least=0, at_most=1),
            warmup_target=None if target is None else learning_rate("warmup_target", target),
            warmup_steps=decay_steps("warmup_steps", steps) if steps else 0,
        )

    def _rate(self, step: int) -> float:
        start = self.initial_learning_rate
        highest = start if self.warmup_target is None else self.warmup_target
        if step < self.warmup_steps:
            return start + (highest - start) * step / self.warmup_steps
        return half_cosine(highest, self.alpha * highest, (step - self.warmup_steps) / self.decay_steps)


def half_cosine(start: float, end: float, fraction: float) -> float:
    """Return the value on half a cosine from ``start`` (fraction 0) to ``end`` (fraction 1 and beyond).

    >>> half_cosine(0.2, 0.1, 0.0), half_cosine(0.2, 0.1, 2.0)
    (0.2, 0.1)
    """
    return end + (start - end) * (1 + math.cos(math.pi * min(fraction, 1.0))) / 2
