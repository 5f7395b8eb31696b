"""The layers: what each is, the shape it gives, the weights it has.

A layer is a description that knows no engine, and the weights that belong to it. Shapes are those of one
sample, without the batch: ``(height, width, channels)``, ``(rows, features)`` or ``(features,)``. Names,
arguments, defaults and the layout of weights are Keras's.

To add one, write its class in the file of its kind and name it in `LAYERS` (``registry.py``). CONTRIBUTING.md
lists the tables of engines and exporters that need an entry too; ``tests/test_contract.py`` asks for each.
"""

from .activations import ELU, Activation, LeakyReLU, ReLU, Softmax
from .base import ActivationLayer, Layer, Shape, sample_shape
from .convolutional import Conv2D, Convolution
from .core import Dense, Dropout, Flatten, Input
from .depthwise import DepthwiseConv2D
from .merging import Add, Average, Concatenate, Maximum, Merge, Minimum, Multiply, Subtract
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
    RandomContrast,
    RandomFlip,
    RandomRotation,
    RandomTranslation,
    RandomZoom,
    Rescaling,
)
from .registry import LAYERS, MERGING, from_config
from .reshaping import Cropping2D, Permute, Reshape, UpSampling2D, ZeroPadding2D
from .standardization import Normalization
from .symbolic import KerasTensor
from .window import Window, same_padding

# Keras's other names for the same classes.
Convolution2D, InputLayer = Conv2D, Input
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
    "Concatenate",
    "Conv2D",
    "Convolution",
    "Convolution2D",
    "Cropping2D",
    "Dense",
    "DepthwiseConv2D",
    "Dropout",
    "Flatten",
    "GlobalAveragePooling2D",
    "GlobalAvgPool2D",
    "GlobalMaxPool2D",
    "GlobalMaxPooling2D",
    "Input",
    "InputLayer",
    "KerasTensor",
    "Layer",
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
    "RandomContrast",
    "RandomFlip",
    "RandomRotation",
    "RandomTranslation",
    "RandomZoom",
    "ReLU",
    "Rescaling",
    "Reshape",
    "Shape",
    "Softmax",
    "Subtract",
    "UpSampling2D",
    "Window",
    "ZeroPadding2D",
    "from_config",
    "same_padding",
    "sample_shape",
]
