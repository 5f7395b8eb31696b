"""Small pictures in rows, with texts below them, on one axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Pictures = NDArray[Any]

GAP = 0.12  # between two pictures, where one is 1 wide
LINE = 0.19  # the height of a line of text
TILE = 1.05  # inches, in a figure of its own


def columns_for(count: int) -> int:
    """Return in how many columns so many pictures make a block without gaps, wider than high.

    >>> [columns_for(n) for n in (1, 6, 8, 10, 16, 24, 64)]
    [1, 3, 4, 5, 8, 8, 8]
    """
    if count < 9:
        return count if count < 5 else (count + 1) // 2
    return next((columns for columns in (8, 7, 6, 5) if count % columns == 0), 8)


def draw(
    ax: Axes | None,
    pictures: Sequence[Pictures],
    columns: int,
    texts: Sequence[str] = (),
    *,
    title: str = "",
    **options: Any,
) -> Axes:
    """Draw pictures in rows.

    Args:
        ax: Where; None for a figure of its own.
        pictures: ``(height, width)``, ``(height, width, 3)`` or ``(height, width, 4)``, of one size.
        columns: How many stand in a row.
        texts: What stands below each.
        title: Title of all.
        options: What ``imshow`` is given, such as ``cmap``.
    """
    height, width = pictures[0].shape[:2]
    ratio = height / width
    below = LINE * max((text.count("\n") + 1 for text in texts), default=0)
    rows = -(-len(pictures) // columns)
    pitch = ratio + below + GAP
    total = (columns * (1 + GAP) - GAP, rows * pitch - GAP)
    ax = canvas.axes(ax, max(TILE * total[0], 2.5) + 0.2, max(TILE * total[1], 0.8) + 0.4 * bool(title))
    longest = max((len(line) for text in texts for line in text.split("\n")), default=1)
    tile = canvas.width_in_points(ax) / total[0]
    # Letters are about 0.6 times as wide as their size, and a line takes 1.2 times its size.
    size = max(4.0, min(tile * (1 + GAP) / (0.6 * longest), LINE * tile / 1.2, 11.0))
    for i, picture in enumerate(pictures):
        left, top = i % columns * (1 + GAP), i // columns * pitch
        ax.imshow(picture, extent=(left, left + 1, top + ratio, top), interpolation="nearest", **options)
        if i < len(texts):
            ax.text(
                left + 0.5,
                top + ratio + 0.04,
                texts[i],
                ha="center",
                va="top",
                fontsize=size,
                linespacing=1.1,
            )
    ax.set_xlim(-0.02, total[0] + 0.02)
    ax.set_ylim(total[1] + 0.02, -0.02)
    ax.set_aspect("equal")
    canvas.without_frame(ax)
    if title:
        ax.set_title(title)
    return ax


def as_pictures(images: ArrayLike) -> Pictures:
    """Return images ``(N, height, width, channels)`` as matplotlib shows them, from 0 to 1.

    Bytes are divided by 255; floats stay as they are where they are in 0 … 1, and are stretched to it where
    they are not. One channel becomes grey, ``(N, height, width)``, and any other number of channels than 3
    their mean.
    """
    values = np.asarray(images)
    pictures = values.astype(np.float64) / 255 if values.dtype == np.uint8 else values.astype(np.float64)
    if pictures.min() < 0 or pictures.max() > 1:
        pictures = stretched(pictures)
    return pictures if pictures.shape[-1] == 3 else pictures.mean(axis=-1)


def stretched(values: NDArray[Any]) -> NDArray[np.float64]:
    """Return values moved and scaled so that the lowest is 0 and the highest 1; equal ones become 0.

    >>> stretched(np.array([2.0, 3.0, 4.0]))
    array([0. , 0.5, 1. ])
    """
    low, high = values.min(), values.max()
    return np.asarray((values - low) / ((high - low) or 1), np.float64)


def grey(pictures: Sequence[Pictures]) -> dict[str, Any]:
    """Return the options that show pictures from 0 to 1, grey ones in grey."""
    return {"cmap": "gray", "vmin": 0.0, "vmax": 1.0} if pictures[0].ndim == 2 else {}
