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


@dataclass(repr=False)
class CenterCrop(Layer):
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

    def box(self, height: int, width: int) -> Box:
        """Return the part that is taken of an image of that size."""
        return central_box(height, width, self.height, self.width)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return ``(height, width, channels)``.

        Raises:
            ValueError: The images are smaller than that.
        """
        self._check_rank(input_shape)
        return cropped_shape(input_shape, self.height, self.width)


@dataclass(repr=False)
class RandomCrop(Augmentation):
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

    def box(self, height: int, width: int) -> Box:
        """Return the part that is taken, outside of training, of an image of that size."""
        return central_box(height, width, self.height, self.width)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return ``(height, width, channels)``.

        Raises:
            ValueError: The images are smaller than that.
        """
        self._check_rank(input_shape)
        return cropped_shape(input_shape, self.height, self.width)


def central_box(height: int, width: int, rows: int, columns: int) -> Box:
    """Return the middle of an image, of so many rows and columns.

    >>> central_box(5, 4, 2, 2)
    Box(top=1, left=1, height=2, width=2)
    """
    return Box((height - rows) // 2, (width - columns) // 2, rows, columns)


def cropped_shape(input_shape: Shape, rows: int, columns: int) -> Shape:
    """Return the shape of images of which that much is taken."""
    height, width, channels = input_shape
    if rows > height or columns > width:
        raise ValueError(
            f"it takes {rows}×{columns} pixels, and gets images of {height}×{width}; use Resizing, or larger "
            f"images"
        )
    return rows, columns, channels
