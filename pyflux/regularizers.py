"""Penalties on weights, added to the loss: L1, L2, or both."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ._internal import validation


@dataclass(frozen=True)
class L1L2:
    """The penalty ``l1 * sum(|w|) + l2 * sum(w²)``.

    Args:
        l1: Factor of the absolute values, from 0.
        l2: Factor of the squares, from 0.

    >>> L1L2(l2=0.001)
    L1L2(l1=0.0, l2=0.001)
    """

    l1: float = 0.0
    l2: float = 0.0

    def __post_init__(self) -> None:
        for name in ("l1", "l2"):
            number = validation.as_float(name, getattr(self, name))
            if number < 0:
                raise ValueError(f"{name} must be at least 0, got {number:g}")
            object.__setattr__(self, name, number)

    def config(self) -> dict[str, float]:
        """Return the penalty as plain data."""
        return dataclasses.asdict(self)


def L1(l1: float = 0.01) -> L1L2:  # noqa: N802 - Keras's name
    """Return the penalty ``l1 * sum(|w|)``."""
    return L1L2(l1=l1)


def L2(l2: float = 0.01) -> L1L2:  # noqa: N802 - Keras's name
    """Return the penalty ``l2 * sum(w²)``."""
    return L1L2(l2=l2)


l1, l2, l1_l2 = L1, L2, L1L2

REGULARIZERS = {"l1": L1, "l2": L2, "l1_l2": lambda: L1L2(0.01, 0.01)}


def get(argument: str, value: str | L1L2 | None) -> L1L2 | None:
    """Return the penalty for a name, or ``value`` if it is one or none.

    >>> get("kernel_regularizer", "l2")
    L1L2(l1=0.0, l2=0.01)
    """
    if value is None or isinstance(value, L1L2):
        return value
    return REGULARIZERS[validation.choice(argument, value, REGULARIZERS)]()


def from_config(config: Mapping[str, Any]) -> L1L2:
    """Make a penalty from what its ``config`` gave."""
    return L1L2(**config)
