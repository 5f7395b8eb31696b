"""Layers that take a part of a given size from images."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field
from typing import ClassVar

from .._internal import validation
from .._internal.config import INIT_ONLY
from .arguments import channels_last
from .base import Layer, Shape
from .preprocessing import Augmentation
from .resizing import Box


class CentralPart:
    """What the layers share that give images of ``height`` and ``width`` pixels, taken from larger ones."""

    height: int
    width: int

    def box(self, height: int, width: int) -> Box:
        """Return the part in the middle of an image of that size."""
        return central_box(height, width, self.height, self.width)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return ``(height, width, channels)``.

        Raises:
            ValueError: The images are smaller than that.
        """
        if len(input_shape) != 3:
            raise ValueError(f"it needs samples of shape (height, width, channels), got {input_shape}")
        rows, columns, channels = input_shape
        if self.height > rows or self.width > columns:
            raise ValueError(
                f"it takes {self.height}×{self.width} pixels, and gets images of {rows}×{columns}; use "
                f"Resizing, or larger images"
            )
        return self.height, self.width, channels


@dataclass(repr=False)
class CenterCrop(CentralPart, Layer):
    """The middle of each image.

    Args:
        height: Its rows.
        width: Its columns.
        data_format: ``"channels_last"``, the only one supported.

    >>> CenterCrop(24, 24).output_shape((28, 28, 1))
    (24, 24, 1)
    """

    rank: ClassVar[int | None] = 3

    height: int
    width: int
    _: KW_ONLY
    data_format: str | None = field(default=None, metadata=INIT_ONLY)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._convert(height=validation.as_int, width=validation.as_int, data_format=channels_last)


@dataclass(repr=False)
class RandomCrop(CentralPart, Augmentation):
    """In training a part of each image at a random place, otherwise its middle.

    Every image is cropped at a place of its own. (In Keras one place is drawn for a batch, and outside of
    training nothing is cropped.)

    Args:
        height: Rows of the part.
        width: Columns of the part.
        seed: Decides what is drawn, whatever the model's seed; None to draw from the model's.
        data_format: ``"channels_last"``, the only one supported.

    >>> RandomCrop(24, 24).output_shape((28, 28, 1))
    (24, 24, 1)
    """

    height: int
    width: int
    _: KW_ONLY
    data_format: str | None = field(default=None, metadata=INIT_ONLY)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._convert(height=validation.as_int, width=validation.as_int, data_format=channels_last)


def central_box(height: int, width: int, rows: int, columns: int) -> Box:
    """Return the middle of an image, of so many rows and columns.

    >>> central_box(5, 4, 2, 2)
    Box(top=1, left=1, height=2, width=2)
    """
    return Box((height - rows) // 2, (width - columns) // 2, rows, columns)
