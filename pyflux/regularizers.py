"""Penalties on weights, added to the loss: L1, L2, or both. Names and formulas are Keras's.

Give one to a layer by name or as an object: ``Dense(10, kernel_regularizer=L2(0.001))``.
"""

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
        l1: Factor of the absolute values, at least 0.
        l2: Factor of the squares, at least 0.

    >>> L1L2(l2=0.001)
    L1L2(l1=0.0, l2=0.001)
    """

    l1: float = 0.0
    l2: float = 0.0

    def __post_init__(self) -> None:
        for name in ("l1", "l2"):
            number = validation.as_float(name, getattr(self, name), at_least=0)
            object.__setattr__(self, name, number)

    def config(self) -> dict[str, float]:
        """Return the penalty as plain data."""
        return dataclasses.asdict(self)


def L1(l1: float = 0.01) -> L1L2:  # noqa: N802 - Keras's name
    """Return the penalty ``l1 * sum(|w|)``.

    >>> L1(0.1)
    L1L2(l1=0.1, l2=0.0)
    """
    return L1L2(l1=l1)


def L2(l2: float = 0.01) -> L1L2:  # noqa: N802 - Keras's name
    """Return the penalty ``l2 * sum(w²)``.

    >>> L2(0.1)
    L1L2(l1=0.0, l2=0.1)
    """
    return L1L2(l2=l2)


l1, l2, l1_l2 = L1, L2, L1L2  # Keras's short names

# Keras's "l1_l2" has factors of 0 and penalizes nothing; here it is both "l1" and "l2".
REGULARIZERS = {"l1": L1, "l2": L2, "l1_l2": lambda: L1L2(0.01, 0.01)}

RegularizerLike = str | L1L2 | Mapping[str, Any] | None


def get(argument: str, value: Any) -> L1L2 | None:
    """Return the penalty that an argument names or is; None for none.

    Args:
        argument: Name of the argument, for errors.
        value: An `L1L2`, the name ``"l1"``, ``"l2"`` or ``"l1_l2"``, what its ``config`` gave, or None.

    Raises:
        TypeError: It is none of these.
        ValueError: The name is not known, or a factor is below 0.

    >>> get("kernel_regularizer", "l2")
    L1L2(l1=0.0, l2=0.01)
    """
    if value is None or isinstance(value, L1L2):
        return value
    if isinstance(value, Mapping):
        return from_config(value)
    if value in (L1, L2, L1L2):  # without parentheses
        value = {L1: "l1", L2: "l2", L1L2: "l1_l2"}[value]
    return REGULARIZERS[validation.choice(argument, value, REGULARIZERS)]()


def from_config(config: Mapping[str, Any]) -> L1L2:
    """Make a penalty from what its ``config`` gave.

    >>> from_config({"l1": 0.0, "l2": 0.01})
    L1L2(l1=0.0, l2=0.01)
    """
    for name in config:
        validation.choice("regularizer", name, ("l1", "l2"))
    return L1L2(**config)
