"""The F score, a mean of precision and recall."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._internal import validation
from ..losses import Loss
from .metric import Metric, Result
from .targets import indicators

_AVERAGES = ("micro", "macro", "weighted")
_EPSILON = 1e-7


class FBetaScore(Metric):
    """The weighted harmonic mean of precision and recall: (1 + β²) P R / (β² P + R).

    Args:
        average: ``"macro"`` for the mean over classes, ``"weighted"`` for the mean weighted by the number of
            samples, ``"micro"`` for one score over all outputs, None for an array with the score of each
            class, which `compile` rejects.
        beta: Weight of the recall, greater than 0.
        threshold: Outputs above it are positive predictions, in (0, 1]; by default the highest output of each
            sample is.
        name: Name in the logs.
        dtype: As for `Metric`.

    Raises:
        TypeError, ValueError: An argument is out of its range.

    >>> metric = FBetaScore("macro", beta=2.0, threshold=0.5)
    >>> round(metric([[1, 1, 1], [1, 0, 0]], [[0.2, 0.6, 0.7], [0.2, 0.6, 0.6]]), 4)
    0.5556
    """

    direction = "up"
    true_positives: NDArray[np.float64]
    false_positives: NDArray[np.float64]
    positives: NDArray[np.float64]

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str | None = "fbeta_score",
        dtype: str | None = None,
    ) -> None:
        super().__init__(dtype, name)
        self.average = None if average is None else validation.choice("average", average, _AVERAGES)
        self.beta = validation.as_float("beta", beta, above=0)
        self.threshold = threshold
        if threshold is not None and validation.as_float("threshold", threshold, above=0) > 1:
            raise ValueError(f"threshold must be in (0, 1], got {threshold!r}")
        self.reset_state()

    def update_state(
        self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> None:
        """Add some samples; targets are 0 or 1 for each output, or labels of the outputs."""
        true, pred = indicators(self.name, y_true, y_pred)
        if pred.ndim != 2:
            raise ValueError(f"{self.name}: y_pred must have shape (N, classes), got {pred.shape}")
        if self.threshold is None:
            # A row of zeros has no positive prediction, as in Keras.
            chosen = (pred >= pred.max(axis=1, keepdims=True)) & (np.abs(pred) > 1e-9)
        else:
            chosen = pred > self.threshold
        weights = np.ones(len(pred)) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        weights = np.broadcast_to(weights.reshape(-1, 1), pred.shape)
        axis = None if self.average == "micro" else 0
        self.true_positives = self.true_positives + np.sum(weights * (chosen & true), axis=axis)
        self.false_positives = self.false_positives + np.sum(weights * (chosen & ~true), axis=axis)
        self.positives = self.positives + np.sum(weights * true, axis=axis)

    def result(self) -> Result:
        """Return the score, or an array with that of each class without ``average``."""
        precision = self.true_positives / (self.true_positives + self.false_positives + _EPSILON)
        recall = self.true_positives / (self.positives + _EPSILON)
        score = (1 + self.beta**2) * precision * recall / (self.beta**2 * precision + recall + _EPSILON)
        if self.average is None:
            return np.asarray(score)
        if self.average == "weighted":
            return float(np.sum(score * self.positives / (np.sum(self.positives) + _EPSILON)))
        return float(np.mean(score))

    def reset_state(self) -> None:
        """Discard all samples."""
        self.true_positives = self.false_positives = self.positives = np.zeros(())

    def check(self, loss: Loss | None, output_shape: tuple[int, ...]) -> None:
        """Raise ``ValueError`` without ``average``."""
        if self.average is None:
            raise ValueError(
                f"metrics: {self.name} gives a number for each class; use "
                f"{type(self).__name__}(average='macro'), or 'weighted' or 'micro'"
            )


class F1Score(FBetaScore):
    """The harmonic mean of precision and recall: 2 P R / (P + R).

    Args:
        average: As for `FBetaScore`.
        threshold: As for `FBetaScore`.
        name: Name in the logs.
        dtype: As for `Metric`.

    >>> round(F1Score("micro")([2, 0, 1], [[0.1, 0.2, 0.7], [0.6, 0.3, 0.1], [0.5, 0.4, 0.1]]), 4)
    0.6667
    """

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str | None = "f1_score",
        dtype: str | None = None,
    ) -> None:
        super().__init__(average, 1.0, threshold, name, dtype)
