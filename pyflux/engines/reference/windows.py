"""Windows over images: what convolution and pooling share."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...layers import Conv2D, Pooling2D, same_padding

Array = NDArray[Any]

Windowed = Conv2D | Pooling2D


def padding(layer: Windowed, x: Array) -> list[tuple[int, int]]:
    """Rows and columns to add around ``x``."""
    if layer.padding == "valid":
        return [(0, 0)] * 4
    (h, w), (sh, sw) = layer.span, layer.strides or layer.span
    return [(0, 0), same_padding(x.shape[1], h, sh), same_padding(x.shape[2], w, sw), (0, 0)]


def padded(layer: Windowed, x: Array, value: float) -> Array:
    """``x`` with its padding."""
    return np.pad(x, padding(layer, x), constant_values=value)


def unpadded(layer: Windowed, x: Array, dx: Array) -> Array:
    """The part of ``dx`` that belongs to ``x``."""
    _, (top, _), (left, _), _ = padding(layer, x)
    return dx[:, top : top + x.shape[1], left : left + x.shape[2]]


def windows(layer: Windowed, xp: Array) -> Array:
    """What each window meets of the padded input: ``(N, height, width, channels, rows, columns)``."""
    (sh, sw), (dh, dw) = layer.strides or layer.span, getattr(layer, "dilation_rate", (1, 1))
    met = np.lib.stride_tricks.sliding_window_view(xp, layer.span, axis=(1, 2))
    return met[:, ::sh, ::sw, :, ::dh, ::dw]


def writeable_windows(layer: Windowed, xp: Array) -> Array:
    """The windows as a view to add to. They overlap: add to one position of all windows at a time."""
    (sh, sw), (dh, dw) = layer.strides or layer.span, getattr(layer, "dilation_rate", (1, 1))
    met = np.lib.stride_tricks.sliding_window_view(xp, layer.span, axis=(1, 2), writeable=True)
    return met[:, ::sh, ::sw, :, ::dh, ::dw]
