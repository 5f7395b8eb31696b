"""Image files; `pyflux.datasets.image_file` by a shorter name."""

from .datasets.image_file import read_image

__all__ = ["read_image"]
