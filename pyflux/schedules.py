"""Schedules of the learning rate; `pyflux.optimizers.schedules` by a shorter name."""

from .optimizers.schedules import (
    CosineDecay,
    ExponentialDecay,
    OneCycle,
    PiecewiseConstantDecay,
    Schedule,
    from_config,
)

__all__ = [
    "CosineDecay",
    "ExponentialDecay",
    "OneCycle",
    "PiecewiseConstantDecay",
    "Schedule",
    "from_config",
]
