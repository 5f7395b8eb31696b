"""Accuracy: how often predictions are correct."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._internal import validation
from ..losses import Loss
from .labels import as_classes, as_labels_and_outputs, as_numbers
from .mean import SampleMean
from .targets import aligned, class_labels, needs_columns


def accuracy(labels: ArrayLike, outputs: ArrayLike) -> float:
    """Return the fraction of samples whose highest output is that of their class.

    Args:
        labels: True classes ``(N,)``, integers from 0.
        outputs: What the network gives ``(N, K)``, probabilities or logits. Of equally high ones the first
            counts, as for ``outputs.argmax(axis=1)``.

    Raises:
        TypeError: The labels are not integers, or the outputs are not numbers.
        ValueError: A shape does not fit, there are no samples, a label is not in 0 … K - 1, or an output is
            NaN.

    >>> accuracy([0, 1, 1], [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
    0.6666666666666666
    """
    true, values = as_labels_and_outputs(labels, outputs)
    return float(np.mean(values.argmax(axis=1) == true))


def binary_accuracy(labels: ArrayLike, probabilities: ArrayLike, threshold: float = 0.5) -> float:
    """Return the fraction of samples on the correct side of a threshold.

    Args:
        labels: ``(N,)`` or ``(N, 1)``, 0 or 1.
        probabilities: Those of class 1, ``(N,)`` or ``(N, 1)``, in [0, 1].
        threshold: A probability above it means class 1; in [0, 1].

    Raises:
        TypeError: The labels are not integers, or the probabilities are not numbers.
        ValueError: A shape does not fit, there are no samples, or a value is out of its range.

    >>> binary_accuracy([0, 1, 1, 0], [0.1, 0.8, 0.4, 0.5])
    0.75
    """
    threshold = validation.as_float("threshold", threshold)
    if not 0 <= threshold <= 1:
        raise ValueError(f"threshold must be in [0, 1], got {threshold:g}")
    values = as_numbers("probabilities", probabilities)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1 or not len(values):
        raise ValueError(f"probabilities must have shape (N,) or (N, 1), N at least 1, got {values.shape}")
    true = as_classes("labels", labels, 2, len(values))
    if values.min() < 0 or values.max() > 1:
        raise ValueError(
            f"probabilities must be in [0, 1], got values from {values.min():g} to {values.max():g}; "
            f"put logits through 1 / (1 + exp(-x)) first"
        )
    return float(np.mean((values > threshold) == (true == 1)))


class Accuracy(SampleMean):
    """How often outputs are equal to targets.

    ``compile(metrics=["accuracy"])`` chooses `BinaryAccuracy`, `SparseCategoricalAccuracy` or
    `CategoricalAccuracy`, not this class.

    Args:
        name: Name in the logs.
        dtype: As for `Metric`.

    >>> Accuracy()([[1], [2], [3], [4]], [[0], [2], [3], [4]])
    0.75
    """

    direction = "up"

    def __init__(self, name: str | None = "accuracy", dtype: str | None = None) -> None:
        super().__init__(name, dtype)

    def values(self, y_true: ArrayLike, y_pred: ArrayLike) -> NDArray[Any]:
        """Return whether each output is correct."""
        true, pred = aligned(self.name, y_true, y_pred)
        return np.asarray(true == pred)


class BinaryAccuracy(SampleMean):
    """How often outputs are on the correct side of a threshold, for targets of 0 and 1.

    Args:
        name: Name in the logs.
        dtype: As for `Metric`.
        threshold: Outputs above it mean 1: 0.5 for probabilities, 0 for logits. ``metrics=["accuracy"]``
            chooses by the ``from_logits`` of the loss.

    >>> BinaryAccuracy()([[1], [1], [0], [0]], [[0.98], [1], [0], [0.6]])
    0.75
    """

    direction = "up"

    def __init__(
        self, name: str | None = "binary_accuracy", dtype: str | None = None, threshold: float = 0.5
    ) -> None:
        super().__init__(name, dtype)
        self.threshold = validation.as_float("threshold", threshold)

    def values(self, y_true: ArrayLike, y_pred: ArrayLike) -> NDArray[Any]:
        """Return whether each output is correct."""
        true, pred = aligned(self.name, y_true, y_pred)
        return np.asarray(true == (pred > self.threshold))

    def check(self, loss: Loss | None, output_shape: tuple[int, ...]) -> None:
        """Raise ``ValueError`` for labels of more than two classes."""
        if output_shape[-1] > 1:
            needs_columns(self.name, loss, output_shape)


class CategoricalAccuracy(SampleMean):
    """How often the highest output is that of the sample's class.

    Targets are one-hot rows, or labels. Outputs are probabilities or logits; NaN counts as the highest.

    Args:
        name: Name in the logs.
        dtype: As for `Metric`.

    >>> CategoricalAccuracy()([[0, 0, 1], [0, 1, 0]], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]])
    0.5
    """

    direction = "up"

    def __init__(self, name: str | None = "categorical_accuracy", dtype: str | None = None) -> None:
        super().__init__(name, dtype)

    def values(self, y_true: ArrayLike, y_pred: ArrayLike) -> NDArray[Any]:
        """Return whether each sample is correct."""
        labels, pred = class_labels(self.name, y_true, y_pred)
        return np.asarray(pred.argmax(axis=1) == labels)

    def check(self, loss: Loss | None, output_shape: tuple[int, ...]) -> None:
        """Raise ``ValueError`` for a single output."""
        if output_shape[-1] < 2:
            raise ValueError(
                f"metrics: {self.name} compares outputs of several classes, but the network has one output; "
                f"use 'accuracy' or BinaryAccuracy"
            )


class SparseCategoricalAccuracy(CategoricalAccuracy):
    """How often the highest output is that of the sample's label.

    Args:
        name: Name in the logs.
        dtype: As for `Metric`.

    >>> SparseCategoricalAccuracy()([2, 1], [[0.1, 0.6, 0.3], [0.05, 0.95, 0]])
    0.5
    """

    def __init__(self, name: str | None = "sparse_categorical_accuracy", dtype: str | None = None) -> None:
        super().__init__(name, dtype)
