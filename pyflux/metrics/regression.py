"""Distances between outputs and targets."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..losses import Loss
from .mean import SampleMean
from .targets import aligned, needs_columns

_EPSILON = 1e-7


class RegressionMetric(SampleMean):
    """The base of metrics of the difference between outputs and targets."""

    direction = "down"

    def values(self, y_true: ArrayLike, y_pred: ArrayLike) -> NDArray[Any]:
        """Return the distance of each output."""
        true, pred = aligned(self.name, y_true, y_pred)
        return self.distances(true.astype(np.float64), pred.astype(np.float64))

    def distances(self, true: NDArray[np.float64], pred: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the distance of each output."""
        raise NotImplementedError

    def check(self, loss: Loss | None, output_shape: tuple[int, ...]) -> None:
        """Raise ``ValueError`` for labels of several classes."""
        if output_shape[-1] > 1:
            needs_columns(self.name, loss, output_shape)


class MeanSquaredError(RegressionMetric):
    """The mean of (y_pred - y_true)².

    Args:
        name: Name in the logs.
        dtype: As for `Metric`.

    >>> MeanSquaredError()([[0, 1], [0, 0]], [[1, 1], [0, 0]])
    0.25
    """

    def __init__(self, name: str | None = "mean_squared_error", dtype: str | None = None) -> None:
        super().__init__(name, dtype)

    def distances(self, true: NDArray[np.float64], pred: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the squared differences."""
        return np.square(pred - true)


class RootMeanSquaredError(MeanSquaredError):
    """The square root of the mean of (y_pred - y_true)².

    Args:
        name: Name in the logs.
        dtype: As for `Metric`.

    >>> RootMeanSquaredError()([[0, 1], [0, 0]], [[1, 1], [0, 0]])
    0.5
    """

    def __init__(self, name: str | None = "root_mean_squared_error", dtype: str | None = None) -> None:
        super().__init__(name, dtype)

    def result(self) -> float:
        """Return the root of the mean."""
        return math.sqrt(super().result())


class MeanAbsoluteError(RegressionMetric):
    """The mean of |y_pred - y_true|.

    Args:
        name: Name in the logs.
        dtype: As for `Metric`.

    >>> MeanAbsoluteError()([[0, 1], [0, 0]], [[1, 1], [0, 0]])
    0.25
    """

    def __init__(self, name: str | None = "mean_absolute_error", dtype: str | None = None) -> None:
        super().__init__(name, dtype)

    def distances(self, true: NDArray[np.float64], pred: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the absolute differences."""
        return np.abs(pred - true)


class MeanAbsolutePercentageError(RegressionMetric):
    """The mean of 100 |y_pred - y_true| / max(|y_true|, 1e-7).

    Args:
        name: Name in the logs.
        dtype: As for `Metric`.

    >>> MeanAbsolutePercentageError()([[2, 1], [1, 5]], [[1, 1], [1, 5]])
    12.5
    """

    def __init__(self, name: str | None = "mean_absolute_percentage_error", dtype: str | None = None) -> None:
        super().__init__(name, dtype)

    def distances(self, true: NDArray[np.float64], pred: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the differences in percent of the targets."""
        return 100 * np.abs(pred - true) / np.maximum(np.abs(true), _EPSILON)
