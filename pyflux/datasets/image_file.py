"""Image files → the 28×28 grey images that a digit network was trained on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError, MissingExtraError


def read_image(path: str | os.PathLike[str], sample: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return an image file as ``(height, width, channels)`` uint8, scaled to a network's input.

    For one channel the image is made grey, and turned to white on black, as MNIST is, where its border is
    light.

    Args:
        path: A PNG, JPEG or other file that Pillow reads.
        sample: tuple[int, ...] of one sample of the network.

    Raises:
        MissingExtraError: Pillow is not installed.
        FileNotFoundError: There is no such file.
        DataError: The file is no image.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"there is no image at {path}")
    if len(sample) != 3 or sample[2] not in (1, 3):
        raise ValueError(f"the network wants samples of shape {sample}, not images of 1 or 3 channels")
    height, width, channels = sample
    with _open(path) as image:
        image = image.convert("L" if channels == 1 else "RGB").resize((width, height))
        array = np.asarray(image, dtype=np.uint8).reshape(sample)
    return 255 - array if channels == 1 and _border(array).mean() > 127 else array


def _open(path: str | os.PathLike[str]) -> Any:
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError as e:
        raise MissingExtraError("reading image files needs Pillow: pip install 'pyflux-julia[images]'") from e
    try:
        return Image.open(path)
    except (UnidentifiedImageError, OSError) as e:
        raise DataError(f"{path} cannot be read as an image: {e}; give a PNG or JPEG file") from e


def _border(array: NDArray[np.uint8]) -> NDArray[np.uint8]:
    inner = np.ones(array.shape, bool)
    inner[1:-1, 1:-1] = False
    return array[inner]
