"""Learning rates that change from step to step.

A schedule is a function from the number of a step, counted from 0 over the whole training, to its learning
rate; a step is one batch. Names, arguments and formulas are Keras's; `OneCycle` is PyTorch's.
"""

from collections.abc import Mapping
from typing import Any

from ..._internal import configurable
from .base import LearningRateSchedule
from .cosine_decay import CosineDecay
from .cosine_decay_restarts import CosineDecayRestarts
from .exponential_decay import ExponentialDecay
from .inverse_time_decay import InverseTimeDecay
from .one_cycle import OneCycle
from .piecewise_constant_decay import PiecewiseConstantDecay
from .polynomial_decay import PolynomialDecay

__all__ = [
    "SCHEDULES",
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "OneCycle",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "from_config",
]

SCHEDULES: dict[str, type[LearningRateSchedule]] = {
    kind.__name__: kind
    for kind in (
        CosineDecay,
        CosineDecayRestarts,
        ExponentialDecay,
        InverseTimeDecay,
        OneCycle,
        PiecewiseConstantDecay,
        PolynomialDecay,
    )
}


def from_config(config: Mapping[str, Any]) -> LearningRateSchedule:
    """Make a schedule from what its ``config`` returned.

    Raises:
        TypeError: The type or an argument is missing, or of the wrong type.
        ValueError: There is no such schedule, or an argument is out of range.

    >>> from_config({"type": "CosineDecay", "initial_learning_rate": 0.1, "decay_steps": 100})(50)
    0.05
    """
    return configurable.from_config("schedule", SCHEDULES, LearningRateSchedule.subclasses, config)
