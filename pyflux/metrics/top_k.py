"""How often the true class is among the most likely ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._internal import validation
from ..losses import Loss
from .accuracy import CategoricalAccuracy
from .labels import as_labels_and_outputs
from .targets import class_labels


def top_k_accuracy(labels: ArrayLike, outputs: ArrayLike, k: int = 5) -> float:
    """Return the fraction of samples whose class is among those with the ``k`` highest outputs.

    Ties count against the label: a network with equal outputs for all classes gets 0.
    (`TopKCategoricalAccuracy` gives 1, as Keras does.)

    Args:
        labels: True classes ``(N,)``, integers from 0.
        outputs: What the network gives ``(N, K)``, probabilities or logits.
        k: How many classes may be guessed, from 1 to K.

    Raises:
        TypeError, ValueError: As for `accuracy`; or ``k`` is not in 1 … K.

    >>> top_k_accuracy([2, 2], [[0.5, 0.2, 0.3], [0.5, 0.3, 0.2]], k=2)
    0.5
    """
    true, values = as_labels_and_outputs(labels, outputs)
    k = validation.as_int("k", k)
    if k > values.shape[1]:
        raise ValueError(
            f"k must be at most the number of classes, which is {values.shape[1]}, got {k}; give a smaller k"
        )
    own = np.take_along_axis(values, true[:, None], axis=1)
    before = np.sum(values >= own, axis=1) - 1  # the label's own output is not before itself
    return float(np.mean(before < k))


class TopKCategoricalAccuracy(CategoricalAccuracy):
    """How often the true class is among the ``k`` with the highest outputs.

    Targets are one-hot rows, or labels. Ties count for the label, as in Keras: it is among the ``k`` highest
    if fewer than ``k`` outputs are higher. NaN for the true class counts as wrong.

    Args:
        k: Number of classes that count, at least 1.
        name: Name in the logs.
        dtype: As for `Metric`.

    Raises:
        TypeError, ValueError: ``k`` is not an integer from 1; in `compile`, it exceeds the number of classes.

    >>> TopKCategoricalAccuracy(k=1)([[0, 0, 1], [0, 1, 0]], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]])
    0.5
    """

    def __init__(
        self, k: int = 5, name: str | None = "top_k_categorical_accuracy", dtype: str | None = None
    ) -> None:
        super().__init__(name, dtype)
        self.k = validation.as_int("k", k)

    def values(self, y_true: ArrayLike, y_pred: ArrayLike) -> NDArray[Any]:
        """Return whether each sample's class is among the ``k`` highest."""
        labels, pred = class_labels(self.name, y_true, y_pred)
        own = np.take_along_axis(pred, labels.astype(np.int64)[:, None], axis=1)
        return np.asarray((np.sum(pred > own, axis=1) < self.k) & ~np.isnan(own[:, 0]))

    def check(self, loss: Loss | None, output_shape: tuple[int, ...]) -> None:
        """Raise ``ValueError`` if there are fewer than ``k`` classes."""
        super().check(loss, output_shape)
        if self.k > output_shape[-1]:
            raise ValueError(
                f"metrics: {self.name} has k={self.k}, but the network has {output_shape[-1]} classes; give "
                f"a smaller k"
            )


class SparseTopKCategoricalAccuracy(TopKCategoricalAccuracy):
    """How often the label is among the ``k`` classes with the highest outputs.

    Args:
        k: Number of classes that count, at least 1.
        name: Name in the logs.
        dtype: As for `Metric`.
        from_sorted_ids: Whether outputs are not scores, but class numbers from the most likely one on.

    >>> SparseTopKCategoricalAccuracy(k=1)([2, 1], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]])
    0.5
    >>> SparseTopKCategoricalAccuracy(k=1, from_sorted_ids=True)([2, 1], [[1, 0, 3], [1, 2, 3]])
    0.5
    """

    def __init__(
        self,
        k: int = 5,
        name: str | None = "sparse_top_k_categorical_accuracy",
        dtype: str | None = None,
        from_sorted_ids: bool = False,
    ) -> None:
        super().__init__(k, name, dtype)
        self.from_sorted_ids = from_sorted_ids

    def values(self, y_true: ArrayLike, y_pred: ArrayLike) -> NDArray[Any]:
        """Return whether each sample's label is among the ``k`` highest."""
        if not self.from_sorted_ids:
            return super().values(y_true, y_pred)
        labels, ids = np.asarray(y_true).reshape(-1, 1), np.asarray(y_pred)
        return np.asarray((ids[:, : self.k] == labels).any(axis=1))
