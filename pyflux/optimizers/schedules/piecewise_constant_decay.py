"""`PiecewiseConstantDecay`."""

from __future__ import annotations

import bisect
import itertools
from dataclasses import dataclass, field

from ..._internal import validation
from .base import LearningRateSchedule, learning_rate


@dataclass(frozen=True, repr=False)
class PiecewiseConstantDecay(LearningRateSchedule):
    """One rate up to and including the first boundary, another up to the second, and so on, as in Keras.

    Args:
        boundaries: Steps, in rising order.
        values: The rates, each greater than 0: one more than there are boundaries.
        name: Accepted as in Keras.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: The boundaries do not rise, a rate is not greater than 0, or there are too few or many.

    >>> rate = PiecewiseConstantDecay(boundaries=[100], values=[0.1, 0.01])
    >>> rate(100), rate(101)
    (0.1, 0.01)
    """

    boundaries: tuple[int, ...]
    values: tuple[float, ...]
    name: str = field(default="PiecewiseConstant", kw_only=True, compare=False)

    def __post_init__(self) -> None:
        boundaries = tuple(
            validation.as_int(f"boundaries[{i}]", step, minimum=0) for i, step in enumerate(self.boundaries)
        )
        values = tuple(learning_rate(f"values[{i}]", rate) for i, rate in enumerate(self.values))
        if len(values) != len(boundaries) + 1:
            raise ValueError(
                f"values must be one more than boundaries, got {len(values)} values for {len(boundaries)} "
                f"boundaries; the last value is the rate after the last boundary"
            )
        if any(a >= b for a, b in itertools.pairwise(boundaries)):
            raise ValueError(f"boundaries must rise, got {list(boundaries)}; sort them and give each once")
        self._set(boundaries=boundaries, values=values)

    def _rate(self, step: int) -> float:
        return self.values[bisect.bisect_left(self.boundaries, step)]
