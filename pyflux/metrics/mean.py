"""Metrics that are the mean of a value over samples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .metric import Metric, snake_case


class RunningMean(Metric):
    """The base of metrics that are a weighted mean; a subclass calls `add`."""

    def __init__(self, name: str | None = None, dtype: str | None = None) -> None:
        super().__init__(dtype, name)
        self.reset_state()

    def add(self, values: ArrayLike, sample_weight: ArrayLike | None) -> None:
        """Add the values of some samples."""
        total, count = weighted_sum(values, sample_weight)
        self.total += total
        self.count += count

    def result(self) -> float:
        """Return the mean, 0 if there is no sample."""
        return self.total / self.count if self.count else 0.0

    def reset_state(self) -> None:
        """Discard all samples."""
        self.total = self.count = 0.0


class Mean(RunningMean):
    """The weighted mean of values.

    Args:
        name: Name in the logs.
        dtype: As for `Metric`.

    >>> mean = Mean()
    >>> mean.update_state([1, 3, 5, 7])
    >>> mean.update_state([10, 20], sample_weight=[1, 0])
    >>> mean.result()
    5.2
    """

    def __init__(self, name: str | None = "mean", dtype: str | None = None) -> None:
        super().__init__(name, dtype)

    def update_state(  # type: ignore[override]
        self, values: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> None:
        """Add values.

        Args:
            values: ``(N,)``, or ``(N, …)``, whose mean over all axes but the first counts.
            sample_weight: Weights that go with the first axes of ``values``, such as ``(N,)``.
        """
        self.add(values, sample_weight)


class SampleMean(RunningMean):
    """The base of metrics with a value for each sample; a subclass implements `values`."""

    def update_state(
        self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> None:
        """Add some samples. NaN and infinite outputs are no error: the result may be NaN."""
        with np.errstate(all="ignore"):
            self.add(self.values(y_true, y_pred), sample_weight)

    def values(self, y_true: ArrayLike, y_pred: ArrayLike) -> NDArray[Any]:
        """Return the value of each sample, ``(N,)``, or of each output, ``(N, outputs)``."""
        raise NotImplementedError(f"{type(self).__name__} must implement values(y_true, y_pred)")


class MeanMetricWrapper(RunningMean):
    """The mean of a function of your own.

    The function gets NumPy arrays. It returns a value for each sample, or one number, which is weighted by
    the number of samples in the call. `fit` passes several batches at once, `evaluate` all samples.

    Args:
        fn: A function, called as ``fn(y_true, y_pred, **kwargs)``.
        name: Name in the logs; by default that of the function.
        dtype: As for `Metric`.
        **kwargs: Further arguments of ``fn``.

    Raises:
        TypeError: ``fn`` is not a function, or does not return numbers.

    >>> def largest_error(y_true, y_pred):
    ...     return np.abs(y_true - y_pred).max(axis=1)
    >>> metric = MeanMetricWrapper(largest_error)
    >>> metric.name, metric(np.zeros((2, 2)), np.array([[1.0, 2.0], [0.0, 0.5]]))
    ('largest_error', 1.25)
    """

    def __init__(
        self, fn: Callable[..., Any], name: str | None = None, dtype: str | None = None, **kwargs: Any
    ) -> None:
        if not callable(fn):
            raise TypeError(f"fn must be a function of (y_true, y_pred), got {fn!r}")
        super().__init__(name or snake_case(getattr(fn, "__name__", type(fn).__name__)), dtype)
        self.fn = fn
        self.kwargs = kwargs

    def update_state(
        self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> None:
        """Add some samples."""
        true, pred = np.asarray(y_true), np.asarray(y_pred)
        values = np.asarray(self.fn(true, pred, **self.kwargs))
        if values.dtype.kind not in "fiub":
            raise TypeError(f"metric function {self.name!r} must return numbers, got {values.dtype}")
        if values.ndim == 0:
            values = np.broadcast_to(values, len(pred))
        self.add(values, sample_weight)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make the same metric."""
        return {"fn": self.fn, "name": self.name, **self.kwargs}

    def config(self) -> dict[str, Any]:
        """Return the function's name: the function itself is not plain data."""
        return {"type": "function", "name": self.name}


def weighted_sum(values: ArrayLike, sample_weight: ArrayLike | None) -> tuple[float, float]:
    """Return the weighted sum of the samples' values and the sum of the weights.

    >>> weighted_sum([[1, 3], [5, 7]], sample_weight=[1, 0.5])
    (5.0, 1.5)
    """
    array = np.asarray(values, dtype=np.float64)
    if sample_weight is None:
        each = array.reshape(len(array), -1).mean(axis=1) if array.ndim and len(array) else array
        return float(each.sum()), float(each.size)
    weights = np.asarray(sample_weight, dtype=np.float64)
    if weights.ndim > array.ndim and weights.shape[-1] == 1:
        weights = weights[..., 0]
    if array.ndim > weights.ndim > 0:
        array = array.mean(axis=tuple(range(weights.ndim, array.ndim)))
    try:
        weights = np.broadcast_to(weights, array.shape)
    except ValueError as e:
        raise ValueError(
            f"sample_weight has shape {np.shape(sample_weight)}, which does not go with values of shape "
            f"{np.shape(values)}; give one weight for each sample"
        ) from e
    per_sample = weights.size / len(weights) if weights.ndim else 1
    return float((array * weights).sum() / per_sample), float(weights.sum() / per_sample)
