"""Image files as samples for a network."""

from __future__ import annotations

import math
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._internal.extras import require
from ..errors import DataError

# Formats that Pillow decodes itself; for others, such as EPS, it starts programs.
FORMATS = ("PNG", "JPEG", "MPO", "GIF", "BMP", "PPM", "TIFF", "WEBP", "AVIF", "JPEG2000", "TGA", "ICO")

# Decoded, an image takes 4 bytes a pixel at most. Pillow's own limit is the same.
MAX_PIXELS = 178_956_970

# What a header may claim beyond what its file can hold: deflate packs a byte into a thousandth, of 8 pixels.
PIXELS_PER_BYTE, ALLOWANCE = 8300, 1 << 24

_BAND = 1 << 22  # pixels that are converted at once

# What is done for each value of EXIF's orientation; Pillow's names of the operations.
_ORIENTATION = 0x0112
_TURNS = {
    2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE",
    6: "ROTATE_270", 7: "TRANSVERSE", 8: "ROTATE_90",
}  # fmt: skip


#: Channels by colour mode.
CHANNELS = {"grayscale": 1, "rgb": 3, "rgba": 4}

#: Pillow's filters by the names that Keras has for them.
INTERPOLATIONS = {
    "bilinear": "BILINEAR", "nearest": "NEAREST", "bicubic": "BICUBIC", "area": "BOX", "lanczos3": "LANCZOS",
}  # fmt: skip


