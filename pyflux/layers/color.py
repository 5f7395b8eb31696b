"""Layers that change the colours of images at random in training, and do nothing otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .._internal import validation
from .arguments import Range, span, two_numbers
from .preprocessing import Augmentation, Factor


@dataclass(repr=False)
class ColorAugmentation(Augmentation):
    """The base of the layers that change values and clip them to their range."""

    def _convert_range(self) -> None:
        self._convert(value_range=two_numbers)
        low, high = getattr(self, "value_range")  # noqa: B009 - every subclass has it
        if low >= high:
            raise ValueError(f"value_range must be (low, high) with low below high, got {(low, high)}")


@dataclass(repr=False)
class RandomContrast(ColorAugmentation):
    """Moves each value of an image away from its channel's mean, or towards it, by a random factor.

    Args:
        factor: A number ``f`` in [0, 1] for a contrast between 1 - f and 1 + f, or a pair (lower, upper) for
            one between 1 - lower and 1 + upper.
        value_range: ``(low, high)``: what comes out is clipped to it. With uint8 images and no `Rescaling` in
            the network images are 0 to 1 here, for which (0, 1) is right.
        seed: Decides what is drawn, whatever the model's seed; None to draw from the model's.

    >>> RandomContrast(0.2).factor
    (0.2, 0.2)
    """

    factor: Factor
    value_range: Range = (0, 255)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._convert(factor=_contrast)
        self._convert_range()


@dataclass(repr=False)
class RandomBrightness(ColorAugmentation):
    """Makes each image brighter or darker, by a random number that is added to all of its values.

    Args:
        factor: What is added, as a part of the range of values, in [-1, 1]: a number ``f`` for ``[-f, f]``,
            or a pair ``(low, high)``.
        value_range: ``(low, high)``: what comes out is clipped to it. With uint8 images and no `Rescaling` in
            the network images are 0 to 1 here, for which (0, 1) is right.
        seed: Decides what is drawn, whatever the model's seed; None to draw from the model's.

    >>> RandomBrightness(0.2).factor
    (-0.2, 0.2)
    """

    factor: Factor
    value_range: Range = (0, 255)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._convert(factor=span)
        self._convert_range()


def _contrast(argument: str, value: Any) -> Range:
    lower, upper = (value, value) if not isinstance(value, (list, tuple)) else two_numbers(argument, value)
    return (
        validation.as_float(argument, lower, at_least=0, at_most=1),
        validation.as_float(argument, upper, at_least=0, at_most=1),
    )
