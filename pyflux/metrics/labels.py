"""Checks of labels and outputs that a user gives to a function of this package."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def as_labels_and_outputs(labels: ArrayLike, outputs: ArrayLike) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Return labels ``(N,)`` and outputs ``(N, K)``, checked."""
    values = as_numbers("outputs", outputs)
    if values.ndim != 2 or not values.size:
        raise ValueError(
            f"outputs must have shape (N, K): a row for each sample, a column for each class, "
            f"got {values.shape}"
        )
    return as_classes("labels", labels, values.shape[1], len(values)), values


def as_numbers(argument: str, value: ArrayLike) -> NDArray[Any]:
    """Return ``value`` as an array of numbers that are not NaN."""
    array = np.asarray(value)
    if array.dtype.kind not in "fiu":
        raise TypeError(f"{argument} must be numbers, got {array.dtype}")
    if array.dtype.kind == "f" and np.isnan(array).any():
        raise ValueError(f"{argument} must not be NaN; the training may have failed: look at its loss")
    return array


def as_classes(
    argument: str, value: ArrayLike, classes: int | None, samples: int | None = None
) -> NDArray[np.int64]:
    """Return ``value``, ``(N,)`` or ``(N, 1)`` integers in 0 … ``classes`` - 1, as ``(N,)``."""
    array = np.asarray(value)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1 or not len(array):
        raise ValueError(f"{argument} must have shape (N,), N at least 1, got {array.shape}")
    if array.dtype.kind not in "iu":
        hint = "; use .argmax(axis=1) for what predict gives" if array.dtype.kind == "f" else ""
        raise TypeError(f"{argument} must be whole numbers from 0, got {array.dtype}{hint}")
    if samples is not None and len(array) != samples:
        raise ValueError(f"{argument} must have {samples} entries, one for each prediction, got {len(array)}")
    low, high = int(array.min()), int(array.max())
    if low < 0 or (classes is not None and high >= classes):
        wanted = "at least 0" if classes is None else f"in 0 … {classes - 1}, as there are {classes} classes"
        raise ValueError(f"{argument} must be {wanted}, got values from {low} to {high}")
    return array.astype(np.int64)
