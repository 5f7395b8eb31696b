"""NumPy's ``.npz`` files, whose headers are not trusted.

Source: ``numpy/lib/format.py``, which describes the format of the arrays in them.
"""

from __future__ import annotations

import math
import re
import zipfile
import zlib
from pathlib import Path

import numpy as np

from .arrays import Array

# Bytes that a file may unpack to: so many, or so many times its size.
_ALLOWANCE, _MAX_EXPANSION = 1 << 26, 100
_MAX_AXES = 32

# How many bytes the length of the header has, by the version of the format.
VERSIONS = {b"\1\0": 2, b"\2\0": 4, b"\3\0": 4}
PATTERNS = (
    r"'descr': *'([<>|=]?[a-zA-Z][0-9]{1,2})'",
    r"'fortran_order': *(True|False)",
    r"'shape': *\(((?:[0-9]{1,18}, *)*(?:[0-9]{1,18})?)\)",
)

#: What zipfile raises for archives that are damaged or of a kind that it does not read.
ARCHIVE_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)


def read_npz(path: Path) -> dict[str, Array]:
    """Return the arrays of an ``.npz`` file by name.

    Raises:
        OSError: The file cannot be opened.
        ValueError: It is damaged, holds objects, or unpacks to far more than its size.
    """
    left = _ALLOWANCE + _MAX_EXPANSION * path.stat().st_size
    found: dict[str, Array] = {}
    with path.open("rb") as file:
        try:
            with zipfile.ZipFile(file) as archive:
                for entry in archive.infolist():
                    left -= entry.file_size
                    if left < 0:
                        raise ValueError("it unpacks to far more than its size")
                    found[entry.filename.removesuffix(".npy")] = _read_entry(archive, entry)
        except ARCHIVE_ERRORS as e:
            raise ValueError(f"it is no complete archive: {e}") from e
    return found


def _read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Array:
    with archive.open(entry) as file:
        # read(n) returns n bytes at most, whatever the entry unpacks to.
        content = file.read(entry.file_size + 1)
    if len(content) != entry.file_size or content[:6] != b"\x93NUMPY" or content[6:8] not in VERSIONS:
        raise ValueError(f"{entry.filename!r} is no array of NumPy's, or is cut short")
    width = VERSIONS[content[6:8]]
    start = 8 + width + int.from_bytes(content[8 : 8 + width], "little")
    header = content[8 + width : start].decode("latin1")
    dtype, fortran, shape = (_found(pattern, header, entry.filename) for pattern in PATTERNS)
    axes = tuple(int(n) for n in re.findall("[0-9]+", shape))
    values = np.dtype(dtype)
    if values.kind not in "fiub" or len(axes) > _MAX_AXES:
        raise ValueError(f"{entry.filename!r} holds {dtype}, and no numbers")
    if math.prod(axes) * values.itemsize != len(content) - start:
        raise ValueError(f"{entry.filename!r} says it has shape {axes}, which its size does not fit")
    array = np.frombuffer(content, values, math.prod(axes), start)
    return array.reshape(axes, order="F" if fortran == "True" else "C").copy()


def _found(pattern: str, header: str, name: str) -> str:
    match = re.search(pattern, header)
    if match is None:
        raise ValueError(f"{name!r} has no header of an array of numbers")
    return match[1]
