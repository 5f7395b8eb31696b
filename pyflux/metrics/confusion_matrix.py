"""The confusion matrix of a classifier."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._internal import validation
from .labels import as_classes


def confusion_matrix(labels: ArrayLike, predicted: ArrayLike, classes: int) -> NDArray[np.int64]:
    """Return how often samples of class ``i`` (row) were predicted as class ``j`` (column).

    Args:
        labels: True classes ``(N,)``, integers from 0.
        predicted: Predicted classes ``(N,)``, such as ``model.predict(x).argmax(axis=1)``.
        classes: Number of classes.

    Returns:
        Counts ``(classes, classes)``; the diagonal counts the correct ones.

    Raises:
        TypeError: The classes are not integers.
        ValueError: The lengths differ, there are no samples, or a class is not in 0 … ``classes`` - 1.

    >>> confusion_matrix([0, 0, 1], [0, 1, 1], classes=2)
    array([[1, 1],
           [0, 1]])
    """
    classes = validation.as_int("classes", classes)
    guess = as_classes("predicted", predicted, classes)
    true = as_classes("labels", labels, classes, len(guess))
    return np.bincount(classes * true + guess, minlength=classes**2).reshape(classes, classes)
