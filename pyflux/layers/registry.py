"""The table of layers: every class that a network can be made of, by its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._internal import config as config_
from .activations import ELU, Activation, LeakyReLU, ReLU, Softmax
from .base import Layer
from .color import RandomBrightness, RandomContrast
from .convolutional import Conv2D
from .core import Dense, Dropout, Flatten
from .cropping import CenterCrop, RandomCrop
from .depthwise import DepthwiseConv2D
from .feature_normalization import GroupNormalization, LayerNormalization
from .merging import Add, Average, Concatenate, Maximum, Merge, Minimum, Multiply, Subtract
from .noise import GaussianNoise, SpatialDropout2D
from .normalization import BatchNormalization
from .pooling import AveragePooling2D, GlobalAveragePooling2D, GlobalMaxPooling2D, MaxPooling2D
from .preprocessing import (
    RandomFlip,
    RandomRotation,
    RandomTranslation,
    RandomZoom,
    Rescaling,
)
from .reshaping import Cropping2D, Permute, Reshape, UpSampling2D, ZeroPadding2D
from .resizing import Resizing
from .separable import SeparableConv2D
from .standardization import Normalization
from .transposed import Conv2DTranspose

# Input is not among them: it describes no work, and a network keeps its shape only.
LAYERS: dict[str, type[Layer]] = {
    cls.__name__: cls
    for cls in (
        Conv2D, DepthwiseConv2D, SeparableConv2D, Conv2DTranspose,
        MaxPooling2D, AveragePooling2D, GlobalMaxPooling2D, GlobalAveragePooling2D, Flatten, Dense,
        Activation, ReLU, LeakyReLU, ELU, Softmax, Dropout, SpatialDropout2D, GaussianNoise,
        BatchNormalization, LayerNormalization, GroupNormalization, Rescaling, Normalization,
        ZeroPadding2D, Cropping2D, UpSampling2D, Reshape, Permute, Resizing, CenterCrop,
        RandomFlip, RandomTranslation, RandomRotation, RandomZoom, RandomCrop,
        RandomContrast, RandomBrightness,
    )
}  # fmt: skip

# Those that take several inputs.
MERGING: dict[str, type[Merge]] = {
    cls.__name__: cls for cls in (Add, Subtract, Multiply, Average, Maximum, Minimum, Concatenate)
}


def from_config(config: Mapping[str, Any]) -> Layer:
    """Make a layer from what `Layer.config` gave.

    Raises:
        ValueError: The layer or an argument is not known, or an argument is missing or wrong.

    >>> from_config(Dense(10).config()) == Dense(10)
    True
    """
    return config_.from_config("layer", LAYERS | MERGING, config)
