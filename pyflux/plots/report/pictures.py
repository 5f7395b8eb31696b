"""Pictures inside of a page: for a light and for a dark one, with a text for those who do not see them."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from typing import Any

from ..._internal.html import escape
from .. import canvas

# matplotlib's settings for both. Colours are those of style.css.
LIGHT = {"figure.facecolor": "#ffffff", "axes.facecolor": "#ffffff", "text.color": "#1d2430"}
DARK = {
    "figure.facecolor": "#14181f",
    "axes.facecolor": "#14181f",
    "axes.edgecolor": "#8a94a3",
    "axes.labelcolor": "#e8ecf2",
    "grid.color": "#a3adbb",
    "legend.edgecolor": "#343c48",
    "legend.facecolor": "#1d2430",
    "text.color": "#e8ecf2",
    "xtick.color": "#e8ecf2",
    "ytick.color": "#e8ecf2",
}
DPI = 120
CSS_DPI = 96  # the pixels of an inch on a page


def picture(draw: Callable[[], Any], alt: str) -> str:
    """Return the HTML of a picture, which is part of it.

    Args:
        draw: Draws it, and returns its axes or figure.
        alt: What it shows, in words.
    """
    light, width, height = _png(draw, LIGHT)
    dark, _, _ = _png(draw, DARK)
    return (
        f'<picture><source media="(prefers-color-scheme: dark)" srcset="{dark}">'
        f'<img src="{light}" width="{width}" height="{height}" alt="{escape(alt)}"></picture>'
    )


def _png(draw: Callable[[], Any], colours: dict[str, str]) -> tuple[str, int, int]:
    """Return a picture as a data URL, and its width and height on the page."""
    matplotlib = canvas.library("matplotlib")
    with matplotlib.rc_context(), canvas.detached():
        matplotlib.rcdefaults()  # the page looks the same whatever style the user draws in
        matplotlib.rcParams.update(colours)
        drawn = draw()
        figure = drawn if hasattr(drawn, "savefig") else drawn.figure
        file = io.BytesIO()
        figure.savefig(file, format="png", dpi=DPI, metadata={"Software": None})
        width, height = figure.get_size_inches() * CSS_DPI
    url = f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
    return url, round(width), round(height)
