"""Learning rates that change while a network is trained: a step's number in, a learning rate out.

Descriptions in Keras's names, with its formulas; `OneCycle` is PyTorch's. A step is one batch, counted from
0. After its end a schedule keeps its last value.
"""

from __future__ import annotations

import bisect
import dataclasses
import itertools
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._internal import validation


@dataclass(frozen=True)
class Schedule(ABC):
    """The base of all schedules: call one with a step's number to get the learning rate of that step."""

    def __call__(self, step: int) -> float:
        """Return the learning rate of a step.

        Args:
            step: How many steps went before: 0 for the first batch.

        Raises:
            TypeError: ``step`` is not a whole number.
            ValueError: ``step`` is below 0.
        """
        return self._rate(validation.as_int("step", step, minimum=0))

    @abstractmethod
    def _rate(self, step: int) -> float: ...

    def config(self) -> dict[str, Any]:
        """Return the description as plain data, which `from_config` takes."""
        values = dataclasses.asdict(self).items()
        plain = {name: list(value) if isinstance(value, tuple) else value for name, value in values}
        return {"type": type(self).__name__, **plain}

    def _put(self, **values: object) -> None:
        """Set checked values, which a frozen dataclass allows only in this way."""
        for name, value in values.items():
            object.__setattr__(self, name, value)


@dataclass(frozen=True)
class ExponentialDecay(Schedule):
    """``initial_learning_rate * decay_rate ** (step / decay_steps)``, as in Keras.

    Args:
        initial_learning_rate: Rate of step 0, greater than 0.
        decay_steps: Steps in which the rate is multiplied by ``decay_rate`` once, at least 1.
        decay_rate: Factor, greater than 0.
        staircase: Whether the rate falls at once after each ``decay_steps`` instead of a little each step.

    Raises:
        TypeError: A value is of the wrong kind.
        ValueError: A value is out of its range.

    >>> ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5)(20)
    0.025
    """

    initial_learning_rate: float
    decay_steps: int
    decay_rate: float
    staircase: bool = False

    def __post_init__(self) -> None:
        self._put(
            initial_learning_rate=_learning_rate("initial_learning_rate", self.initial_learning_rate),
            decay_steps=validation.as_int("decay_steps", self.decay_steps),
            decay_rate=validation.as_float("decay_rate", self.decay_rate, above=0),
            staircase=bool(self.staircase),
        )

    def _rate(self, step: int) -> float:
        times = step // self.decay_steps if self.staircase else step / self.decay_steps
        return self.initial_learning_rate * self.decay_rate**times


@dataclass(frozen=True)
class PiecewiseConstantDecay(Schedule):
    """One rate up to the first boundary, another up to the second, and so on, as in Keras.

    Args:
        boundaries: Whole numbers of steps from 0, each greater than the one before. A boundary belongs to the
            part that it ends.
        values: The rates, each greater than 0: one more than there are boundaries.

    Raises:
        TypeError: A value is of the wrong kind.
        ValueError: The boundaries do not rise, a rate is not above 0, or their numbers do not fit.

    >>> rate = PiecewiseConstantDecay(boundaries=[100], values=[0.1, 0.01])
    >>> rate(100), rate(101)
    (0.1, 0.01)
    """

    boundaries: tuple[int, ...]
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        boundaries = tuple(
            validation.as_int(f"boundaries[{i}]", b, minimum=0) for i, b in enumerate(self.boundaries)
        )
        values = tuple(_learning_rate(f"values[{i}]", v) for i, v in enumerate(self.values))
        if len(values) != len(boundaries) + 1:
            raise ValueError(
                f"values must be one more than boundaries, got {len(values)} values and {len(boundaries)} "
                f"boundaries; give a rate for what comes after the last boundary too"
            )
        if any(a >= b for a, b in itertools.pairwise(boundaries)):
            raise ValueError(
                f"boundaries must rise, got {list(boundaries)}; give each step once, in their order"
            )
        self._put(boundaries=boundaries, values=values)

    def _rate(self, step: int) -> float:
        return self.values[bisect.bisect_left(self.boundaries, step)]


