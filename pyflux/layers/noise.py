"""Layers that disturb values in training, and do nothing otherwise."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field
from typing import ClassVar

from .._internal import validation
from .._internal.config import INIT_ONLY
from .arguments import channels_last, optional_seed
from .base import Layer


@dataclass(repr=False)
class SpatialDropout2D(Layer):
    """In training, sets a fraction of the channels of each image to 0 and scales the others up.

    It is `Dropout` with ``noise_shape=(None, 1, 1, None)``: neighbouring pixels tell much the same, so that
    dropping single ones hides little.

    Source: Tompson and others, "Efficient object localization using convolutional networks", 2015.

    Args:
        rate: The fraction, in [0, 1).
        data_format: ``"channels_last"``, the only one supported.
        seed: Decides what is dropped, whatever the model's seed; None to draw from the model's.

    >>> SpatialDropout2D(0.2).output_shape((28, 28, 16))
    (28, 28, 16)
    """

    rank: ClassVar[int | None] = 3
    random: ClassVar[bool] = True
    noise_shape: ClassVar[tuple[int | None, ...]] = (None, 1, 1, None)

    rate: float
    _: KW_ONLY
    data_format: str | None = field(default=None, metadata=INIT_ONLY)
    seed: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._convert(rate=validation.fraction, data_format=channels_last, seed=optional_seed)


@dataclass(repr=False)
class GaussianNoise(Layer):
    """In training, adds normally distributed random numbers of mean 0; otherwise does nothing.

    Args:
        stddev: Their standard deviation, at least 0.
        seed: Decides what is drawn, whatever the model's seed; None to draw from the model's.

    >>> GaussianNoise(0.1).output_shape((28, 28, 1))
    (28, 28, 1)
    """

    random: ClassVar[bool] = True

    stddev: float
    _: KW_ONLY
    seed: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set("stddev", validation.as_float("stddev", self.stddev, at_least=0))
        self._convert(seed=optional_seed)
