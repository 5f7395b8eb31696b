"""The pairs of classes that are taken for each other most often."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from .._internal.validation import as_int
from .._internal.validation import class_names as class_names_of
from . import canvas
from .confusion_matrix import as_counts

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def most_confused(
    counts: ArrayLike,
    *,
    count: int = 10,
    class_names: Iterable[Any] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the most frequent mistakes as bars: a true class, and what it was taken for.

    Args:
        counts: A confusion matrix, as for `confusion_matrix`.
        count: How many pairs at most.
        class_names: What the classes are called; by default their numbers.
        ax: The axes to draw on; by default new ones.

    Returns:
        The axes; the most frequent mistake is at the top.

    Raises:
        ValueError: ``counts`` is not square, or the number of names is another.
        MissingExtraError: matplotlib is not installed.

    >>> ax = most_confused([[9, 1, 0], [0, 8, 2], [0, 0, 10]])
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['1 → 2', '0 → 1']
    """
    matrix = as_counts(counts)
    names = class_names_of(class_names, len(matrix))
    pairs = most_confused_pairs(matrix)[: as_int("count", count)]
    ax = canvas.axes(ax, 4.8, 1.2 + 0.3 * max(len(pairs), 2))
    bars = ax.barh(range(len(pairs)), [n for _, _, n in pairs], color="tab:red", alpha=0.8)
    ax.bar_label(bars, padding=3)
    ax.set_yticks(range(len(pairs)), [f"{names[i]} → {names[j]}" for i, j, _ in pairs])
    ax.invert_yaxis()
    ax.margins(x=0.12)
    ax.xaxis.set_major_locator(canvas.library("matplotlib.ticker").MaxNLocator(integer=True))
    ax.set_xlabel("samples")
    ax.set_title("true class → predicted class" if pairs else "no mistakes")
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    return ax


def most_confused_pairs(counts: ArrayLike) -> list[tuple[int, int, int]]:
    """Return the mistakes as ``(true class, predicted class, samples)``, the most frequent first.

    >>> most_confused_pairs([[9, 1, 0], [0, 8, 2], [0, 0, 10]])
    [(1, 2, 2), (0, 1, 1)]
    """
    wrong = as_counts(counts).copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[: np.count_nonzero(wrong)]
    return [
        (int(i), int(j), int(wrong[i, j])) for i, j in zip(*np.unravel_index(order, wrong.shape), strict=True)
    ]
