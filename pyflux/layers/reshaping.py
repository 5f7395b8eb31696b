"""Layers that move, repeat, add or drop pixels, and compute nothing."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, ClassVar

from .._internal import validation
from .._internal.config import INIT_ONLY
from .arguments import Pair, Sides, channels_last, sides
from .base import Layer, Shape

INTERPOLATIONS = ("nearest", "bilinear")


@dataclass(repr=False)
class ZeroPadding2D(Layer):
    """Adds rows and columns of zeros around an image.

    Args:
        padding: One integer for all sides, two for (height, width), or two pairs
            ``((top, bottom), (left, right))``.
        data_format: ``"channels_last"``, the only one supported.

    >>> ZeroPadding2D(((0, 1), (2, 3))).output_shape((28, 28, 1))
    (29, 33, 1)
    """

    rank: ClassVar[int | None] = 3

    padding: Sides = (1, 1)
    _: KW_ONLY
    data_format: str | None = field(default=None, metadata=INIT_ONLY)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._convert(padding=sides, data_format=channels_last)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return ``(height, width, channels)`` with what is added."""
        self._check_rank(input_shape)
        height, width, channels = input_shape
        rows, columns = sides("padding", self.padding)
        return height + sum(rows), width + sum(columns), channels


@dataclass(repr=False)
class Cropping2D(Layer):
    """Drops rows and columns at the sides of an image.

    Args:
        cropping: One integer for all sides, two for (height, width), or two pairs
            ``((top, bottom), (left, right))``.
        data_format: ``"channels_last"``, the only one supported.

    >>> Cropping2D(((0, 1), (2, 3))).output_shape((28, 28, 1))
    (27, 23, 1)
    """

    rank: ClassVar[int | None] = 3

    cropping: Sides = ((0, 0), (0, 0))
    _: KW_ONLY
    data_format: str | None = field(default=None, metadata=INIT_ONLY)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._convert(cropping=sides, data_format=channels_last)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return ``(height, width, channels)`` of what is left.

        Raises:
            ValueError: Nothing is left.
        """
        self._check_rank(input_shape)
        height, width, channels = input_shape
        rows, columns = sides("cropping", self.cropping)
        if sum(rows) >= height or sum(columns) >= width:
            raise ValueError(f"its cropping {self.cropping} leaves nothing of an image of {height}×{width}")
        return height - sum(rows), width - sum(columns), channels


@dataclass(repr=False)
class UpSampling2D(Layer):
    """Makes an image larger by whole factors.

    Args:
        size: Factors for height and width, one integer or two.
        data_format: ``"channels_last"``, the only one supported.
        interpolation: ``"nearest"`` repeats pixels; ``"bilinear"`` interpolates between their centres.

    >>> UpSampling2D((2, 3)).output_shape((14, 14, 8))
    (28, 42, 8)
    """

    rank: ClassVar[int | None] = 3

    size: Pair = (2, 2)
    data_format: str | None = field(default=None, metadata=INIT_ONLY)
    interpolation: str = "nearest"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._convert(size=validation.pair, data_format=channels_last)
        validation.choice("interpolation", self.interpolation, INTERPOLATIONS)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return ``(height, width, channels)``, enlarged."""
        self._check_rank(input_shape)
        height, width, channels = input_shape
        down, across = validation.pair("size", self.size)
        return height * down, width * across, channels


@dataclass(repr=False)
class Reshape(Layer):
    """Gives samples another shape, with their values in row-major order.

    Args:
        target_shape: Shape of one sample, of one to three axes. One axis may be -1, which follows from the
            others.

    >>> Reshape((7, 7, -1)).output_shape((784,))
    (7, 7, 16)
    """

    target_shape: Shape

    def __post_init__(self) -> None:
        super().__post_init__()
        self._convert(target_shape=_target_shape)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return ``target_shape``, with its -1 replaced.

        Raises:
            ValueError: The samples have another number of values.
        """
        values = math.prod(input_shape)
        known = math.prod(n for n in self.target_shape if n != -1)
        shape = tuple(values // known if n == -1 else n for n in self.target_shape)
        if math.prod(shape) != values or 0 in shape:
            raise ValueError(
                f"its target_shape {self.target_shape} does not fit samples of shape {input_shape}, which "
                f"have {values} values"
            )
        return shape


@dataclass(repr=False)
class Permute(Layer):
    """Changes the order of the axes of samples.

    Args:
        dims: The axes in their new order, counted from 1; the batch is not among them.

    >>> Permute((3, 1, 2)).output_shape((28, 32, 3))
    (3, 28, 32)
    """

    dims: tuple[int, ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        self._convert(dims=_order)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the axes' sizes in their new order.

        Raises:
            ValueError: Samples have another number of axes.
        """
        if len(input_shape) != len(self.dims):
            raise ValueError(f"its dims {self.dims} do not fit samples of shape {input_shape}")
        return tuple(input_shape[d - 1] for d in self.dims)


def _integers(argument: str, value: Any, example: str) -> tuple[Any, ...]:
    if not isinstance(value, Iterable) or isinstance(value, (str, bytes)):
        raise TypeError(f"{argument} must be a tuple such as {example}, got {validation.show(value)}")
    items = tuple(value)
    if len(items) not in (1, 2, 3):
        raise ValueError(f"{argument} must have one to three axes such as {example}, got {items}")
    return items


def _target_shape(argument: str, value: Any) -> Shape:
    axes = tuple(
        validation.as_int(argument, n, minimum=1 if n != -1 else -1)
        for n in _integers(argument, value, "(7, 7, 16)")
    )
    if axes.count(-1) > 1:
        raise ValueError(f"{argument} may have one -1, got {axes}")
    return axes


def _order(argument: str, value: Any) -> tuple[int, ...]:
    dims = tuple(validation.as_int(argument, n) for n in _integers(argument, value, "(2, 1, 3)"))
    if sorted(dims) != list(range(1, len(dims) + 1)):
        raise ValueError(f"{argument} must have each axis from 1 to {len(dims)} once, got {dims}")
    return dims
