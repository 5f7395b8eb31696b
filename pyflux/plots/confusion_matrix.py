"""The confusion matrix as a picture."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._internal.validation import class_names as class_names_of
from ..inputs import as_array
from . import canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_TEXTS = 30  # classes, above which the counts are not written into the fields


def confusion_matrix(
    counts: ArrayLike, *, class_names: Iterable[Any] | None = None, ax: Axes | None = None
) -> Axes:
    """Draw how often each class was predicted for each.

    The colour is the share of the true class's samples. It changes fastest near 0, so that rare mistakes are
    seen beside a diagonal of nearly 1.

    Args:
        counts: ``(classes, classes)``: row ``i``, column ``j`` is how many samples of class ``i`` were
            predicted as ``j``, as from `pyflux.metrics.confusion_matrix` or in a `TrainingResult`.
        class_names: What the classes are called; by default their numbers.
        ax: The axes to draw on; by default new ones.

    Returns:
        The axes.

    Raises:
        ValueError: ``counts`` is not square, or the number of names is another.
        MissingExtraError: matplotlib is not installed.

    >>> ax = confusion_matrix([[9, 1], [0, 10]])
    >>> [text.get_text() for text in ax.texts]
    ['9', '1', '', '10']
    """
    matrix = as_counts(counts)
    classes = len(matrix)
    names = class_names_of(class_names, classes)
    side = min(1.6 + 0.48 * max(classes, 4), 10.0)
    ax = canvas.axes(ax, side + 0.6, side)
    rows = matrix.sum(axis=1, keepdims=True)
    shares = matrix / np.maximum(rows, 1)
    norm = canvas.library("matplotlib.colors").PowerNorm(0.4, vmin=0.0, vmax=1.0)
    image = ax.imshow(shares, cmap="Blues", norm=norm)
    rotate = max(map(len, names)) > 3
    ticks: Any = range(0, classes, max(1, classes // MOST_TEXTS))
    shown = [names[i] for i in ticks]
    ax.set_xticks(ticks, shown, rotation=45 if rotate else 0, ha="right" if rotate else "center")
    ax.set_yticks(ticks, shown)
    if classes <= MOST_TEXTS:
        size = min(9.0, canvas.width_in_points(ax) / classes / (0.75 * len(str(matrix.max()))))
        for (i, j), count in np.ndenumerate(matrix):
            dark = norm(shares[i, j]) > 0.6
            ax.text(
                j, i, f"{count}" if count else "", ha="center", va="center", fontsize=size,
                color="white" if dark else "black",
            )  # fmt: skip
    ax.set_xlabel("predicted class")
    ax.set_ylabel("true class")
    total = matrix.sum()
    ax.set_title(f"{np.trace(matrix) / max(total, 1):.2%} of {total:,} correct")
    parent: Any = ax.figure
    bar = parent.colorbar(image, ax=ax, fraction=0.046, pad=0.03, ticks=[0, 0.01, 0.05, 0.2, 0.5, 1])
    bar.ax.set_yticklabels(["0", "1 %", "5 %", "20 %", "50 %", "100 %"])
    bar.set_label("share of the true class")
    return ax


def as_counts(counts: ArrayLike) -> NDArray[np.int64]:
    """Return a confusion matrix, checked.

    Raises:
        TypeError: It is not of whole numbers.
        ValueError: It is not square, is empty, or has a negative count.
    """
    matrix = as_array("counts", counts)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not matrix.size:
        raise ValueError(
            f"counts must be a square matrix such as metrics.confusion_matrix gives, got shape {matrix.shape}"
        )
    whole = matrix.astype(np.int64)
    if not np.array_equal(whole, matrix):
        raise TypeError("counts must be whole numbers; give the counts, not their shares")
    if whole.min() < 0:
        raise ValueError(f"counts must be at least 0, got {whole.min()}")
    return whole
