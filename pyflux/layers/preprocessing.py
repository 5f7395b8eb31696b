"""Rescaling, and layers that change images at random in training and do nothing otherwise.

The random layers stand before the first layer with weights. The same seed changes the same images in the
same way, in every engine. Flips, translations, rotations and zooms in a row that fill with the same beyond
the image are carried out as one, with one interpolation and nothing cut off between them; Keras interpolates
for each, which blurs more.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field
from typing import Any, ClassVar

from .._internal import validation
from .._internal.config import INIT_ONLY
from .arguments import Range, channels_last, optional_seed, span
from .base import Layer

FLIPS = ("horizontal", "vertical", "horizontal_and_vertical")
FILL_MODES = ("reflect", "constant", "nearest")

Factor = float | Range


@dataclass(repr=False)
class Rescaling(Layer):
    """Every value times ``scale`` plus ``offset``.

    A network that has one, wherever it stands, gets uint8 images as they are, 0 to 255; without one they are
    scaled by 1/255 on the way in. So bytes are scaled once either way: the tutorials' ``Rescaling(1 / 255)``
    does it.

    Args:
        scale: Factor.
        offset: What is added.

    >>> Rescaling(1 / 127.5, offset=-1).output_shape((32, 32, 3))
    (32, 32, 3)
    """

    scale: float
    offset: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._convert(scale=validation.as_float, offset=validation.as_float)


@dataclass(repr=False)
class Augmentation(Layer):
    """The base of the layers that change images at random in training.

    Args:
        seed: Decides what is drawn, whatever the model's seed; None to draw from the model's.
    """

    rank: ClassVar[int | None] = 3
    random: ClassVar[bool] = True

    seed: int | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._convert(seed=optional_seed)


@dataclass(repr=False)
class GeometricAugmentation(Augmentation):
    """The base of the layers that take every pixel from another place of the image.

    Args:
        data_format: ``"channels_last"``, the only one supported.
        seed: Decides what is drawn, whatever the model's seed; None to draw from the model's.
    """

    data_format: str | None = field(default=None, kw_only=True, metadata=INIT_ONLY)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._convert(data_format=channels_last)

    @property
    def fill(self) -> tuple[str, float] | None:
        """``(fill_mode, fill_value)``; None for a layer that never looks beyond the image."""
        return None


@dataclass(repr=False)
class RandomFlip(GeometricAugmentation):
    """Mirrors each image or not, with even chances in each direction.

    Args:
        mode: ``"horizontal"``, ``"vertical"`` or ``"horizontal_and_vertical"``.
        seed: Decides what is drawn, whatever the model's seed; None to draw from the model's.
        data_format: ``"channels_last"``, the only one supported.

    >>> RandomFlip("horizontal").output_shape((32, 32, 3))
    (32, 32, 3)
    """

    mode: str = "horizontal_and_vertical"

    def __post_init__(self) -> None:
        super().__post_init__()
        validation.choice("mode", self.mode, FLIPS)


@dataclass(repr=False)
class InterpolatingAugmentation(GeometricAugmentation):
    """The base of the layers that interpolate between pixels and look beyond the image.

    Args:
        fill_mode: What is beyond the image: ``"reflect"`` mirrors it at its edge, ``"nearest"`` repeats the
            edge, ``"constant"`` takes ``fill_value``.
        interpolation: ``"bilinear"``, the only one supported.
        fill_value: Value beyond the image for ``"constant"``.
        seed: Decides what is drawn, whatever the model's seed; None to draw from the model's.
        data_format: ``"channels_last"``, the only one supported.
    """

    _: KW_ONLY
    fill_mode: str = "reflect"
    interpolation: str = field(default="bilinear", metadata=INIT_ONLY)
    fill_value: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        validation.choice("fill_mode", self.fill_mode, FILL_MODES)
        validation.choice("interpolation", self.interpolation, ("bilinear",))
        self._convert(fill_value=validation.as_float)

    @property
    def fill(self) -> tuple[str, float] | None:
        """``(fill_mode, fill_value)``."""
        return self.fill_mode, self.fill_value


@dataclass(repr=False)
class RandomTranslation(InterpolatingAugmentation):
    """Moves each image by a random distance.

    Args:
        height_factor: How far down, as a fraction of the height in [-1, 1]: a number ``f`` for
            ``[-f, f]``, or a pair ``(low, high)``.
        width_factor: How far to the right, as a fraction of the width.
        fill_mode: What is beyond the image: ``"reflect"``, ``"nearest"`` or ``"constant"``.
        interpolation: ``"bilinear"``, the only one supported.
        seed: Decides what is drawn, whatever the model's seed; None to draw from the model's.
        fill_value: Value beyond the image for ``"constant"``.
        data_format: ``"channels_last"``, the only one supported.

    >>> RandomTranslation(0.1, (0, 0.2)).height_factor
    (-0.1, 0.1)
    """

    height_factor: Factor
    width_factor: Factor

    def __post_init__(self) -> None:
        super().__post_init__()
        self._convert(height_factor=span, width_factor=span)


@dataclass(repr=False)
class RandomRotation(InterpolatingAugmentation):
    """Turns each image about its centre by a random angle, anticlockwise.

    Args:
        factor: The angle as a fraction of a full turn in [-1, 1]: a number ``f`` for ``[-f, f]``, or a pair
            ``(low, high)``; 20 degrees are 20 / 360.
        fill_mode: What is beyond the image: ``"reflect"``, ``"nearest"`` or ``"constant"``.
        interpolation: ``"bilinear"``, the only one supported.
        seed: Decides what is drawn, whatever the model's seed; None to draw from the model's.
        fill_value: Value beyond the image for ``"constant"``.
        data_format: ``"channels_last"``, the only one supported.

    >>> RandomRotation(0.05).factor
    (-0.05, 0.05)
    """

    factor: Factor

    def __post_init__(self) -> None:
        super().__post_init__()
        self._convert(factor=span)


@dataclass(repr=False)
class RandomZoom(InterpolatingAugmentation):
    """Zooms each image about its centre by a random factor.

    Args:
        height_factor: How much smaller its content gets, as a fraction of the height in (-1, 1]; negative
            makes it larger. A number ``f`` stands for ``[-f, f]``, a pair is ``(low, high)``.
        width_factor: The same for the width; by default as drawn for the height.
        fill_mode: What is beyond the image: ``"reflect"``, ``"nearest"`` or ``"constant"``.
        interpolation: ``"bilinear"``, the only one supported.
        seed: Decides what is drawn, whatever the model's seed; None to draw from the model's.
        fill_value: Value beyond the image for ``"constant"``.
        data_format: ``"channels_last"``, the only one supported.

    >>> RandomZoom(0.2).height_factor, RandomZoom(0.2).width_factor
    ((-0.2, 0.2), None)
    """

    height_factor: Factor
    width_factor: Factor | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._convert(height_factor=_zoom)
        if self.width_factor is not None:
            self._convert(width_factor=_zoom)


def _zoom(argument: str, value: Any) -> Range:
    low, high = span(argument, value)
    if low <= -1:
        raise ValueError(f"{argument} must be greater than -1, which would leave no image, got {value}")
    return low, high
