"""Single images: from a file, to an array, and back."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from .._internal.extras import require
from .._internal.validation import choice, pair
from ..datasets.image_file import CHANNELS, INTERPOLATIONS, decode_image
from ..inputs import as_array

if TYPE_CHECKING:
    from PIL.Image import Image


def load_img(
    path: str | os.PathLike[str],
    color_mode: str = "rgb",
    target_size: int | tuple[int, int] | None = None,
    interpolation: str = "nearest",
    keep_aspect_ratio: bool = False,
) -> Image:
    """Return an image file as a Pillow image, as a viewer shows it: upright, transparent pixels on white.

    Args:
        path: A PNG, JPEG, GIF, BMP, TIFF, WebP or other file that Pillow decodes.
        color_mode: ``"grayscale"``, ``"rgb"`` or ``"rgba"``.
        target_size: Height and width, or one number for both; by default those of the file.
        interpolation: ``"nearest"``, ``"bilinear"``, ``"bicubic"``, ``"area"`` or ``"lanczos3"``.
        keep_aspect_ratio: Whether the middle is cut out, in place of a change of the aspect ratio.

    Raises:
        MissingExtraError: Pillow is not installed.
        FileNotFoundError: There is no such file.
        ValueError: An argument is none of those that are allowed.
        DataError: The file is no image, is damaged, or has more than 179 million pixels.

    Example:
        >>> load_img("cat.jpg", target_size=(180, 180)).size  # doctest: +SKIP
        (180, 180)
    """
    array = decode_image(
        path,
        choice("color_mode", color_mode, CHANNELS),
        None if target_size is None else pair("target_size", target_size),
        interpolation=choice("interpolation", interpolation, INTERPOLATIONS),
        fit="crop" if keep_aspect_ratio else "stretch",
    )
    return _image(array)


def img_to_array(img: Image | ArrayLike, *, dtype: DTypeLike | None = None) -> NDArray[Any]:
    """Return a Pillow image as an array ``(height, width, channels)``.

    Args:
        img: The image.
        dtype: Type of the result; by default the image's own, uint8 from 0 to 255. (Keras returns float32 by
            default. Networks here scale uint8 images by 1/255 themselves, and floats not at all.)

    Raises:
        ValueError: It is not of 2 or 3 axes.

    >>> img_to_array(np.zeros((4, 5), np.uint8)).shape
    (4, 5, 1)
    """
    array = np.asarray(img, dtype=dtype)
    if array.ndim not in (2, 3):
        raise ValueError(f"img must be one image of 2 or 3 axes, got an array of shape {array.shape}")
    return array[..., None] if array.ndim == 2 else array


def array_to_img(x: ArrayLike, *, scale: bool = True) -> Image:
    """Return an array ``(height, width, channels)`` as a Pillow image.

    Args:
        x: The pixels; 1 channel for grey, 3 for red, green and blue, 4 with alpha.
        scale: Whether the lowest value becomes 0 and the highest 255. Without it the values are 0 … 255.

    Raises:
        MissingExtraError: Pillow is not installed.
        ValueError: It is no such array, or a value is outside 0 … 255 without ``scale``.

    Example:
        >>> array_to_img(np.zeros((4, 5, 3), np.uint8)).size  # doctest: +SKIP
        (5, 4)
    """
    array = as_array("x", x)
    if array.ndim != 3 or array.shape[2] not in CHANNELS.values():
        raise ValueError(f"x must be (height, width, 1, 3 or 4), got an array of shape {array.shape}")
    if array.size == 0:
        raise ValueError(f"x must have at least one pixel, got an array of shape {array.shape}")
    values = array.astype(np.float64)
    if scale:
        values = values - values.min()
        values *= 255 / (values.max() or 1.0)
    elif not (values.min() >= 0 and values.max() <= 255):
        raise ValueError(f"x must be 0 … 255 without scale, got {values.min():g} … {values.max():g}")
    return _image(values.astype(np.uint8))


def _image(array: NDArray[np.uint8]) -> Image:
    library = require("PIL.Image", extra="images", purpose="making images")
    image: Image = library.fromarray(array[..., 0] if array.shape[2] == 1 else array)
    return image
