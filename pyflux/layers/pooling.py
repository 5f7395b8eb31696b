"""Pooling over windows, and over whole images."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field
from typing import ClassVar

from .._internal import validation
from .._internal.config import INIT_ONLY
from .arguments import Pair, channels_last, padding
from .base import Layer, Shape
from .window import Window


@dataclass(repr=False)
class Pooling2D(Layer):
    """The base of `MaxPooling2D` and `AveragePooling2D`.

    Args:
        pool_size: Height and width of the window, one integer or two.
        strides: How many pixels the window moves at a time, one integer or two; by default the window's size.
        padding: ``"valid"`` drops rows and columns that fill no window, ``"same"`` keeps them.
        data_format: ``"channels_last"``, the only one supported.
    """

    rank: ClassVar[int | None] = 3

    pool_size: Pair = (2, 2)
    strides: Pair | None = None
    padding: str = "valid"
    _: KW_ONLY
    data_format: str | None = field(default=None, metadata=INIT_ONLY)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._convert(pool_size=validation.pair, padding=padding, data_format=channels_last)
        if self.strides is None:
            self._set("strides", self.pool_size)
        self._convert(strides=validation.pair)

    @property
    def window(self) -> Window:
        """The window as it moves over an image."""
        return Window(
            validation.pair("pool_size", self.pool_size),
            validation.pair("strides", self.strides),
            padding=self.padding,
        )

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return ``(height, width, channels)`` after the pooling."""
        self._check_rank(input_shape)
        height, width, channels = input_shape
        return (*self.window.output_size(height, width), channels)


@dataclass(repr=False)
class MaxPooling2D(Pooling2D):
    """The maximum of each window, channel by channel; padding never wins.

    Args:
        pool_size: Height and width of the window, one integer or two.
        strides: How many pixels the window moves at a time, one integer or two; by default the window's size.
        padding: ``"valid"`` drops rows and columns that fill no window, ``"same"`` keeps them.
        data_format: ``"channels_last"``, the only one supported.

    >>> MaxPooling2D((2, 2)).output_shape((13, 13, 16))
    (6, 6, 16)
    """


@dataclass(repr=False)
class AveragePooling2D(Pooling2D):
    """The mean of each window, channel by channel; padding does not count.

    Args:
        pool_size: Height and width of the window, one integer or two.
        strides: How many pixels the window moves at a time, one integer or two; by default the window's size.
        padding: ``"valid"`` drops rows and columns that fill no window, ``"same"`` keeps them.
        data_format: ``"channels_last"``, the only one supported.

    >>> AveragePooling2D(2, padding="same").output_shape((13, 13, 16))
    (7, 7, 16)
    """


@dataclass(repr=False)
class GlobalPooling2D(Layer):
    """The base of `GlobalMaxPooling2D` and `GlobalAveragePooling2D`.

    Args:
        data_format: ``"channels_last"``, the only one supported.
        keepdims: Whether the result is an image of one pixel, ``(1, 1, channels)``, and no row.
    """

    rank: ClassVar[int | None] = 3

    _: KW_ONLY
    data_format: str | None = field(default=None, metadata=INIT_ONLY)
    keepdims: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self._convert(data_format=channels_last, keepdims=validation.as_bool)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return ``(channels,)``, or ``(1, 1, channels)`` with ``keepdims``."""
        self._check_rank(input_shape)
        channels = input_shape[-1]
        return (1, 1, channels) if self.keepdims else (channels,)


@dataclass(repr=False)
class GlobalMaxPooling2D(GlobalPooling2D):
    """The maximum of each channel.

    Args:
        data_format: ``"channels_last"``, the only one supported.
        keepdims: Whether the result is an image of one pixel, ``(1, 1, channels)``, and no row.

    >>> GlobalMaxPooling2D().output_shape((7, 7, 512))
    (512,)
    """


@dataclass(repr=False)
class GlobalAveragePooling2D(GlobalPooling2D):
    """The mean of each channel.

    Args:
        data_format: ``"channels_last"``, the only one supported.
        keepdims: Whether the result is an image of one pixel, ``(1, 1, channels)``, and no row.

    >>> GlobalAveragePooling2D(keepdims=True).output_shape((7, 7, 512))
    (1, 1, 512)
    """
