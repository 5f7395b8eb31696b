"""Ready-made networks: those of well-known tutorials, and published ones with pretrained weights."""

from . import efficientnet, mobilenet_v2, resnet, vgg16
from .efficientnet import (
    EfficientNetB0,
    EfficientNetB1,
    EfficientNetB2,
    EfficientNetB3,
    EfficientNetB4,
    EfficientNetB5,
    EfficientNetB6,
    EfficientNetB7,
)
from .mobilenet_v2 import MobileNetV2
from .resnet import ResNet50
from .vgg16 import VGG16

__all__ = [
    "VGG16",
    "EfficientNetB0",
    "EfficientNetB1",
    "EfficientNetB2",
    "EfficientNetB3",
    "EfficientNetB4",
    "EfficientNetB5",
    "EfficientNetB6",
    "EfficientNetB7",
    "MobileNetV2",
    "ResNet50",
    "efficientnet",
    "mobilenet_v2",
    "resnet",
    "vgg16",
]
