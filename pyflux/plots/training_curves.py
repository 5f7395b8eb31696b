"""The losses and metrics of a training, epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .._internal.validation import choice, show
from . import canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..callbacks import History

VALIDATION = "val_"


def training_curves(history: History | Mapping[str, Sequence[float]], *, fig: Figure | None = None) -> Figure:
    """Draw a panel for each quantity of a training: its loss and its metrics, with those of the validation.

    Args:
        history: What `fit` returned, of pyflux or of Keras; or its ``history``, a list of numbers for each
            quantity.
        fig: The figure to draw into; by default a new one.

    Returns:
        The figure.

    Raises:
        TypeError: ``history`` is none.
        ValueError: No epoch has been trained.
        MissingExtraError: matplotlib is not installed.

    >>> fig = training_curves({"loss": [0.9, 0.5], "val_loss": [1.0, 0.7], "accuracy": [0.6, 0.8]})
    >>> [ax.get_ylabel() for ax in fig.axes]
    ['loss', 'accuracy']
    """
    names = quantities(_values(history))
    columns = min(len(names), 3)
    rows = -(-len(names) // columns)
    fig = canvas.figure(fig, 4.4 * columns, 3.2 * rows)
    for i, name in enumerate(names):
        training_curve(history, name, ax=fig.add_subplot(rows, columns, i + 1))
    return fig


def training_curve(
    history: History | Mapping[str, Sequence[float]], name: str = "loss", *, ax: Axes | None = None
) -> Axes:
    """Draw one quantity of a training, and the same of the validation where there was one.

    The validation's best value is marked: the lowest of a loss or an error, the highest of other metrics.

    Args:
        history: As for `training_curves`.
        name: The quantity, such as ``"loss"`` or ``"accuracy"``.
        ax: The axes to draw on; by default new ones.

    Returns:
        The axes.

    Raises:
        ValueError: The training has no such quantity.
        MissingExtraError: matplotlib is not installed.

    >>> ax = training_curve({"loss": [0.9, 0.5, 0.4], "val_loss": [1.0, 0.7, 0.8]})
    >>> [line.get_label() for line in ax.lines]
    ['training', 'validation', 'best: 0.7 in epoch 2']
    """
    values = _values(history)
    choice("name", name, quantities(values))
    ax = canvas.axes(ax, 4.8, 3.4)
    logged = getattr(history, "logged", {})
    first = next(iter(getattr(history, "epoch", ())), 0)
    most = max(map(len, values.values()))
    for key, label in ((name, "training"), (VALIDATION + name, "validation")):
        if key not in values:
            continue
        y = [float(value) for value in values[key]]
        epochs = logged.get(key) or _evenly(len(y), most, first)
        x = [epoch + 1 for epoch in epochs]  # as the progress counts them
        (line,) = ax.plot(x, y, marker="o" if len(y) < 30 else "", markersize=3.5, label=label)
        if key.startswith(VALIDATION) and len(y) > 1:
            best = (min if lower_is_better(name) else max)(range(len(y)), key=y.__getitem__)
            ax.plot(
                x[best], y[best], "o", fillstyle="none", markersize=9, color=line.get_color(),
                label=f"best: {y[best]:.4g} in epoch {x[best]}",
            )  # fmt: skip
    ax.set_xlabel("epoch")
    ax.set_ylabel(name)
    ax.xaxis.set_major_locator(canvas.library("matplotlib.ticker").MaxNLocator(integer=True, min_n_ticks=1))
    ax.grid(alpha=0.3)
    if len(ax.lines) > 1:
        ax.legend(fontsize="small")
    return ax


def quantities(values: Mapping[str, Sequence[float]]) -> list[str]:
    """Return the names of what was measured, without those of the validation.

    >>> quantities({"loss": [1.0], "val_loss": [1.2], "val_auc": [0.5]})
    ['loss', 'auc']
    """
    return list(dict.fromkeys(name.removeprefix(VALIDATION) for name in values))


def lower_is_better(name: str) -> bool:
    """Return whether a smaller number is the better one, by the quantity's name."""
    return any(word in name for word in ("loss", "error", "entropy")) or name in (
        "mse",
        "mae",
        "mape",
        "rmse",
    )


def _values(history: Any) -> Mapping[str, Sequence[float]]:
    values = getattr(history, "history", history)
    if not isinstance(values, Mapping):
        raise TypeError(f"history must be what fit() returned, got {show(history)}")
    if not any(len(value) for value in values.values()):
        raise ValueError("history has no epochs: train the model first")
    return values


def _evenly(count: int, most: int, first: int) -> list[int]:
    """Return the epochs of some values where nobody has noted them: every epoch, or every so many."""
    step = most // max(count, 1)
    return [first + step * (i + 1) - 1 for i in range(count)]
