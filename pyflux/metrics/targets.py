"""Targets and outputs in the forms that metrics compute with."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..losses import Loss

Pair = tuple[NDArray[Any], NDArray[Any]]


def aligned(metric: str, y_true: ArrayLike, y_pred: ArrayLike) -> Pair:
    """Return targets and outputs as arrays of one shape: ``(N,)`` and ``(N, 1)`` are the same.

    Raises:
        ValueError: The shapes differ; the error names the metric and both shapes.

    >>> [array.shape for array in aligned("mean_squared_error", [0, 1], [[0.5], [0.5]])]
    [(2, 1), (2, 1)]
    """
    true, pred = np.asarray(y_true), np.asarray(y_pred)
    if true.ndim == pred.ndim + 1 and true.shape[-1] == 1:
        pred = pred[..., None]
    elif pred.ndim == true.ndim + 1 and pred.shape[-1] == 1:
        true = true[..., None]
    if true.shape != pred.shape:
        raise ValueError(
            f"{metric}: y_true has shape {true.shape} and y_pred {pred.shape}; it needs one target "
            f"per output, {pred.shape}"
        )
    return true, pred


def class_labels(metric: str, y_true: ArrayLike, y_pred: ArrayLike) -> Pair:
    """Return labels ``(N,)`` and outputs ``(N, classes)``; rows of targets ``(N, classes)`` become labels.

    Raises:
        ValueError: There are fewer than two outputs, or the shapes do not go together.

    >>> class_labels("accuracy", [[0, 1], [1, 0]], [[0.5, 0.5], [0.2, 0.8]])[0]
    array([1, 0])
    """
    true, pred = np.asarray(y_true), np.asarray(y_pred)
    if pred.ndim != 2 or pred.shape[1] < 2:
        raise ValueError(
            f"{metric}: y_pred must have a column for each of at least two classes, got shape {pred.shape}; "
            f"use BinaryAccuracy for a single output"
        )
    if true.shape == pred.shape:
        true = true.argmax(axis=1)
    elif true.shape == (len(pred), 1):
        true = true[:, 0]
    if true.shape != (len(pred),):
        raise ValueError(
            f"{metric}: y_true has shape {true.shape} and y_pred {pred.shape}; give labels ({len(pred)},) or "
            f"a column for each class {pred.shape}"
        )
    return true, pred


def indicators(metric: str, y_true: ArrayLike, y_pred: ArrayLike) -> Pair:
    """Return 0 or 1 for each output, and the outputs, of one shape; labels ``(N,)`` become one-hot rows.

    Raises:
        ValueError: The shapes do not go together, or a label has no column.

    >>> indicators("precision", [1, 0], [[0.2, 0.8], [0.4, 0.6]])[0]
    array([[False,  True],
           [ True, False]])
    """
    true, pred = np.asarray(y_true), np.asarray(y_pred)
    if pred.ndim == 2 and pred.shape[1] > 1 and true.shape in ((len(pred),), (len(pred), 1)):
        labels = true.reshape(-1, 1)
        if labels.size and not 0 <= labels.min() <= labels.max() < pred.shape[1]:
            raise ValueError(
                f"{metric}: y_true must be in 0 … {pred.shape[1] - 1}, got values from {labels.min()} to "
                f"{labels.max()}"
            )
        return labels == np.arange(pred.shape[1]), pred
    true, pred = aligned(metric, true, pred)
    return true.astype(bool), pred


def needs_columns(metric: str, loss: Loss | None, output_shape: tuple[int, ...]) -> None:
    """Raise ``ValueError`` if the loss takes labels, for a metric that needs a target for each output."""
    if loss is not None and loss.sparse:
        raise ValueError(
            f"metrics: {metric} needs a target for each of the {output_shape[-1]} outputs, but "
            f"{type(loss).__name__} takes labels; use a metric such as 'accuracy' or "
            f"'sparse_categorical_crossentropy', or a loss whose targets have a column for each output"
        )
