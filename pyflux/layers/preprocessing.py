"""Layers that change images at random in training, and do nothing otherwise. Names and defaults are Keras's.

The same seed changes the same images in the same way, in every engine. They stand before the first layer with
weights. Flips, moves, turns and zooms in a row that agree on what is beyond the edge are carried out as one,
with one interpolation and nothing cut off between them; Keras interpolates for each, which blurs more.
A factor is one number ``f`` for ``[-f, f]``, or a pair ``(low, high)``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from .._internal import validation
from .base import Layer

Range = tuple[float, float]

FLIPS = ("horizontal", "vertical", "horizontal_and_vertical")
FILLS = ("reflect", "constant", "nearest")


@dataclass
class Augmentation(Layer):
    """What the layers of this file have in common."""

    rank: ClassVar[int | None] = 3
    random: ClassVar[bool] = True


@dataclass
class RandomFlip(Augmentation):
    """Mirrors each image or not, with even chances in each direction.

    Args:
        mode: ``"horizontal"``, ``"vertical"`` or ``"horizontal_and_vertical"``.

    >>> RandomFlip("horizontal").output_shape((32, 32, 3))
    (32, 32, 3)
    """

    mode: str = "horizontal_and_vertical"

    def __post_init__(self) -> None:
        super().__post_init__()
        validation.choice("mode", self.mode, FLIPS)


@dataclass
class Warp(Augmentation):
    """What moving, turning and zooming have in common: bilinear interpolation, and what lies beyond the edge.

    Args:
        fill_mode: ``"reflect"`` mirrors the image at its edge, ``"nearest"`` repeats the edge, ``"constant"``
            takes ``fill_value``.
        fill_value: Value beyond the edge for ``"constant"``.
    """

    fill_mode: str = field(default="reflect", kw_only=True)
    fill_value: float = field(default=0.0, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        validation.choice("fill_mode", self.fill_mode, FILLS)
        self._set("fill_value", validation.as_float("fill_value", self.fill_value))


@dataclass
class RandomTranslation(Warp):
    """Moves each image.

    Args:
        height_factor: How far down, as a fraction of the height.
        width_factor: How far to the right, as a fraction of the width.

    >>> RandomTranslation(0.1, (0, 0.2)).height_factor
    (-0.1, 0.1)
    """

    height_factor: float | Range
    width_factor: float | Range

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set("height_factor", span("height_factor", self.height_factor))
        self._set("width_factor", span("width_factor", self.width_factor))


@dataclass
class RandomRotation(Warp):
    """Turns each image about its centre, anticlockwise.

    Args:
        factor: How far, as a fraction of a full turn.

    >>> RandomRotation(0.05).factor
    (-0.05, 0.05)
    """

    factor: float | Range

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set("factor", span("factor", self.factor))


@dataclass
class RandomZoom(Warp):
    """Zooms each image about its centre.

    Args:
        height_factor: How much smaller its content gets, as a fraction of the height; negative is larger.
        width_factor: The same for the width; by default as drawn for the height.

    >>> RandomZoom(0.2).width_factor is None
    True
    """

    height_factor: float | Range
    width_factor: float | Range | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set("height_factor", span("height_factor", self.height_factor, minimum=-0.99))
        if self.width_factor is not None:
            self._set("width_factor", span("width_factor", self.width_factor, minimum=-0.99))


@dataclass
class RandomContrast(Augmentation):
    """Moves each value of an image away from its channel's mean, or towards it.

    Args:
        factor: One number ``f`` in [0, 1) for a contrast between 1 - f and 1 + f, or a pair (lower, upper)
            for one between 1 - lower and 1 + upper.

    >>> RandomContrast(0.2).factor
    (0.2, 0.2)
    """

    factor: float | Range

    def __post_init__(self) -> None:
        super().__post_init__()
        low, high = _pair("factor", self.factor)
        if not (0 <= low <= 1 and high >= 0):
            raise ValueError(f"factor must be from 0, and its lower part at most 1, got {self.factor}")
        self._set("factor", (low, high))


def span(argument: str, value: Any, minimum: float = -math.inf) -> Range:
    """Return a factor as ``(low, high)``.

    >>> span("factor", 0.2)
    (-0.2, 0.2)
    """
    one = not isinstance(value, Iterable) or isinstance(value, str)
    low, high = _pair(argument, value)
    if one and low < 0:
        raise ValueError(f"{argument} must be at least 0, or a pair (low, high), got {value}")
    low = -low if one else low
    if not minimum < low <= high:
        raise ValueError(f"{argument} must be a pair (low, high) with low up to high, got {(low, high)}")
    return low, high


def _pair(argument: str, value: Any) -> Range:
    if not isinstance(value, Iterable) or isinstance(value, str):
        number = validation.as_float(argument, value)
        return number, number
    items = tuple(value)
    if len(items) != 2:
        raise ValueError(f"{argument} must be one number or two, got {value!r}")
    return validation.as_float(argument, items[0]), validation.as_float(argument, items[1])
