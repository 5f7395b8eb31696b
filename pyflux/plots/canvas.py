"""What is drawn on: axes of the user's or new ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from .._internal.extras import require
from .._internal.validation import show

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


_detached = ContextVar("detached", default=False)


def library(module: str = "matplotlib.pyplot") -> Any:
    """Return a module of matplotlib.

    Raises:
        MissingExtraError: It is not installed.
    """
    return require(module, extra="plot", purpose="pyflux.plots")


@contextmanager
def detached() -> Iterator[None]:
    """Make new figures for a while that pyplot does not know, and so neither shows nor keeps."""
    token = _detached.set(True)
    try:
        yield
    finally:
        _detached.reset(token)


def axes(ax: Axes | None, width: float, height: float) -> Axes:
    """Return ``ax``, or axes in a new figure of that size in inches.

    Raises:
        TypeError: ``ax`` is no axes.
    """
    if ax is None:
        made: Axes = figure(None, width, height).add_subplot()
        return made
    checked: Axes = _checked("ax", ax, library("matplotlib.axes").Axes)
    return checked


def figure(fig: Figure | None, width: float, height: float) -> Figure:
    """Return ``fig``, or a new figure of that size in inches.

    Raises:
        TypeError: ``fig`` is no figure.
    """
    if fig is None:
        make = library("matplotlib.figure").Figure if _detached.get() else library().figure
        made: Figure = make(figsize=(width, height), layout="constrained")
        return made
    checked: Figure = _checked("fig", fig, library("matplotlib.figure").FigureBase)
    return checked


def _checked(argument: str, value: Any, kind: Any) -> Any:
    if not isinstance(value, kind):
        raise TypeError(
            f"{argument} must be a matplotlib {kind.__name__.removesuffix('Base')}, got {show(value)}"
        )
    return value


def width_in_points(ax: Axes) -> float:
    """Return how wide axes are before a layout moves them, in points: 72 are an inch."""
    parent: Any = ax.figure
    width: float = ax.get_position().width * parent.bbox.width / parent.dpi * 72
    return width


def without_frame(ax: Axes) -> None:
    """Take away the ticks and the frame, which say nothing beside pictures."""
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)