@dataclass(frozen=True)
class CosineDecay(Schedule):
    """Half a cosine down, after a straight line up where a warm-up is asked for; as in Keras.

    Args:
        initial_learning_rate: Rate of step 0, greater than 0; with a warm-up 0 is possible too.
        decay_steps: Steps from the highest rate to the lowest, at least 1. The warm-up comes before them.
        alpha: The lowest rate, as a fraction in [0, 1] of the highest.
        warmup_target: Rate to which the warm-up goes; None for no warm-up.
        warmup_steps: Steps of the warm-up.

    Raises:
        TypeError: A value is of the wrong kind.
        ValueError: A value is out of its range, or one of the two for the warm-up comes without the other.

    Source: Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", 2017.

    >>> rate = CosineDecay(0.0, decay_steps=100, warmup_target=0.1, warmup_steps=10)
    >>> [round(rate(step), 6) for step in (0, 5, 10, 60, 110, 500)]
    [0.0, 0.05, 0.1, 0.05, 0.0, 0.0]
    """

    initial_learning_rate: float
    decay_steps: int
    alpha: float = 0.0
    warmup_target: float | None = None
    warmup_steps: int = 0

    def __post_init__(self) -> None:
        steps = validation.as_int("warmup_steps", self.warmup_steps, minimum=0)
        if (self.warmup_target is None) != (steps == 0):
            raise ValueError(
                f"warmup_target and warmup_steps go together, got warmup_target={self.warmup_target} and "
                f"warmup_steps={steps}; give both for a warm-up, or neither"
            )
        alpha = validation.as_float("alpha", self.alpha)
        if not 0 <= alpha <= 1:
            raise ValueError(f"alpha must be in [0, 1], a fraction of the highest rate, got {alpha:g}")
        warm = self.warmup_target is not None
        self._put(
            initial_learning_rate=_learning_rate(
                "initial_learning_rate", self.initial_learning_rate, or_zero=warm
            ),
            decay_steps=validation.as_int("decay_steps", self.decay_steps),
            alpha=alpha,
            warmup_target=_learning_rate("warmup_target", self.warmup_target) if warm else None,
            warmup_steps=steps,
        )

    def _rate(self, step: int) -> float:
        top = self.initial_learning_rate if self.warmup_target is None else self.warmup_target
        if step < self.warmup_steps:
            return self.initial_learning_rate + (top - self.initial_learning_rate) * step / self.warmup_steps
        return _cosine(top, self.alpha * top, (step - self.warmup_steps) / self.decay_steps)


@dataclass(frozen=True)
class OneCycle(Schedule):
    """Half a cosine up to the highest rate, half a cosine down to nearly nothing: PyTorch's ``OneCycleLR``.

    The rate begins at ``max_learning_rate / div_factor``, is highest at step ``pct_start * total_steps - 1``,
    and ends at step ``total_steps - 1`` with ``max_learning_rate / (div_factor * final_div_factor)``. Where
    the rise would be no step long, the first step has the highest rate. The momentum is left alone.

    Args:
        max_learning_rate: The highest rate, greater than 0.
        total_steps: Steps of the whole training: epochs times batches an epoch, at least 1.
        pct_start: The rise's part of all steps, in [0, 1].
        div_factor: How many times the highest rate is the first one, greater than 0.
        final_div_factor: How many times the first rate is the last one, greater than 0.

    Raises:
        TypeError: A value is of the wrong kind.
        ValueError: A value is out of its range.

    Source: ``torch.optim.lr_scheduler.OneCycleLR`` with its defaults (cosines, two phases); the idea is in
    Smith and Topin, "Super-Convergence", 2017.

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
        pct_start = validation.as_float("pct_start", self.pct_start)
        if not 0 <= pct_start <= 1:
            raise ValueError(f"pct_start must be in [0, 1], the rise's part of all steps, got {pct_start:g}")
        self._put(
            max_learning_rate=_learning_rate("max_learning_rate", self.max_learning_rate),
            total_steps=validation.as_int("total_steps", self.total_steps),
            pct_start=pct_start,
            div_factor=validation.as_float("div_factor", self.div_factor, above=0),
            final_div_factor=validation.as_float("final_div_factor", self.final_div_factor, above=0),
        )

    def _rate(self, step: int) -> float:
        first = self.max_learning_rate / self.div_factor
        peak, end = max(0.0, self.pct_start * self.total_steps - 1), self.total_steps - 1
        if min(step, end) <= peak:
            return _cosine(first, self.max_learning_rate, step / peak if peak else 1.0)
        return _cosine(self.max_learning_rate, first / self.final_div_factor, (step - peak) / (end - peak))


SCHEDULES: dict[str, type[Schedule]] = {
    kind.__name__: kind for kind in (ExponentialDecay, PiecewiseConstantDecay, CosineDecay, OneCycle)
}


def from_config(config: Mapping[str, Any]) -> Schedule:
    """Make a schedule from what its ``config`` gave.

    Raises:
        TypeError: The type is missing, or a value of it is.
        ValueError: There is no such schedule; the message suggests the nearest one.

    >>> from_config({"type": "CosineDecay", "initial_learning_rate": 0.1, "decay_steps": 100})(50)
    0.05
    """
    values = dict(config)
    return SCHEDULES[validation.choice("schedule", values.pop("type", None), SCHEDULES)](**values)


def _learning_rate(argument: str, value: Any, *, or_zero: bool = False) -> float:
    """Return a learning rate, checked."""
    if or_zero and value == 0:
        return 0.0
    return validation.as_float(argument, value, above=0)


def _cosine(start: float, end: float, part: float) -> float:
    """Return the value on half a cosine from ``start`` (part 0) to ``end`` (part 1 and beyond)."""
    return end + (start - end) * (1 + math.cos(math.pi * min(part, 1.0))) / 2
