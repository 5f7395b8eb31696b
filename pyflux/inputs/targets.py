"""Labels, target values and sample weights."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arrays import Floats, as_array, as_finite_floats

Labels = NDArray[np.int32]
Targets = Labels | Floats


def as_labels(argument: str, value: ArrayLike, classes: int, samples: int, samples_name: str) -> Labels:
    """Return ``value`` as ``(N,)`` int32, every label in 0 … ``classes`` - 1.

    Args:
        argument: Name of the argument, for errors.
        value: ``(N,)`` or ``(N, 1)`` whole numbers from 0, of any type.
        classes: Number of classes.
        samples: How many labels there must be.
        samples_name: Name of the argument that the labels belong to.

    Raises:
        TypeError: The labels are no whole numbers.
        ValueError: Their number or range is wrong, or they are one-hot.

    >>> as_labels("y", [3, 0], classes=10, samples=2, samples_name="x")
    array([3, 0], dtype=int32)
    """
    array = as_array(argument, value)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        hint = "" if array.shape[1:] != (classes,) else (
            "; these look one-hot: use loss='categorical_crossentropy', or y.argmax(axis=1)"
        )  # fmt: skip
        raise ValueError(f"{argument} must be labels of shape (N,), got shape {array.shape}{hint}")
    if array.shape[0] != samples:
        raise ValueError(
            f"{argument} must have a label for every sample: {samples_name} has {samples} samples, "
            f"{argument} has {array.shape[0]} labels"
        )
    if array.dtype.kind == "f" and not (array == np.floor(array)).all():  # NaN is not equal to itself
        raise TypeError(
            f"{argument} must be whole numbers from 0, got {array[array != np.floor(array)][0]}; for values "
            f"that are no classes use loss='mean_squared_error'"
        )
    low, high = int(array.min()), int(array.max())
    if low < 0 or high >= classes:
        raise ValueError(
            f"{argument} must be in 0 … {classes - 1}, as the network has {classes} outputs, "
            f"got labels from {low} to {high}"
        )
    return np.require(array, dtype=np.int32, requirements=["C", "A"])


def as_columns(
    argument: str, value: ArrayLike, outputs: int, samples: int, samples_name: str, *, unit: bool
) -> Floats:
    """Return ``value`` as ``(N, outputs)`` float32: one-hot labels, or what the outputs should be.

    Args:
        argument: Name of the argument, for errors.
        value: ``(N, outputs)``, or ``(N,)`` where there is one output.
        outputs: Number of the network's outputs.
        samples: How many rows there must be.
        samples_name: Name of the argument that the rows belong to.
        unit: Whether every value must be in 0 … 1.

    Raises:
        TypeError: The values are no numbers.
        ValueError: Their shape or range is wrong.

    >>> as_columns("y", [1, 0], outputs=1, samples=2, samples_name="x", unit=True).shape
    (2, 1)
    """
    array = as_array(argument, value)
    if array.ndim == 1 and outputs == 1:
        array = array[:, None]
    if array.ndim != 2 or array.shape[1] != outputs:
        labels = outputs > 1 and (array.ndim == 1 or array.shape[1:] == (1,))
        hint = "; for labels that are class numbers use loss='sparse_categorical_crossentropy'"
        raise ValueError(
            f"{argument} must have shape (N, {outputs}), as the network has {outputs} outputs, "
            f"got {array.shape}{hint if labels else ''}"
        )
    if array.shape[0] != samples:
        raise ValueError(
            f"{argument} must have a row for every sample: {samples_name} has {samples} samples, "
            f"{argument} has {array.shape[0]} rows"
        )
    columns = as_finite_floats(argument, array)
    if unit and (columns.min() < 0 or columns.max() > 1):
        raise ValueError(
            f"{argument} must be in 0 … 1 for this loss, got values from {columns.min():g} to "
            f"{columns.max():g}"
        )
    return columns


def as_sample_weights(value: ArrayLike, samples: int) -> Floats:
    """Return ``value`` as ``(N,)`` float32, a factor from 0 for each sample's loss.

    Args:
        value: ``(N,)`` or ``(N, 1)`` numbers of at least 0.
        samples: How many there must be.

    Raises:
        TypeError: They are no numbers.
        ValueError: Their number or range is wrong.

    >>> as_sample_weights([1, 0.5], samples=2)
    array([1. , 0.5], dtype=float32)
    """
    array = as_array("sample_weight", value)
    if array.shape == (samples, 1):
        array = array[:, 0]
    if array.shape != (samples,):
        raise ValueError(f"sample_weight must have shape ({samples},), as x has samples, got {array.shape}")
    weights = as_finite_floats("sample_weight", array)
    if weights.min() < 0:
        raise ValueError(f"sample_weight must be at least 0, got {weights.min():g}")
    return weights
