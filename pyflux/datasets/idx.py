"""IDX, the file format of MNIST: a header that says type and shape, then the bytes.

The header is big-endian: two zero bytes, one byte for the type of the elements, one for the number of axes,
then the length of each axis as a 32-bit number. The data sets that use it hold unsigned bytes only, so that
is the one element type read here.
"""

from __future__ import annotations

import gzip
import math
import os
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..errors import DataError

__all__ = ["read_idx"]

_UINT8 = 0x08
_ELEMENT_TYPES = {
    _UINT8: "unsigned byte",
    0x09: "signed byte",
    0x0B: "16-bit integer",
    0x0C: "32-bit integer",
    0x0D: "32-bit float",
    0x0E: "64-bit float",
}
_GZIP_MAGIC = b"\x1f\x8b"
_AGAIN = "Get the file again, or take it from another source."


def read_idx(
    source: str | os.PathLike[str] | bytes, *, expected_shape: Sequence[int | None] | None = None
) -> npt.NDArray[np.uint8]:
    """Read an IDX file of unsigned bytes into an array.

    Args:
        source: A path, or the file's content as ``bytes``. Gzipped or not: the first two bytes decide, not
            the name.
        expected_shape: The shape that the array must have; ``None`` stands for any length, so
            ``(None, 28, 28)`` asks for 28×28 images and ``(None,)`` for labels. Without it any shape will do.

    Returns:
        A new, writable, C-ordered uint8 array with as many axes as the header names.

    Raises:
        FileNotFoundError: There is no such file; other errors of the system also pass through as they are.
        TypeError: ``source`` is neither a path nor bytes.
        DataError: The file is damaged, is no IDX file of unsigned bytes, or has another shape.

    Example:
        >>> header = bytes([0, 0, 8, 2]) + (2).to_bytes(4, "big") + (3).to_bytes(4, "big")
        >>> read_idx(header + bytes([1, 2, 3, 4, 5, 6]), expected_shape=(None, 3))
        array([[1, 2, 3],
               [4, 5, 6]], dtype=uint8)
    """
    name, raw = _read(source)
    return parse_idx(gunzip(raw, name), name, expected_shape=expected_shape)


def gunzip(raw: bytes, name: str) -> bytes:
    """Return the unzipped content of ``raw``, or ``raw`` itself where it is not gzipped.

    Raises:
        DataError: The gzip stream is cut short or damaged; ``name`` is what the message calls it.
    """
    if not raw.startswith(_GZIP_MAGIC):
        return raw
    try:
        return gzip.decompress(raw)
    except EOFError as e:
        raise DataError(f"{name}: the gzip file is cut short after {len(raw)} bytes. {_AGAIN}") from e
    except (OSError, zlib.error) as e:  # gzip.BadGzipFile is an OSError
        raise DataError(f"{name}: the gzip file is damaged ({e}). {_AGAIN}") from e


def parse_idx(
    content: bytes, name: str, *, expected_shape: Sequence[int | None] | None = None
) -> npt.NDArray[np.uint8]:
    """Turn unzipped IDX bytes into an array; ``name`` is what error messages call them."""
    shape, start = _parse_header(content, name)
    _check_shape(shape, expected_shape, name)
    _check_length(shape, len(content) - start, name)
    # frombuffer gives a read-only view of the bytes: the caller gets an array of its own.
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape).copy()


def _read(source: str | os.PathLike[str] | bytes) -> tuple[str, bytes]:
    if isinstance(source, bytes):
        return "IDX data", source
    if not isinstance(source, str | os.PathLike):
        raise TypeError(f"source must be a path or bytes, got {type(source).__name__}")
    path = Path(source)
    return str(path), path.read_bytes()


def _parse_header(content: bytes, name: str) -> tuple[tuple[int, ...], int]:
    """Return the shape in the header and the position of the first element."""
    if len(content) < 4:
        raise DataError(f"{name}: an IDX file has a header of at least 4 bytes, got {len(content)}. {_AGAIN}")
    zeros, element, rank = struct.unpack_from(">HBB", content)
    if zeros != 0 or element not in _ELEMENT_TYPES:
        raise DataError(
            f"{name}: not an IDX file: its magic number is 0x{content[:4].hex()}, where 0x00000803 begins a "
            "file of images and 0x00000801 a file of labels. Check that this is the right file."
        )
    if element != _UINT8:
        raise DataError(
            f"{name}: the elements are of type {_ELEMENT_TYPES[element]} (0x{element:02x}), expected "
            "unsigned byte (0x08). Convert the file, or read it with other means."
        )
    start = 4 + 4 * rank
    if len(content) < start:
        raise DataError(
            f"{name}: cut short in the header: {rank} axes need {start} bytes, got {len(content)}. {_AGAIN}"
        )
    return struct.unpack_from(f">{rank}I", content, 4), start


def _check_length(shape: tuple[int, ...], got: int, name: str) -> None:
    expected = math.prod(shape)
    if got != expected:
        what = "cut short" if got < expected else "longer than its header says"
        raise DataError(
            f"{name}: {what}: the header says {_show(shape)} = {expected} bytes of data, got {got}. {_AGAIN}"
        )


def _check_shape(shape: tuple[int, ...], expected: Sequence[int | None] | None, name: str) -> None:
    if expected is None:
        return
    same_rank = len(shape) == len(expected)
    if not same_rank or any(e not in (None, n) for n, e in zip(shape, expected, strict=True)):
        raise DataError(
            f"{name}: the header says {_show(shape)}, expected {_show(expected)}. "
            "Check that images and labels, training and test files are not mixed up."
        )


def _show(shape: Sequence[int | None]) -> str:
    return "×".join("any" if n is None else str(n) for n in shape) or "a single number"
