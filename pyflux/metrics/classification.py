"""Precision, recall and the counts behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._internal import validation
from ..losses import Loss
from .counts import ConfusionCounts, divide_no_nan, output_weights
from .metric import Metric, Result
from .targets import indicators

Thresholds = float | Sequence[float] | None


class ConfusionMetric(Metric):
    """The base of metrics computed from true and false positives and negatives."""

    def __init__(
        self,
        thresholds: Thresholds = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(dtype, name)
        self.thresholds = thresholds
        self.top_k = None if top_k is None else validation.as_int("top_k", top_k)
        self.class_id = None if class_id is None else validation.as_int("class_id", class_id, minimum=0)
        self._levels = levels(thresholds, -np.inf if top_k is not None else 0.5)
        self.reset_state()

    def update_state(
        self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> None:
        """Add some samples; targets are 0 or 1 for each output, or labels of the outputs."""
        true, pred = indicators(self.name, y_true, y_pred)
        if self.top_k is not None:
            pred = highest(pred, self.top_k)
        if self.class_id is not None:
            if pred.ndim < 2 or self.class_id >= pred.shape[-1]:
                raise ValueError(
                    f"{self.name}: class_id is {self.class_id}, but y_pred has shape {pred.shape}; "
                    f"y_pred needs a column for each class"
                )
            true, pred = true[..., self.class_id], pred[..., self.class_id]
        weights = output_weights(self.name, sample_weight, true.shape)
        self.counts.add(true.ravel(), pred.ravel(), None if weights is None else weights.ravel())

    def result(self) -> Result:
        """Return a number, or an array with one for each threshold."""
        values = self.values()[np.argsort(np.argsort(self._levels, kind="stable"), kind="stable")]
        return float(values[0]) if len(values) == 1 else values

    def values(self) -> NDArray[np.float64]:
        """Return the value at each threshold, in ascending order."""
        raise NotImplementedError

    def reset_state(self) -> None:
        """Discard all samples."""
        self.counts = ConfusionCounts.zeros(self._levels)

    def get_state(self) -> dict[str, Any]:
        """Return the counts."""
        return {"counts": asdict(self.counts)}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Continue with the counts of `get_state`."""
        self.counts = ConfusionCounts(**state["counts"])

    def check(self, loss: Loss | None, output_shape: tuple[int, ...]) -> None:
        """Raise ``ValueError`` for several thresholds, or a class that is not among the outputs."""
        if len(self._levels) > 1:
            raise ValueError(
                f"metrics: {self.name} gives {len(self._levels)} numbers, one for each threshold; "
                f"compile one metric for each threshold, with its own name"
            )
        if self.class_id is not None and self.class_id >= output_shape[-1]:
            raise ValueError(
                f"metrics: {self.name} has class_id={self.class_id}, but the network has {output_shape[-1]} "
                f"outputs"
            )


class Precision(ConfusionMetric):
    """Fraction of the positive predictions that are correct; 0 if there are none.

    Args:
        thresholds: Outputs above it are positive predictions: a number in [0, 1], 0.5 by default, or a list
            of numbers for a result at each. Use 0 for logits.
        top_k: Only the ``top_k`` highest outputs of a sample can be positive; all of them are if
            ``thresholds`` is None.
        class_id: The only class to look at, from 0.
        name: Name in the logs.
        dtype: As for `Metric`.

    Raises:
        TypeError, ValueError: An argument is out of its range; in `compile`, there are several thresholds.

    >>> Precision()([0, 1, 1, 1], [1, 0, 1, 1])
    0.6666666666666666
    >>> Precision(top_k=2)([[0, 0, 1, 1]], [[0.9, 0.1, 0.8, 0.3]])
    0.5
    """

    direction = "up"

    def values(self) -> NDArray[np.float64]:
        """Return the precision at each threshold."""
        positive = self.counts.true_positives + self.counts.false_positives
        return divide_no_nan(self.counts.true_positives, positive)


