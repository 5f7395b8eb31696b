"""`MeanAbsoluteError`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from .base import Array, Loss, paired


def mean_absolute_error(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """Return the mean of ``|y_true - y_pred|`` over the last axis.

    >>> mean_absolute_error([[0.0, 1.0]], [[0.0, 3.0]])
    array([1.])
    """
    targets, outputs = paired(y_true, y_pred)
    losses: Array = np.abs(outputs - targets).mean(axis=-1)
    return losses


@dataclass(frozen=True, repr=False)
class MeanAbsoluteError(Loss):
    """The absolute difference of outputs and targets ``(N,)`` or ``(N, outputs)``, averaged over both axes.

    Where they are equal, its gradient is 0.

    Args:
        reduction: See `Loss`.
        name: Accepted as in Keras.
        dtype: See `Loss`.

    >>> MeanAbsoluteError()([[0.0, 1.0]], [[0.0, 3.0]])
    1.0
    """

    kind: ClassVar[str] = "absolute"

    name: str | None = field(default="mean_absolute_error", kw_only=True, compare=False)

    def call(self, y_true: Array, y_pred: Array) -> Array:
        """Return the loss of each sample, ``(N,)``."""
        return mean_absolute_error(y_true, y_pred)
