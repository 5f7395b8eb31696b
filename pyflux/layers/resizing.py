"""Images of another size."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field
from typing import ClassVar, NamedTuple

from .._internal import validation
from .._internal.config import INIT_ONLY
from .arguments import channels_last
from .base import Layer, Shape

INTERPOLATIONS = ("bilinear", "nearest")


class Box(NamedTuple):
    """A part of an image.

    Attributes:
        top: Its first row.
        left: Its first column.
        height: How many rows it has.
        width: How many columns it has.
    """

    top: int
    left: int
    height: int
    width: int

    def sides(self, height: int, width: int) -> tuple[tuple[int, int], tuple[int, int]]:
        """Return what lies around it in an image of that size: ``((top, bottom), (left, right))``."""
        return (
            (self.top, height - self.top - self.height),
            (self.left, width - self.left - self.width),
        )


@dataclass(repr=False)
class Resizing(Layer):
    """Images of another size, by interpolation. Pixels have their centres at halves.

    It works in training and in prediction alike.

    Args:
        height: Rows of the result.
        width: Columns of the result.
        interpolation: ``"bilinear"`` or ``"nearest"``.
        crop_to_aspect_ratio: Whether the largest part in the middle with the aspect ratio of the result is
            taken, so that nothing is distorted.
        data_format: ``"channels_last"``, the only one supported.

    >>> Resizing(224, 224).output_shape((300, 400, 3))
    (224, 224, 3)
    """

    rank: ClassVar[int | None] = 3

    height: int
    width: int
    interpolation: str = "bilinear"
    crop_to_aspect_ratio: bool = False
    _: KW_ONLY
    data_format: str | None = field(default=None, metadata=INIT_ONLY)

    def __post_init__(self) -> None:
        super().__post_init__()
        validation.choice("interpolation", self.interpolation, INTERPOLATIONS)
        self._convert(
            height=validation.as_int,
            width=validation.as_int,
            crop_to_aspect_ratio=validation.as_bool,
            data_format=channels_last,
        )

    def box(self, height: int, width: int) -> Box:
        """Return the part of an image of that size that is resized.

        >>> Resizing(10, 10, crop_to_aspect_ratio=True).box(20, 30)
        Box(top=0, left=5, height=20, width=20)
        """
        if not self.crop_to_aspect_ratio:
            return Box(0, 0, height, width)
        rows = max(min(height, width * self.height // self.width), 1)
        columns = max(min(width, height * self.width // self.height), 1)
        return Box((height - rows) // 2, (width - columns) // 2, rows, columns)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return ``(height, width, channels)``."""
        self._check_rank(input_shape)
        return self.height, self.width, input_shape[-1]
