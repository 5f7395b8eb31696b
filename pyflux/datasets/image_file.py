"""Image files as samples for a network."""

from __future__ import annotations

import math
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError, MissingExtraError

# Formats that Pillow decodes itself; for others, such as EPS, it starts programs.
FORMATS = ("PNG", "JPEG", "MPO", "GIF", "BMP", "PPM", "TIFF", "WEBP", "AVIF", "JPEG2000", "TGA", "ICO")

# Decoded, an image takes 4 bytes a pixel at most. Pillow's own limit is the same.
MAX_PIXELS = 178_956_970

_BAND = 1 << 22  # pixels that are converted at once

# What is done for each value of EXIF's orientation; Pillow's names of the operations.
_ORIENTATION = 0x0112
_TURNS = {
    2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE",
    6: "ROTATE_270", 7: "TRANSVERSE", 8: "ROTATE_90",
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
    file = Path(path).expanduser()
    if not file.is_file():
        raise FileNotFoundError(f"there is no image at {file}")
    library = _pillow()
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"PIL\.")  # of metadata, which are not needed
            array = _read(library, file, sample)
    except MemoryError as e:
        raise DataError(f"{file} needs more memory than there is; scale the image down first") from e
    except Exception as e:  # a damaged image makes Pillow raise exceptions of many classes
        raise DataError(f"{file} cannot be read as an image: {e}; give a PNG or JPEG file") from e
    return 255 - array if sample[2] == 1 and _border(array).mean() > 127 else array


def _pillow() -> Any:
    try:
        from PIL import Image
    except ImportError as e:
        raise MissingExtraError("reading image files needs Pillow: pip install 'pyflux-julia[images]'") from e
    Image.init()
    return Image


def _read(library: Any, file: Path, sample: tuple[int, ...]) -> NDArray[np.uint8]:
    height, width, channels = sample
    with library.open(file, formats=[f for f in FORMATS if f in library.OPEN]) as image:
        if image.width * image.height > MAX_PIXELS:
            raise ValueError(f"it has {image.width}×{image.height} pixels, more than {MAX_PIXELS}")
        turn = _orientation(image)
        mode = "L" if channels == 1 else "RGB"
        small = _shrunk(library, image, mode, min(image.width, image.height) // max(height, width) // 4)
    if turn:
        small = small.transpose(library.Transpose[turn])
    array: NDArray[np.uint8] = np.asarray(small.resize((width, height)), dtype=np.uint8).reshape(sample)
    return array


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
        flat = _flat(library, band).convert(mode)
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
