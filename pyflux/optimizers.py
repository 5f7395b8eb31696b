"""The optimizers: how gradients change weights. Descriptions only; each engine has the arithmetic."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import checks


@dataclass(frozen=True)
class Adam:
    """Adam (Kingma and Ba, 2015), with Keras's names and defaults.

    The step is ``learning_rate * m̂ / (sqrt(v̂) + epsilon)`` with both moments corrected for their start at
    zero, as in the paper, Flux and PyTorch. (Keras puts ``epsilon`` before the correction of ``v``.)

    Args:
        learning_rate: Step size, greater than 0.
        beta_1: Decay of the mean of gradients, in (0, 1).
        beta_2: Decay of the mean of squared gradients, in (0, 1).
        epsilon: Keeps the division finite, greater than 0.

    >>> Adam(learning_rate=0.01).beta_2
    0.999
    """

    learning_rate: float = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7

    def __post_init__(self) -> None:
        bounds: dict[str, float | None] = {
            "learning_rate": None, "beta_1": 1, "beta_2": 1, "epsilon": None,
        }  # fmt: skip
        for name, below in bounds.items():
            number = checks.real(name, getattr(self, name), above=0, below=below)
            object.__setattr__(self, name, number)

    def config(self) -> dict[str, Any]:
        """Return the description as plain data."""
        return {"type": type(self).__name__, **dataclasses.asdict(self)}


OPTIMIZERS = {"adam": Adam}


def get(value: str | Adam) -> Adam:
    """Return the optimizer for a name such as ``"adam"``, or ``value`` if it is one.

    >>> get("adam")
    Adam(learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-07)
    """
    if isinstance(value, Adam):
        return value
    key = value.lower() if isinstance(value, str) else value
    return OPTIMIZERS[checks.choice("optimizer", key, OPTIMIZERS)]()


def from_config(config: Mapping[str, Any]) -> Adam:
    """Make an optimizer from what its ``config`` gave."""
    values = dict(config)
    kind = checks.choice("optimizer", str(values.pop("type", "")).lower(), OPTIMIZERS)
    return OPTIMIZERS[kind](**values)
