"""The loss by learning rate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..lr_find import LearningRateRange


def learning_rates(result: LearningRateRange, *, ax: Axes | None = None) -> Axes:
    """Draw the losses of a learning-rate range test, with the learning rate that it suggests.

    Args:
        result: What `pyflux.lr_find` returned.
        ax: The axes to draw on; by default new ones.

    Returns:
        The axes.

    Raises:
        MissingExtraError: matplotlib is not installed.

    >>> from pyflux.lr_find import LearningRateRange
    >>> ax = learning_rates(LearningRateRange([0.01, 0.1, 1.0], [2.0, 1.0, 3.0], [2.0, 1.5, 2.5], 0.1))
    >>> [line.get_label() for line in ax.lines]
    ['batches', 'smoothed', 'suggestion: 0.1']
    """
    ax = canvas.axes(ax, 4.8, 3.4)
    ax.plot(result.learning_rates, result.losses, color="tab:blue", alpha=0.3, label="batches")
    ax.plot(result.learning_rates, result.smoothed, color="tab:blue", label="smoothed")
    if result.suggestion is not None:
        ax.axvline(
            result.suggestion, color="tab:red", linestyle="--", label=f"suggestion: {result.suggestion:.2g}"
        )
    ax.set_xscale("log")
    # Losses of a network that has diverged would flatten the rest.
    low, high = min(result.losses), max(max(result.smoothed[:10]), 1.5 * min(result.smoothed))
    margin = 0.1 * (high - low)
    ax.set_ylim(low - margin, high + 2 * margin)
    ax.set_xlabel("learning rate")
    ax.set_ylabel("loss")
    ax.grid(alpha=0.3)
    ax.legend(fontsize="small")
    return ax
