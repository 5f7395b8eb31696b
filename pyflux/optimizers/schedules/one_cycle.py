"""`OneCycle`."""

from __future__ import annotations

from dataclasses import dataclass

from ..._internal import validation
from .base import LearningRateSchedule, learning_rate
from .cosine_decay import half_cosine


@dataclass(frozen=True, repr=False)
class OneCycle(LearningRateSchedule):
    """Half a cosine up to the highest rate, half a cosine down to almost 0: PyTorch's ``OneCycleLR``.

    The rate starts at ``max_learning_rate / div_factor``, is highest at step ``pct_start * total_steps - 1``,
    and ends at step ``total_steps - 1`` with ``max_learning_rate / (div_factor * final_div_factor)``. If the
    rise is shorter than one step, the first step has the highest rate. Momentum is not changed.

    Args:
        max_learning_rate: The highest rate, greater than 0.
        total_steps: Steps of the whole training, which is epochs times batches per epoch; at least 1.
        pct_start: The fraction of all steps in which the rate rises, from 0 to 1.
        div_factor: The highest rate divided by the first, greater than 0.
        final_div_factor: The first rate divided by the last, greater than 0.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: An argument is out of range.

    Source: ``torch.optim.lr_scheduler.OneCycleLR`` with its defaults (cosines, two phases); Smith and Topin,
    "Super-Convergence", 2017.

    >>> rate = OneCycle(0.1, total_steps=10)
    >>> [round(rate(step), 6) for step in (0, 1, 2, 9)]
    [0.004, 0.052, 0.1, 0.0]
    """

    max_learning_rate: float
    total_steps: int
    pct_start: float = 0.3
    div_factor: float = 25.0
    final_div_factor: float = 1e4

    def __post_init__(self) -> None:
        self._set(
            max_learning_rate=learning_rate("max_learning_rate", self.max_learning_rate),
            total_steps=validation.as_int("total_steps", self.total_steps),
            pct_start=validation.as_float("pct_start", self.pct_start, at_least=0, at_most=1),
            div_factor=validation.as_float("div_factor", self.div_factor, above=0),
            final_div_factor=validation.as_float("final_div_factor", self.final_div_factor, above=0),
        )

    def _rate(self, step: int) -> float:
        first = self.max_learning_rate / self.div_factor
        peak, end = max(0.0, self.pct_start * self.total_steps - 1), self.total_steps - 1
        if min(step, end) <= peak:
            return half_cosine(first, self.max_learning_rate, step / peak if peak else 1.0)
        last = first / self.final_div_factor
        return half_cosine(self.max_learning_rate, last, (step - peak) / (end - peak))
