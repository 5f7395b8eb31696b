"""`MeanSquaredError`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from .base import Array, Loss, paired


def mean_squared_error(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """Return the mean of ``(y_true - y_pred)²`` over the last axis.

    >>> mean_squared_error([[0.0, 1.0]], [[0.0, 3.0]])
    array([2.])
    """
    targets, outputs = paired(y_true, y_pred)
    losses: Array = np.square(outputs - targets).mean(axis=-1)
    return losses


@dataclass(frozen=True, repr=False)
class MeanSquaredError(Loss):
    """The squared difference of outputs and targets ``(N,)`` or ``(N, outputs)``, averaged over both axes.

    Args:
        reduction: See `Loss`.
        name: Accepted as in Keras.
        dtype: See `Loss`.

    >>> MeanSquaredError()([[0.0, 1.0]], [[0.0, 3.0]])
    2.0
    """

    kind: ClassVar[str] = "squared"

    name: str | None = field(default="mean_squared_error", kw_only=True, compare=False)

    def call(self, y_true: Array, y_pred: Array) -> Array:
        """Return the loss of each sample, ``(N,)``."""
        return mean_squared_error(y_true, y_pred)