def read_image(path: str | os.PathLike[str], sample: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return an image file as ``(height, width, channels)`` uint8, resized to a network's input.

    The image is what a viewer shows: upright by its EXIF orientation, transparent pixels on white, 16 bits
    scaled to 8, of an animation the first picture. For one channel it is converted to grey, and inverted to
    white on black, as MNIST is, if its border is light.

    Args:
        path: A PNG, JPEG, GIF, BMP, TIFF, WebP or other file that Pillow decodes, of at most 179 million
            pixels.
        sample: Shape of one sample of the network, ``(height, width, 1)`` or ``(height, width, 3)``.

    Raises:
        MissingExtraError: Pillow is not installed.
        FileNotFoundError: There is no such file.
        ValueError: ``sample`` is not the shape of an image of 1 or 3 channels.
        DataError: The file is no image, is damaged, or has too many pixels.

    Example:
        >>> from PIL import Image  # doctest: +SKIP
        >>> Image.new("L", (280, 140), 255).save("white.png")  # doctest: +SKIP
        >>> read_image("white.png", (28, 28, 1)).max()  # black on white is inverted  # doctest: +SKIP
        0
    """
    if len(sample) != 3 or sample[2] not in (1, 3):
        raise ValueError(f"sample must be (height, width, 1) or (height, width, 3), got {sample}")
    mode = "grayscale" if sample[2] == 1 else "rgb"
    array = decode_image(path, mode, (sample[0], sample[1]), interpolation="bicubic")
    return 255 - array if sample[2] == 1 and _border(array).mean() > 127 else array


def decode_image(
    path: str | os.PathLike[str],
    color_mode: str = "rgb",
    size: tuple[int, int] | None = None,
    *,
    interpolation: str = "bilinear",
    fit: str = "stretch",
) -> NDArray[np.uint8]:
    """Return an image file as ``(height, width, channels)`` uint8, as a viewer shows it.

    Args:
        path: A file that Pillow decodes, of at most 179 million pixels.
        color_mode: ``"grayscale"``, ``"rgb"`` or ``"rgba"``; without alpha, transparent pixels are on white.
        size: Height and width; by default those of the file.
        interpolation: A key of `INTERPOLATIONS`. Where an image becomes smaller, it is low-pass filtered, but
            for ``"nearest"``.
        fit: If the aspect ratio is another: ``"stretch"`` changes it, ``"crop"`` leaves the middle, ``"pad"``
            adds black.

    Raises:
        MissingExtraError: Pillow is not installed.
        FileNotFoundError: There is no such file.
        DataError: The file is no image, is damaged, or has too many pixels.
    """
    file = Path(path).expanduser()
    if not file.is_file():
        raise FileNotFoundError(f"there is no image at {file}")
    library = _pillow()
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"PIL\.")  # of metadata, which are not needed
            return _decode(library, file, color_mode, size, INTERPOLATIONS[interpolation], fit)
    except MemoryError as e:
        raise DataError(f"{file} needs more memory than there is; scale the image down first") from e
    except Exception as e:  # a damaged image makes Pillow raise exceptions of many classes
        raise DataError(f"{file} cannot be read as an image: {e}; give a PNG or JPEG file") from e


def _pillow() -> Any:
    library = require("PIL.Image", extra="images", purpose="reading image files")
    library.init()
    return library


def _decode(
    library: Any, file: Path, color_mode: str, size: tuple[int, int] | None, resampling: str, fit: str
) -> NDArray[np.uint8]:
    with library.open(file, formats=[f for f in FORMATS if f in library.OPEN]) as image:
        if image.width * image.height > MAX_PIXELS:
            raise ValueError(f"it has {image.width}×{image.height} pixels, more than {MAX_PIXELS}")
        bytes_ = file.stat().st_size
        if image.width * image.height > ALLOWANCE + PIXELS_PER_BYTE * bytes_:
            raise ValueError(
                f"it claims {image.width}×{image.height} pixels, which {bytes_} bytes cannot hold"
            )
        turn = _orientation(image)
        mode = {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}[color_mode]
        factor = 1
        if size is not None and resampling != "NEAREST":
            factor = min(image.width, image.height) // max(size) // 4
        small = _shrunk(library, image, mode, factor)
    if turn:
        small = small.transpose(library.Transpose[turn])
    if size is not None:
        small = _resized(small, (size[1], size[0]), library.Resampling[resampling], fit)
    array: NDArray[np.uint8] = np.asarray(small, dtype=np.uint8)
    return array.reshape(*array.shape[:2], CHANNELS[color_mode])


def _resized(image: Any, size: tuple[int, int], resampling: Any, fit: str) -> Any:
    from PIL import ImageOps

    match fit:
        case "crop":
            return ImageOps.fit(image, size, resampling)
        case "pad":
            return ImageOps.pad(image, size, resampling)
        case _:
            return image.resize(size, resampling)


def _orientation(image: Any) -> str | None:
    try:
        return _TURNS.get(image.getexif().get(_ORIENTATION))
    except Exception:  # damaged EXIF data are no reason to refuse the picture
        return None


def _shrunk(library: Any, image: Any, mode: str, factor: int) -> Any:
    """Return the image in another mode, with one pixel for each ``factor`` × ``factor``.

    It is done band by band: a large image is in memory once, and not once more for each step.
    """
    factor = max(factor, 1)
    rows = factor * max(1, _BAND // (image.width * factor))
    size = math.ceil(image.width / factor), math.ceil(image.height / factor)
    result = library.new(mode, size)
    for top in range(0, image.height, rows):
        band = image.crop((0, top, image.width, min(top + rows, image.height)))
        band.info = image.info  # where a colour that stands for transparency is
        flat = (band if mode == "RGBA" and band.mode[0] not in "IF" else _flat(library, band)).convert(mode)
        result.paste(flat.reduce(factor), (0, top // factor))
    return result


def _flat(library: Any, image: Any) -> Any:
    """Return an image with 8 bits a channel and no transparency."""
    if image.mode.startswith("I") or image.mode == "F":
        return library.fromarray(_eight_bits(np.asarray(image)))
    if image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        seen = library.new("RGBA", image.size, "white")
        seen.alpha_composite(image.convert("RGBA"))
        return seen
    return image


def _eight_bits(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Return 16-bit values, or floats from 0 to 1, as 0 … 255."""
    if values.dtype.kind == "f":
        if not (values.min() >= 0 and values.max() <= 1):
            raise ValueError("its pixels are floats outside 0 … 1")
        values = np.rint(values * 65535)
    if values.min() < 0 or values.max() > 65535:
        raise ValueError("its pixels have more than 16 bits")
    return ((values.astype(np.uint32) + 128) // 257).astype(np.uint8)


def _border(array: NDArray[np.uint8]) -> NDArray[np.uint8]:
    inner = np.ones(array.shape, bool)
    inner[1:-1, 1:-1] = False
    return array[inner]
