"""The layers: what each is, the shape it gives, the weights it has.

A layer is a description that knows no engine, and the weights that belong to it. Shapes are those of one
sample, without the batch: ``(height, width, channels)``, ``(rows, features)`` or ``(features,)``. Names,
arguments, defaults and the layout of weights are Keras's.

To add one, write its class in the file of its kind and name it in `LAYERS` (``registry.py``). CONTRIBUTING.md
lists the tables of engines and exporters that need an entry too; ``tests/test_contract.py`` asks for each.
"""

from .activations import ELU, Activation, LeakyReLU, ReLU, Softmax
from .base import ActivationLayer, Layer, Shape, sample_shape
from .color import ColorAugmentation, RandomBrightness, RandomContrast
from .convolutional import Conv2D, Convolution
from .core import Dense, Dropout, Flatten, Input
from .cropping import CenterCrop, RandomCrop
from .depthwise import DepthwiseConv2D
from .feature_normalization import FeatureNormalization, GroupNormalization, LayerNormalization
from .merging import Add, Average, Concatenate, Maximum, Merge, Minimum, Multiply, Subtract
from .noise import GaussianNoise, SpatialDropout2D
from .normalization import BatchNormalization
from .pooling import (
    AveragePooling2D,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    MaxPooling2D,
    Pooling2D,
)
from .preprocessing import (
    Augmentation,
    RandomFlip,
    RandomRotation,
    RandomTranslation,
    RandomZoom,
    Rescaling,
)
from .registry import LAYERS, MERGING, from_config
from .reshaping import Cropping2D, Permute, Reshape, UpSampling2D, ZeroPadding2D
from .resizing import Resizing
from .separable import SeparableConv2D
from .standardization import Normalization
from .symbolic import KerasTensor
from .transposed import Conv2DTranspose
from .window import Window, same_padding

# Keras's other names for the same classes.
Convolution2D, InputLayer = Conv2D, Input
Convolution2DTranspose, SeparableConvolution2D = Conv2DTranspose, SeparableConv2D
MaxPool2D, AvgPool2D = MaxPooling2D, AveragePooling2D
GlobalMaxPool2D, GlobalAvgPool2D = GlobalMaxPooling2D, GlobalAveragePooling2D

__all__ = [
    "ELU",
    "LAYERS",
    "MERGING",
    "Activation",
    "ActivationLayer",
    "Add",
    "Augmentation",
    "Average",
    "AveragePooling2D",
    "AvgPool2D",
    "BatchNormalization",
    "CenterCrop",
    "ColorAugmentation",
    "Concatenate",
    "Conv2D",
    "Conv2DTranspose",
    "Convolution",
    "Convolution2D",
    "Convolution2DTranspose",
    "Cropping2D",
    "Dense",
    "DepthwiseConv2D",
    "Dropout",
    "FeatureNormalization",
    "Flatten",
    "GaussianNoise",
    "GlobalAveragePooling2D",
    "GlobalAvgPool2D",
    "GlobalMaxPool2D",
    "GlobalMaxPooling2D",
    "GroupNormalization",
    "Input",
    "InputLayer",
    "KerasTensor",
    "Layer",
    "LayerNormalization",
    "LeakyReLU",
    "MaxPool2D",
    "MaxPooling2D",
    "Maximum",
    "Merge",
    "Minimum",
    "Multiply",
    "Normalization",
    "Permute",
    "Pooling2D",
    "RandomBrightness",
    "RandomContrast",
    "RandomCrop",
    "RandomFlip",
    "RandomRotation",
    "RandomTranslation",
    "RandomZoom",
    "ReLU",
    "Rescaling",
    "Reshape",
    "Resizing",
    "SeparableConv2D",
    "SeparableConvolution2D",
    "Shape",
    "Softmax",
    "SpatialDropout2D",
    "Subtract",
    "UpSampling2D",
    "Window",
    "ZeroPadding2D",
    "from_config",
    "same_padding",
    "sample_shape",
]
