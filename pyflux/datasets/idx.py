"""IDX, the file format of MNIST: a header with type and shape, then the values.

The header is big-endian: two zero bytes, one byte for the type of the elements, one for the number of axes,
then the length of each axis as a 32-bit number. The data sets that use it hold unsigned bytes only, so that
is the one element type read here.
"""

from __future__ import annotations

import gzip
import io
import math
import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

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
_MAX_AXES = 32
_MAX_BYTES = 1 << 32  # 4 GiB
_BLOCK = 1 << 20
_AGAIN = "Get the file again, or take it from another source."


def read_idx(
    source: str | os.PathLike[str] | bytes, *, expected_shape: Sequence[int | None] | None = None
) -> NDArray[np.uint8]:
    """Read an IDX file of unsigned bytes into an array.

    No more is read or unpacked than the header says, and nothing if that is not what is expected.

    Args:
        source: A path, or the file's content as ``bytes``. Gzipped or not: the first two bytes decide, not
            the name.
        expected_shape: The shape that the array must have; ``None`` stands for any length, so
            ``(None, 28, 28)`` asks for 28×28 images and ``(None,)`` for labels. By default any shape of at
            most 4 GiB.

    Returns:
        A new, writable, C-ordered uint8 array with as many axes as the header names.

    Raises:
        FileNotFoundError: There is no such file; other errors of the system also pass through as they are.
        TypeError: ``source`` is neither a path nor bytes.
        DataError: The file is damaged, is no IDX file of unsigned bytes, or has another shape.

    Source: "The IDX file format" at http://yann.lecun.com/exdb/mnist/.

    Example:
        >>> header = bytes([0, 0, 8, 2]) + (2).to_bytes(4, "big") + (3).to_bytes(4, "big")
        >>> read_idx(header + bytes([1, 2, 3, 4, 5, 6]), expected_shape=(None, 3))
        array([[1, 2, 3],
               [4, 5, 6]], dtype=uint8)
    """
    return read_header_and_values(source, expected_shape)[1]


def read_header_and_values(
    source: str | os.PathLike[str] | bytes, expected_shape: Sequence[int | None] | None = None
) -> tuple[bytes, NDArray[np.uint8]]:
    """Read an IDX file as `read_idx` does; return its header too."""
    name, file = _open(source)
    with file, _explained(name):
        stream = gzip.GzipFile(fileobj=file) if file.peek(2).startswith(_GZIP_MAGIC) else file
        header = stream.read(4)
        rank = _rank(header, name)
        header += stream.read(4 * rank)
        if len(header) < 4 + 4 * rank:
            raise DataError(
                f"{name}: cut short in the header: {rank} axes need {4 + 4 * rank} bytes, "
                f"got {len(header)}. {_AGAIN}"
            )
        shape = struct.unpack_from(f">{rank}I", header, 4)
        _check_shape(shape, expected_shape, name)
        return header, _read_values(stream, shape, name)


def _open(source: str | os.PathLike[str] | bytes) -> tuple[str, io.BufferedReader]:
    if isinstance(source, bytes):
        return "IDX data", io.BufferedReader(io.BytesIO(source))
    if not isinstance(source, str | os.PathLike):
        raise TypeError(f"source must be a path or bytes, got {type(source).__name__}")
    path = Path(source).expanduser()
    return str(path), path.open("rb")


@contextmanager
def _explained(name: str) -> Iterator[None]:
    """Turn the errors of gzip into one that names the file."""
    try:
        yield
    except EOFError as e:
        raise DataError(f"{name}: the gzip file is cut short. {_AGAIN}") from e
    except (gzip.BadGzipFile, zlib.error) as e:
        raise DataError(f"{name}: the gzip file is damaged ({e}). {_AGAIN}") from e


def _rank(header: bytes, name: str) -> int:
    """Return the number of axes, after checking the first four bytes."""
    if len(header) < 4:
        raise DataError(f"{name}: an IDX file has a header of at least 4 bytes, got {len(header)}. {_AGAIN}")
    zeros, element, rank = struct.unpack(">HBB", header)
    if zeros != 0 or element not in _ELEMENT_TYPES or rank > _MAX_AXES:
        raise DataError(
            f"{name}: not an IDX file: its magic number is 0x{header.hex()}, where 0x00000803 begins a "
            "file of images and 0x00000801 a file of labels. Check that this is the right file."
        )
    if element != _UINT8:
        raise DataError(
            f"{name}: the elements are of type {_ELEMENT_TYPES[element]} (0x{element:02x}), expected "
            "unsigned byte (0x08). Convert the file, or read it with other means."
        )
    return int(rank)


def _read_values(stream: io.BufferedIOBase, shape: tuple[int, ...], name: str) -> NDArray[np.uint8]:
    size = math.prod(shape)
    if size > _MAX_BYTES:
        raise DataError(f"{name}: the header says {_show(shape)} = {size} bytes, expected 4 GiB at most")
    values = bytearray()  # grows with what comes, not with what the header says
    while len(values) < size and (block := stream.read(min(_BLOCK, size - len(values)))):
        values += block
    if len(values) < size:
        raise DataError(
            f"{name}: cut short: the header says {_show(shape)} = {size} bytes of data, got {len(values)}. "
            f"{_AGAIN}"
        )
    if stream.read(1):  # at the end gzip's checksum is compared, too
        raise DataError(
            f"{name}: longer than its header says, which is {_show(shape)} = {size} bytes of data. {_AGAIN}"
        )
    return np.frombuffer(values, np.uint8).reshape(shape)


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
