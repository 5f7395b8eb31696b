"""Cross-entropies as metrics: losses without weight penalties and sample weights."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._internal import validation
from ..losses import Loss
from .mean import SampleMean
from .targets import aligned, class_labels, needs_columns

_EPSILON = 1e-7  # probabilities are kept this far away from 0 and 1, as in Keras


class BinaryCrossentropy(SampleMean):
    """The cross-entropy of outputs with targets in 0 … 1, in nats, averaged over outputs and samples.

    Args:
        name: Name in the logs.
        dtype: As for `Metric`.
        from_logits: Whether outputs are logits.
        label_smoothing: Share of each target that is spread evenly over 0 and 1, in [0, 1).

    >>> round(BinaryCrossentropy()([[0], [1]], [[0.5], [0.25]]), 4)
    1.0397
    """

    direction = "down"

    def __init__(
        self,
        name: str | None = "binary_crossentropy",
        dtype: str | None = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
    ) -> None:
        super().__init__(name, dtype)
        self.from_logits = from_logits
        self.label_smoothing = validation.fraction("label_smoothing", label_smoothing)

    def values(self, y_true: ArrayLike, y_pred: ArrayLike) -> NDArray[Any]:
        """Return the cross-entropy of each output."""
        true, pred = (array.astype(np.float64) for array in aligned(self.name, y_true, y_pred))
        true = true * (1 - self.label_smoothing) + self.label_smoothing / 2
        if self.from_logits:
            return np.maximum(pred, 0) - pred * true + np.log1p(np.exp(-np.abs(pred)))
        probability = np.clip(pred, _EPSILON, 1 - _EPSILON)
        return -(true * np.log(probability) + (1 - true) * np.log1p(-probability))

    def check(self, loss: Loss | None, output_shape: tuple[int, ...]) -> None:
        """Raise ``ValueError`` for labels of several classes."""
        if output_shape[-1] > 1:
            needs_columns(self.name, loss, output_shape)


class CategoricalCrossentropy(SampleMean):
    """The cross-entropy of outputs with the classes of samples, in nats, averaged over samples.

    Targets are one-hot rows or other distributions ``(N, classes)``.

    Args:
        name: Name in the logs.
        dtype: As for `Metric`.
        from_logits: Whether outputs are logits; probabilities are divided by their sum first.
        label_smoothing: Share of each target that is spread evenly over all classes, in [0, 1).

    >>> round(CategoricalCrossentropy()([[0, 1, 0], [0, 0, 1]], [[0.05, 0.95, 0], [0.1, 0.8, 0.1]]), 4)
    1.1769
    """

    direction = "down"

    def __init__(
        self,
        name: str | None = "categorical_crossentropy",
        dtype: str | None = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
    ) -> None:
        super().__init__(name, dtype)
        self.from_logits = from_logits
        self.label_smoothing = validation.fraction("label_smoothing", label_smoothing)

    def values(self, y_true: ArrayLike, y_pred: ArrayLike) -> NDArray[Any]:
        """Return the cross-entropy of each sample."""
        true, pred = (array.astype(np.float64) for array in aligned(self.name, y_true, y_pred))
        true = true * (1 - self.label_smoothing) + self.label_smoothing / true.shape[-1]
        return np.asarray(-np.sum(true * log_probabilities(pred, self.from_logits), axis=-1))

    def check(self, loss: Loss | None, output_shape: tuple[int, ...]) -> None:
        """Raise ``ValueError`` for labels."""
        needs_columns(self.name, loss, output_shape)


class SparseCategoricalCrossentropy(SampleMean):
    """The cross-entropy of outputs with labels, in nats, averaged over samples.

    Args:
        name: Name in the logs.
        dtype: As for `Metric`.
        from_logits: Whether outputs are logits; probabilities are divided by their sum first.

    >>> round(SparseCategoricalCrossentropy()([1, 2], [[0.05, 0.95, 0], [0.1, 0.8, 0.1]]), 4)
    1.1769
    """

    direction = "down"

    def __init__(
        self,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: str | None = None,
        from_logits: bool = False,
    ) -> None:
        super().__init__(name, dtype)
        self.from_logits = from_logits

    def values(self, y_true: ArrayLike, y_pred: ArrayLike) -> NDArray[Any]:
        """Return the cross-entropy of each sample."""
        labels, pred = class_labels(self.name, y_true, y_pred)
        logs = log_probabilities(pred.astype(np.float64), self.from_logits)
        return -np.asarray(np.take_along_axis(logs, labels.astype(np.int64)[:, None], axis=1)[:, 0])


def log_probabilities(pred: NDArray[np.float64], from_logits: bool) -> NDArray[np.float64]:
    """Return the logarithms of the probabilities that outputs ``(N, classes)`` stand for.

    >>> log_probabilities(np.array([[0.0, 0.0]]), from_logits=True)
    array([[-0.69314718, -0.69314718]])
    """
    if from_logits:
        shifted = pred - pred.max(axis=-1, keepdims=True)
        return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)))
    probability = pred / pred.sum(axis=-1, keepdims=True)
    return np.asarray(np.log(np.clip(probability, _EPSILON, 1 - _EPSILON)))
