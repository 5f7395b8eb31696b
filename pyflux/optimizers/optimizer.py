"""The optimizers: how gradients change weights. Descriptions only; each engine has the arithmetic."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from .._internal import validation
from ..optimizers import schedules
from .schedules import Schedule


@dataclass(frozen=True)
class Optimizer:
    """What the optimizers have in common.

    Attributes:
        slots: Names of what is remembered for each weight.
    """

    slots: ClassVar[tuple[str, ...]] = ()

    learning_rate: float | Schedule
    weight_decay: float | None

    def __post_init__(self) -> None:
        if not isinstance(self.learning_rate, Schedule):
            self._check("learning_rate", above=0)
        if self.weight_decay is not None:
            decay = validation.as_float("weight_decay", self.weight_decay)
            if decay < 0:
                raise ValueError(f"weight_decay must be at least 0, got {decay:g}")

    def rate(self, step: int) -> float:
        """Return the learning rate of a step, counted from 0."""
        return self.learning_rate(step) if isinstance(self.learning_rate, Schedule) else self.learning_rate

    def config(self) -> dict[str, Any]:
        """Return the description as plain data."""
        values = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        if isinstance(self.learning_rate, Schedule):
            values["learning_rate"] = self.learning_rate.config()
        return {"type": type(self).__name__, **values}

    def _check(self, name: str, above: float | None = None, below: float | None = None) -> None:
        object.__setattr__(
            self, name, validation.as_float(name, getattr(self, name), above=above, below=below)
        )


@dataclass(frozen=True)
class SGD(Optimizer):
    """Gradient descent, with momentum if asked for.

    Args:
        learning_rate: Step size, greater than 0, or a schedule.
        momentum: How much of the last step is taken again, in [0, 1).
        nesterov: Whether the gradient is taken as if that had been done already.
        weight_decay: Share of every weight, times the learning rate, that each step takes off.

    >>> SGD(0.1, momentum=0.9).slots
    ('momentum',)
    """

    slots: ClassVar[tuple[str, ...]] = ("momentum",)

    learning_rate: float | Schedule = 0.01
    momentum: float = 0.0
    nesterov: bool = False
    weight_decay: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        validation.fraction("momentum", self.momentum)


@dataclass(frozen=True)
class Adam(Optimizer):
    """Adam (Kingma and Ba, 2015), with Keras's names and defaults.

    The step is ``learning_rate * m̂ / (sqrt(v̂) + epsilon)`` with both moments corrected for their start at
    zero, as in the paper, Flux and PyTorch. (Keras puts ``epsilon`` before the correction of ``v``.)

    Args:
        learning_rate: Step size, greater than 0, or a schedule.
        beta_1: Decay of the mean of gradients, in (0, 1).
        beta_2: Decay of the mean of squared gradients, in (0, 1).
        epsilon: Keeps the division finite, greater than 0.
        weight_decay: Share of every weight, times the learning rate, that each step takes off.

    >>> Adam(learning_rate=0.01).beta_2
    0.999
    """

    slots: ClassVar[tuple[str, ...]] = ("m", "v")

    learning_rate: float | Schedule = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
    weight_decay: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check("beta_1", above=0, below=1)
        self._check("beta_2", above=0, below=1)
        self._check("epsilon", above=0)


@dataclass(frozen=True)
class AdamW(Adam):
    """Adam with weight decay (Loshchilov and Hutter, 2019): `Adam` with another default.

    >>> AdamW().weight_decay
    0.004
    """

    weight_decay: float | None = 0.004


@dataclass(frozen=True)
class RMSprop(Optimizer):
    """Gradient over the root of its mean square (Hinton, 2012): ``learning_rate * g / (sqrt(v) + epsilon)``.

    Args:
        learning_rate: Step size, greater than 0, or a schedule.
        rho: Decay of the mean of squared gradients, in (0, 1).
        epsilon: Keeps the division finite, greater than 0. (Keras adds it under the root.)
        weight_decay: Share of every weight, times the learning rate, that each step takes off.

    >>> RMSprop().rho
    0.9
    """

    slots: ClassVar[tuple[str, ...]] = ("v",)

    learning_rate: float | Schedule = 0.001
    rho: float = 0.9
    epsilon: float = 1e-7
    weight_decay: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check("rho", above=0, below=1)
        self._check("epsilon", above=0)


OPTIMIZERS: dict[str, type[Optimizer]] = {"sgd": SGD, "adam": Adam, "adamw": AdamW, "rmsprop": RMSprop}


def get(value: str | Optimizer) -> Optimizer:
    """Return the optimizer for a name such as ``"adam"``, or ``value`` if it is one.

    >>> get("adam").learning_rate
    0.001
    """
    if isinstance(value, Optimizer):
        return value
    key = value.lower() if isinstance(value, str) else value
    make: Any = OPTIMIZERS[validation.choice("optimizer", key, OPTIMIZERS)]
    made: Optimizer = make()
    return made


def from_config(config: Mapping[str, Any]) -> Optimizer:
    """Make an optimizer from what its ``config`` gave."""
    values = dict(config)
    kind = validation.choice("optimizer", str(values.pop("type", "")).lower(), OPTIMIZERS)
    if isinstance(values.get("learning_rate"), Mapping):
        values["learning_rate"] = schedules.from_config(values["learning_rate"])
    return OPTIMIZERS[kind](**values)
