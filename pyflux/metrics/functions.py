"""Numbers about predictions, computed from labels and outputs alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._internal import validation


def accuracy(labels: ArrayLike, outputs: ArrayLike) -> float:
    """Return the fraction of samples whose highest output is that of their class.

    Args:
        labels: True classes ``(N,)``, whole numbers from 0.
        outputs: What the network gives ``(N, K)``, probabilities or logits. Of two that are equally high the
            first one counts, as for ``outputs.argmax(axis=1)``.

    Raises:
        TypeError: The labels are no whole numbers, or the outputs no numbers.
        ValueError: A shape does not fit, there are no samples, a label is not in 0 … K - 1, or an output is
            NaN.

    >>> accuracy([0, 1, 1], [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
    0.6666666666666666
    """
    true, values = _labelled(labels, outputs)
    return float(np.mean(values.argmax(axis=1) == true))


def top_k_accuracy(labels: ArrayLike, outputs: ArrayLike, k: int = 5) -> float:
    """Return the fraction of samples whose class is among those with the ``k`` highest outputs.

    A tie counts against the label: an output that is as high as the label's is taken to be before it. So a
    network that gives the same for all classes gets 0, and not 1.

    Args:
        labels: True classes ``(N,)``, whole numbers from 0.
        outputs: What the network gives ``(N, K)``, probabilities or logits.
        k: How many classes may be guessed, from 1 to K.

    Raises:
        TypeError, ValueError: As for `accuracy`; or ``k`` is not in 1 … K.

    >>> top_k_accuracy([2, 2], [[0.5, 0.2, 0.3], [0.5, 0.3, 0.2]], k=2)
    0.5
    """
    true, values = _labelled(labels, outputs)
    k = validation.as_int("k", k)
    if k > values.shape[1]:
        raise ValueError(
            f"k must be at most the number of classes, which is {values.shape[1]}, got {k}; give a smaller k"
        )
    own = np.take_along_axis(values, true[:, None], axis=1)
    before = np.sum(values >= own, axis=1) - 1  # the label's own output is not before itself
    return float(np.mean(before < k))


def binary_accuracy(labels: ArrayLike, probabilities: ArrayLike, threshold: float = 0.5) -> float:
    """Return the fraction of samples that fall on the right side of a threshold.

    Args:
        labels: ``(N,)`` or ``(N, 1)``, 0 or 1.
        probabilities: Those of class 1, ``(N,)`` or ``(N, 1)``, in [0, 1].
        threshold: A probability above it means class 1; in [0, 1].

    Raises:
        TypeError: The labels are no whole numbers, or the probabilities no numbers.
        ValueError: A shape does not fit, there are no samples, or a value is out of its range.

    >>> binary_accuracy([0, 1, 1, 0], [0.1, 0.8, 0.4, 0.5])
    0.75
    """
    threshold = validation.as_float("threshold", threshold)
    if not 0 <= threshold <= 1:
        raise ValueError(f"threshold must be in [0, 1], got {threshold:g}")
    values = _numbers("probabilities", probabilities)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1 or not len(values):
        raise ValueError(f"probabilities must have shape (N,) or (N, 1), N at least 1, got {values.shape}")
    true = _classes("labels", labels, 2, len(values))
    if values.min() < 0 or values.max() > 1:
        raise ValueError(
            f"probabilities must be in [0, 1], got values from {values.min():g} to {values.max():g}; "
            f"put logits through 1 / (1 + exp(-x)) first"
        )
    return float(np.mean((values > threshold) == (true == 1)))


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
    classes = validation.as_int("classes", classes)
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


@dataclass(frozen=True)
class TopKCategoricalAccuracy:
    """How often the true class is among the ``k`` most likely.

    Args:
        k: How many count.

    >>> TopKCategoricalAccuracy(k=3).name
    'top_k_categorical_accuracy'
    """

    k: int = 5
    name: str = "top_k_categorical_accuracy"

    def __post_init__(self) -> None:
        validation.as_int("k", self.k)


@dataclass(frozen=True)
class Averages:
    """Precision, recall and F1 over all classes."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, eq=False)
class Report:
    """How well each class is recognised; `classification_report` makes one, ``print`` shows it as a table.

    Attributes:
        class_names: Names of the K classes.
        precision: ``(K,)``: of the samples that were taken for a class, the fraction that are of it.
        recall: ``(K,)``: of the samples of a class, the fraction that were taken for it.
        f1: ``(K,)``: harmonic mean of the two.
        support: ``(K,)``: how many samples are of the class.
        accuracy: Fraction of all samples that were taken for what they are.
        macro: Means over the classes, each as heavy as any other.
        weighted: Means over the classes, each as heavy as it has samples.
    """

    class_names: tuple[str, ...]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f1: NDArray[np.float64]
    support: NDArray[np.int64]
    accuracy: float
    macro: Averages
    weighted: Averages

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, as for JSON: ``classes`` by name, ``accuracy``, ``macro`` and ``weighted``."""
        rows = zip(self.class_names, self.precision, self.recall, self.f1, self.support, strict=True)
        return {
            "classes": {
                name: {"precision": float(p), "recall": float(r), "f1": float(f), "support": int(s)}
                for name, p, r, f, s in rows
            },
            "accuracy": self.accuracy,
            "macro": vars(self.macro).copy(),
            "weighted": vars(self.weighted).copy(),
        }

    def __str__(self) -> str:
        total = int(self.support.sum())
        rows = [
            *zip(self.class_names, self.precision, self.recall, self.f1, self.support, strict=True),
            ("accuracy", None, None, self.accuracy, total),
            ("macro average", self.macro.precision, self.macro.recall, self.macro.f1, total),
            ("weighted average", self.weighted.precision, self.weighted.recall, self.weighted.f1, total),
        ]
        width = max(len(row[0]) for row in rows)
        lines = [f"{'':{width}}  precision  recall      f1  support"]
        for name, p, r, f, s in rows:
            lines.append(f"{name:<{width}}  {_cell(p):>9}  {_cell(r):>6}  {_cell(f):>6}  {s:>7}")
        lines.insert(1 + len(self.class_names), "")
        return "\n".join(lines)


def classification_report(
    labels: ArrayLike, predicted: ArrayLike, class_names: Sequence[str] | None = None
) -> Report:
    """Return precision, recall and F1 of each class, and their means.

    What would be divided by zero is 0: the precision of a class that nothing was taken for, the recall of one
    without samples, and their F1.

    Args:
        labels: True classes ``(N,)``, whole numbers from 0.
        predicted: Predicted classes ``(N,)``, such as ``model.predict(x).argmax(axis=1)``.
        class_names: What the classes 0, 1, … are called. Without it they are numbered, up to the highest that
            occurs.

    Raises:
        TypeError: The classes are no whole numbers.
        ValueError: The lengths differ, there are no samples, a class has no name, or a name stands twice.

    >>> print(classification_report([0, 0, 1, 1], [0, 1, 1, 1], class_names=["cat", "dog"]))
                      precision  recall      f1  support
    cat                   1.000   0.500   0.667        2
    dog                   0.667   1.000   0.800        2
    <BLANKLINE>
    accuracy                              0.750        4
    macro average         0.833   0.750   0.733        4
    weighted average      0.833   0.750   0.733        4
    """
    names = _names(class_names)
    guess = _classes("predicted", predicted, len(names) if names else None)
    true = _classes("labels", labels, len(names) if names else None, len(guess))
    if names is None:
        names = tuple(map(str, range(int(max(true.max(), guess.max())) + 1)))
    matrix = confusion_matrix(true, guess, len(names))
    right, support, taken = matrix.diagonal(), matrix.sum(axis=1), matrix.sum(axis=0)
    precision, recall, f1 = _over(right, taken), _over(right, support), _over(2 * right, taken + support)
    each = (precision, recall, f1)
    return Report(
        names, precision, recall, f1, support,
        accuracy=float(right.sum() / support.sum()),
        macro=Averages(*(float(values.mean()) for values in each)),
        weighted=Averages(*(float(values @ support / support.sum()) for values in each)),
    )  # fmt: skip


def _names(class_names: Sequence[str] | None) -> tuple[str, ...] | None:
    if class_names is None:
        return None
    if isinstance(class_names, str):
        raise TypeError(f"class_names must be a list of names, got {class_names!r}")
    names = tuple(map(str, class_names))
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or not names:
        what = f"twice {twice[0]!r}" if twice else "none"
        raise ValueError(f"class_names must be a name for each class, each one another, got {what}")
    return names


def _over(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return ``part / whole``, 0 where both are 0."""
    return part / np.maximum(whole, 1)


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _labelled(labels: ArrayLike, outputs: ArrayLike) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Return labels ``(N,)`` and outputs ``(N, K)``, checked."""
    values = _numbers("outputs", outputs)
    if values.ndim != 2 or not values.size:
        raise ValueError(
            f"outputs must have shape (N, K): a row for each sample, a column for each class, "
            f"got {values.shape}"
        )
    return _classes("labels", labels, values.shape[1], len(values)), values


def _numbers(argument: str, value: ArrayLike) -> NDArray[Any]:
    array = np.asarray(value)
    if array.dtype.kind not in "fiu":
        raise TypeError(f"{argument} must be numbers, got {array.dtype}")
    if array.dtype.kind == "f" and np.isnan(array).any():
        raise ValueError(f"{argument} must not be NaN; the training may have failed: look at its loss")
    return array


def _classes(
    argument: str, value: ArrayLike, classes: int | None, samples: int | None = None
) -> NDArray[np.int64]:
    """Return ``value``, ``(N,)`` or ``(N, 1)`` whole numbers in 0 … ``classes`` - 1, as ``(N,)``."""
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
