"""Precision, recall and F1 of each class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .confusion_matrix import confusion_matrix
from .labels import as_classes


@dataclass(frozen=True)
class Averages:
    """Precision, recall and F1 over all classes."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, eq=False)
class Report:
    """Precision, recall and F1 of each class, from `classification_report`; ``print`` shows a table.

    Attributes:
        class_names: Names of the K classes.
        precision: ``(K,)``: of the samples predicted as a class, the fraction that belong to it.
        recall: ``(K,)``: of the samples of a class, the fraction that were predicted as it.
        f1: ``(K,)``: harmonic mean of the two.
        support: ``(K,)``: number of samples of the class.
        accuracy: Fraction of all samples that were predicted correctly.
        macro: Unweighted means over the classes.
        weighted: Means over the classes, weighted by their support.
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
        """Return plain data for JSON: ``classes`` by name, ``accuracy``, ``macro`` and ``weighted``."""
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

    A quotient with a zero denominator is 0: the precision of a class that was never predicted, the recall of
    one without samples, and their F1.

    Args:
        labels: True classes ``(N,)``, integers from 0.
        predicted: Predicted classes ``(N,)``, such as ``model.predict(x).argmax(axis=1)``.
        class_names: Names of the classes 0, 1, …; by default their numbers, up to the highest that occurs.

    Raises:
        TypeError: The classes are not integers.
        ValueError: The lengths differ, there are no samples, a class has no name, or a name occurs twice.

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
    guess = as_classes("predicted", predicted, len(names) if names else None)
    true = as_classes("labels", labels, len(names) if names else None, len(guess))
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
        what = f"{twice[0]!r} twice" if twice else "none"
        raise ValueError(f"class_names must be a different name for each class, got {what}")
    return names


def _over(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return ``part / whole``, 0 where both are 0."""
    return part / np.maximum(whole, 1)


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
