"""Known networks: those of the tutorials, and published ones with their weights."""

from .vgg16 import VGG16

__all__ = ["VGG16"]
