"""Windows over images, position by position: what convolution and pooling share.

No padding is ever made: a position of the window that meets padding has nothing to add. So a window, or a
dilation, that is much larger than the image costs no memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from numpy.typing import NDArray

from ...layers import Window

Array = NDArray[Any]
Slices = tuple[slice, slice, slice]


class Tap(NamedTuple):
    """One position of a window, and the places at which it is inside the image.

    Attributes:
        row: Its row in the window.
        column: Its column in the window.
        pixels: Where in ``(N, height, width, channels)`` are the pixels that it meets.
        places: Where in ``(N, places down, places across, …)`` are the windows that meet them.
    """

    row: int
    column: int
    pixels: Slices
    places: Slices


def taps(window: Window, height: int, width: int) -> Iterator[Tap]:
    """Yield the positions of a window that meet the image, row by row."""
    (top, _), (left, _) = window.pads(height, width)
    down, across = window.output_size(height, width)
    columns = [*_meets(window, 1, width, across, left)]
    for row, y, y_places in _meets(window, 0, height, down, top):
        for column, x, x_places in columns:
            yield Tap(row, column, (slice(None), y, x), (slice(None), y_places, x_places))


def _meets(
    window: Window, axis: int, size: int, places: int, before: int
) -> Iterator[tuple[int, slice, slice]]:
    """For each position along an axis that meets the image: which pixels it meets, and in which windows."""
    step, dilation = window.strides[axis], window.dilation_rate[axis]
    # Position k of window p is at pixel k * dilation - before + p * step, which must be from 0 to size - 1.
    first = max(0, -((dilation - before + (places - 1) * step) // dilation - 1))
    last = min(window.size[axis] - 1, (size - 1 + before) // dilation)
    for k in range(first, last + 1):
        offset = k * dilation - before
        low = max(0, -(offset // step))
        high = min(places - 1, (size - 1 - offset) // step)
        if low <= high:
            start = offset + low * step
            yield k, slice(start, offset + high * step + 1, step), slice(low, high + 1)