class Recall(ConfusionMetric):
    """Fraction of the samples with target 1 that are predicted as positive; 0 if there are none.

    Args:
        thresholds: Outputs above it are positive predictions: a number in [0, 1], 0.5 by default, or a list
            of numbers for a result at each. Use 0 for logits.
        top_k: Only the ``top_k`` highest outputs of a sample can be positive; all of them are if
            ``thresholds`` is None.
        class_id: The only class to look at, from 0.
        name: Name in the logs.
        dtype: As for `Metric`.

    Raises:
        TypeError, ValueError: An argument is out of its range; in `compile`, there are several thresholds.

    >>> Recall()([0, 1, 1, 1], [1, 0, 1, 1])
    0.6666666666666666
    """

    direction = "up"

    def values(self) -> NDArray[np.float64]:
        """Return the recall at each threshold."""
        return divide_no_nan(self.counts.true_positives, np.full(len(self._levels), self.counts.positives))


class ConfusionCount(ConfusionMetric):
    """The base of the four counts."""

    def __init__(
        self, thresholds: Thresholds = None, name: str | None = None, dtype: str | None = None
    ) -> None:
        super().__init__(thresholds, name=name, dtype=dtype)


class TruePositives(ConfusionCount):
    """Number, or weight, of outputs above the threshold whose target is 1.

    Args:
        thresholds: A number in [0, 1], 0.5 by default, or a list.
        name: Name in the logs.
        dtype: As for `Metric`.

    >>> TruePositives()([0, 1, 1, 1], [1, 0, 1, 1])
    2.0
    """

    direction = "up"

    def values(self) -> NDArray[np.float64]:
        """Return the count at each threshold."""
        return self.counts.true_positives


class FalsePositives(ConfusionCount):
    """Number, or weight, of outputs above the threshold whose target is 0.

    Args:
        thresholds: A number in [0, 1], 0.5 by default, or a list.
        name: Name in the logs.
        dtype: As for `Metric`.

    >>> FalsePositives()([0, 1, 0, 0], [0, 0, 1, 1])
    2.0
    """

    direction = "down"

    def values(self) -> NDArray[np.float64]:
        """Return the count at each threshold."""
        return self.counts.false_positives


class TrueNegatives(ConfusionCount):
    """Number, or weight, of outputs not above the threshold whose target is 0.

    Args:
        thresholds: A number in [0, 1], 0.5 by default, or a list.
        name: Name in the logs.
        dtype: As for `Metric`.

    >>> TrueNegatives()([0, 1, 0, 0], [1, 1, 0, 0])
    2.0
    """

    direction = "up"

    def values(self) -> NDArray[np.float64]:
        """Return the count at each threshold."""
        return self.counts.true_negatives


class FalseNegatives(ConfusionCount):
    """Number, or weight, of outputs not above the threshold whose target is 1.

    Args:
        thresholds: A number in [0, 1], 0.5 by default, or a list.
        name: Name in the logs.
        dtype: As for `Metric`.

    >>> FalseNegatives()([0, 1, 1, 1], [0, 1, 0, 0])
    2.0
    """

    direction = "down"

    def values(self) -> NDArray[np.float64]:
        """Return the count at each threshold."""
        return self.counts.false_negatives


def levels(thresholds: Thresholds, default: float) -> list[float]:
    """Return thresholds as a list, refusing those that are not in [0, 1].

    >>> levels([0.2, 0.5], default=0.5), levels(None, default=0.5)
    ([0.2, 0.5], [0.5])
    """
    if thresholds is None:
        return [default]
    given: list[Any] = list(thresholds) if isinstance(thresholds, Sequence | np.ndarray) else [thresholds]
    numbers = [validation.as_float("thresholds", value) for value in given]
    if not numbers or not all(0 <= number <= 1 for number in numbers):
        raise ValueError(f"thresholds must be a number in [0, 1], or a list of such, got {thresholds!r}")
    return numbers


def highest(pred: NDArray[Any], k: int) -> NDArray[Any]:
    """Return outputs with all but the ``k`` highest of each sample replaced by minus infinity.

    >>> highest(np.array([[0.5, 0.2, 0.3]]), 2)
    array([[ 0.5, -inf,  0.3]])
    """
    others = np.argsort(-pred, axis=-1, kind="stable")[..., k:]
    result = pred.astype(np.float32 if pred.dtype.kind != "f" else pred.dtype)
    np.put_along_axis(result, others, -np.inf, axis=-1)
    return result
