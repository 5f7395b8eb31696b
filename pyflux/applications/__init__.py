"""Ready-made networks: those of well-known tutorials, and published ones with pretrained weights."""

from .vgg16 import VGG16

__all__ = ["VGG16"]
