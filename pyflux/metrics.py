"""Numbers about predictions, computed from labels alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import checks


def confusion_matrix(labels: ArrayLike, predicted: ArrayLike, classes: int) -> NDArray[np.int64]:
    """Return how often a sample of class ``i`` (row) was taken for class ``j`` (column).

    Args:
        labels: True classes ``(N,)``, whole numbers from 0.
        predicted: Predicted classes ``(N,)``.
        classes: Number of classes.

    Raises:
        ValueError: The lengths differ, or a class is not in 0 … ``classes`` - 1.

    >>> confusion_matrix([0, 0, 1], [0, 1, 1], classes=2)
    array([[1, 1],
           [0, 1]])
    """
    classes = checks.whole("classes", classes)
    true, guess = np.asarray(labels, dtype=np.int64), np.asarray(predicted, dtype=np.int64)
    if true.shape != guess.shape or true.ndim != 1:
        raise ValueError(
            f"labels and predicted must be two lists of one length, got {true.shape} and {guess.shape}"
        )
    for name, values in (("labels", true), ("predicted", guess)):
        if values.size and not 0 <= values.min() <= values.max() < classes:
            raise ValueError(
                f"{name} must be in 0 … {classes - 1}, got values from {values.min()} to {values.max()}"
            )
    return np.bincount(classes * true + guess, minlength=classes**2).reshape(classes, classes)
