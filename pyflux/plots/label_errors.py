"""Samples whose labels are probably wrong."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from .._internal.validation import as_int
from .._internal.validation import class_names as class_names_of
from . import canvas, tiles

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..label_errors import LabelErrors


def label_errors(
    errors: LabelErrors,
    x: ArrayLike,
    *,
    count: int = 24,
    class_names: Iterable[Any] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the samples whose labels are probably wrong, the surest first.

    Below each stands its number, its label, and what the networks say that it is.

    Args:
        errors: What `pyflux.find_label_errors` returned.
        x: The images that it was given, ``(N, height, width)`` or ``(N, height, width, channels)``.
        count: How many images at most.
        class_names: What the classes are called; by default their numbers.
        ax: The axes to draw on; by default new ones.

    Returns:
        The axes.

    Raises:
        ValueError: The samples are no images, or others than were looked at.
        MissingExtraError: matplotlib is not installed.
    """
    images = np.asarray(x)
    if images.ndim == 3:
        images = images[..., None]
    if images.ndim != 4 or len(images) != len(errors.probabilities):
        raise ValueError(
            f"x must be the {len(errors.probabilities)} images that were looked at, got shape {np.shape(x)}"
        )
    names = class_names_of(class_names, errors.probabilities.shape[1])
    chosen = errors.indices[: as_int("count", count)]
    if not len(chosen):
        ax = canvas.axes(ax, 4.0, 1.0)
        canvas.without_frame(ax)
        ax.text(0.5, 0.5, f"no suspects among {len(images):,} samples", ha="center", va="center")
        return ax
    pictures = list(tiles.as_pictures(images[chosen]))
    texts = [
        f"#{i}\nlabel {names[given]}\nis {names[suggested]}?"
        for i, given, suggested in zip(chosen, errors.given, errors.suggested, strict=False)
    ]
    title = f"{len(errors):,} suspects among {len(images):,} samples"
    return tiles.draw(
        ax, pictures, tiles.columns_for(len(chosen)), texts, title=title, **tiles.grey(pictures)
    )
