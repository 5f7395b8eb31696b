"""True and false positives and negatives at thresholds, which precision, recall and AUC are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.float64]


@dataclass
class ConfusionCounts:
    """Weighted counts at each of T thresholds; an output above a threshold is a positive prediction.

    Attributes:
        thresholds: ``(T,)``, ascending.
        true_positives: ``(T,)``.
        false_positives: ``(T,)``.
        positives: Weight of all samples whose target is 1.
        negatives: Weight of all samples whose target is 0.

    >>> counts = ConfusionCounts.zeros([0.5])
    >>> counts.add(np.array([True, True, False]), np.array([0.9, 0.2, 0.7]))
    >>> counts.true_positives, counts.false_positives, counts.false_negatives
    (array([1.]), array([1.]), array([1.]))
    """

    thresholds: NDArray[np.float32]
    true_positives: Counts
    false_positives: Counts
    positives: float = 0.0
    negatives: float = 0.0

    @classmethod
    def zeros(cls, thresholds: Sequence[float]) -> ConfusionCounts:
        """Return counts of no samples."""
        levels = np.sort(np.asarray(thresholds, dtype=np.float32))
        return cls(levels, np.zeros(len(levels)), np.zeros(len(levels)))

    @property
    def false_negatives(self) -> Counts:
        """``(T,)``: weight of the samples with target 1 that are not above the threshold."""
        return self.positives - self.true_positives

    @property
    def true_negatives(self) -> Counts:
        """``(T,)``: weight of the samples with target 0 that are not above the threshold."""
        return self.negatives - self.false_positives

    def add(
        self, true: NDArray[np.bool_], pred: NDArray[Any], weights: NDArray[np.float64] | None = None
    ) -> None:
        """Add samples ``(N,)``. A NaN is above no threshold."""
        outputs = np.asarray(pred, dtype=np.float32)
        below = np.searchsorted(self.thresholds, np.where(np.isnan(outputs), -np.inf, outputs))
        for is_class, counts in ((true, self.true_positives), (~true, self.false_positives)):
            chosen = None if weights is None else weights[is_class]
            histogram = np.bincount(below[is_class], chosen, minlength=len(self.thresholds) + 1)
            counts += histogram[::-1].cumsum()[::-1][1:]
        self.positives += float(true.sum() if weights is None else weights[true].sum())
        self.negatives += float((~true).sum() if weights is None else weights[~true].sum())


def divide_no_nan(numerator: NDArray[Any], denominator: NDArray[Any]) -> NDArray[np.float64]:
    """Return the quotient, 0 where the denominator is 0.

    >>> divide_no_nan(np.array([1.0, 1.0]), np.array([2.0, 0.0]))
    array([0.5, 0. ])
    """
    quotient = np.zeros(np.broadcast(numerator, denominator).shape)
    np.divide(numerator, denominator, out=quotient, where=denominator != 0)
    return quotient


def output_weights(metric: str, sample_weight: Any, shape: tuple[int, ...]) -> NDArray[np.float64] | None:
    """Return a weight for each output of each sample, or None without weights.

    Raises:
        ValueError: The weights do not go with outputs of this shape.

    >>> output_weights("precision", [1, 2], (2, 2))
    array([[1., 1.],
           [2., 2.]])
    """
    if sample_weight is None:
        return None
    weights = np.asarray(sample_weight, dtype=np.float64)
    while 0 < weights.ndim < len(shape):
        weights = weights[..., None]
    try:
        return np.broadcast_to(weights.reshape(weights.shape[: len(shape)]), shape)
    except ValueError as e:
        raise ValueError(
            f"{metric}: sample_weight has shape {np.shape(sample_weight)}, which does not go with outputs of "
            f"shape {shape}; give one weight for each sample"
        ) from e
