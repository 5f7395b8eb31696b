"""`Huber`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from .._internal import validation
from .base import Array, Loss, paired


def huber(y_true: ArrayLike, y_pred: ArrayLike, delta: float = 1.0) -> Array:
    """Return the mean of Huber's function of ``y_true - y_pred`` over the last axis.

    >>> huber([[0.0, 1.0]], [[0.0, 3.0]])
    array([0.75])
    """
    targets, outputs = paired(y_true, y_pred)
    distance = np.abs(outputs - targets)
    losses: Array = np.where(
        distance <= delta, np.square(distance) / 2, delta * (distance - outputs.dtype.type(delta / 2))
    ).mean(axis=-1)
    return losses


@dataclass(frozen=True, repr=False)
class Huber(Loss):
    """Half the squared difference of outputs and targets; beyond ``delta`` it grows linearly.

    With the difference ``d``: ``d² / 2`` where ``|d| <= delta``, else ``delta * (|d| - delta / 2)``, averaged
    over outputs and samples.

    Args:
        delta: The difference from which on the loss is linear, greater than 0.
        reduction: See `Loss`.
        name: Accepted as in Keras.
        dtype: See `Loss`.

    Raises:
        TypeError: ``delta`` is no number.
        ValueError: ``delta`` is not greater than 0.

    Source: Huber, "Robust Estimation of a Location Parameter", 1964.

    >>> Huber(delta=1.0)([[0.0, 1.0]], [[0.0, 3.0]])
    0.75
    """

    kind: ClassVar[str] = "huber"

    delta: float = 1.0
    name: str | None = field(default="huber_loss", kw_only=True, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set(delta=validation.as_float("delta", self.delta, above=0))

    def call(self, y_true: Array, y_pred: Array) -> Array:
        """Return the loss of each sample, ``(N,)``."""
        return huber(y_true, y_pred, self.delta)
