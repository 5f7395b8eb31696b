"""The messages of an object header: what shape, type and layout an array has, and attributes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .source import UNDEFINED, Cursor

DATASPACE, LINK_INFO, DATATYPE, FILL_VALUE, LINK, EXTERNAL_FILES = 0x01, 0x02, 0x03, 0x05, 0x06, 0x07
LAYOUT, FILTERS, ATTRIBUTE, CONTINUATION, SYMBOL_TABLE, ATTRIBUTE_INFO = 0x08, 0x0B, 0x0C, 0x10, 0x11, 0x15

_MAX_RANK = 32
_IEEE = {(2, 5, 10), (4, 8, 23), (8, 11, 52)}  # bytes, bits of exponent and mantissa
_FLOATING, _FIXED, _STRING, _OPAQUE, _ENUMERATION, _VARIABLE = 1, 0, 3, 5, 8, 9


@dataclass(frozen=True)
class Datatype:
    """The type of elements.

    Attributes:
        dtype: NumPy's type of a stored element.
        text: ``"fixed"`` or ``"variable"`` where it is text, else an empty string.
    """

    dtype: np.dtype
    text: str = ""


@dataclass(frozen=True)
class Layout:
    """Where an array's values are.

    Attributes:
        kind: ``"compact"``, ``"contiguous"`` or ``"chunked"``.
        address: Of the values, or of the tree of chunks.
        data: The values themselves where they are compact.
        chunk: Shape of a chunk.
    """

    kind: str
    address: int = UNDEFINED
    data: bytes = b""
    chunk: tuple[int, ...] = ()


def parse_dataspace(message: Cursor) -> tuple[int, ...] | None:
    """Return a shape, None for no values at all."""
    version, rank, flags = message.number(1), message.number(1), message.number(1)
    if version == 1:
        message.skip(5)
    elif version == 2:
        if message.number(1) == 2:
            return None
    else:
        raise ValueError(f"a shape of version {version} is not known")
    if rank > _MAX_RANK or flags & ~1:
        raise ValueError(f"a shape of {rank} axes is not possible")
    return tuple(message.number(8) for _ in range(rank))


def parse_datatype(message: Cursor) -> Datatype:
    """Return the type of elements."""
    kind_and_version, flags, size = message.number(1), message.number(3), message.number(4)
    kind = kind_and_version & 0x0F
    order = ">" if flags & 1 else "<"
    if kind == _FIXED and size in (1, 2, 4, 8):
        _check_bits(message, size)
        return Datatype(np.dtype(f"{order}{'i' if flags & 8 else 'u'}{size}"))
    if kind == _FLOATING and size in (2, 4, 8):
        _check_bits(message, size)
        _, exponent, _, mantissa = (message.number(1) for _ in range(4))
        if (size, exponent, mantissa) in _IEEE and not flags & 0x40:
            return Datatype(np.dtype(f"{order}f{size}"))
    if kind == _STRING and 0 < size < 1 << 16:
        return Datatype(np.dtype(f"S{size}"), "fixed")
    if kind == _OPAQUE and size == 2:  # h5py's form of bfloat16
        return Datatype(np.dtype("<V2"))
    if kind == _ENUMERATION and size == 1:  # h5py's form of booleans
        return Datatype(np.dtype("i1"))
    if kind == _VARIABLE and size == 16 and flags & 0x0F == 1:
        return Datatype(np.dtype("V16"), "variable")
    raise ValueError(f"elements of type {kind} with {size} bytes are not known")


def _check_bits(message: Cursor, size: int) -> None:
    offset, precision = message.number(2), message.number(2)
    if offset != 0 or precision != 8 * size:
        raise ValueError(f"elements of {precision} bits are not known")


def parse_layout(message: Cursor) -> Layout:
    """Return where an array's values are."""
    version, kind = message.number(1), message.number(1)
    if version not in (3, 4):
        raise ValueError(f"an array of layout version {version} is not known")
    if kind == 0:
        return Layout("compact", data=message.take(message.number(2)))
    if kind == 1:
        return Layout("contiguous", message.number(8))
    if kind == 2 and version == 3:
        rank = message.number(1)
        address = message.number(8)
        # The last one is the size of an element.
        return Layout("chunked", address, chunk=tuple(message.number(4) for _ in range(rank))[:-1])
    raise ValueError("an array in another file, or in chunks of HDF5's latest format, is not read")


def parse_filters(message: Cursor) -> list[int]:
    """Return the numbers of the filters that chunks went through, in order."""
    version, count = message.number(1), message.number(1)
    if version not in (1, 2):
        raise ValueError(f"filters of version {version} are not known")
    message.skip(6 if version == 1 else 0)
    filters = []
    for _ in range(count):
        number = message.number(2)
        name = message.number(2) if version == 1 or number >= 256 else 0
        message.skip(2)
        values = message.number(2)
        message.skip(name + 4 * values + (4 if version == 1 and values % 2 else 0))
        filters.append(number)
    return filters


def parse_fill_value(message: Cursor) -> bytes:
    """Return the bytes of the value that unwritten elements have; none for 0."""
    version = message.number(1)
    if version == 3:
        defined = bool(message.number(1) & 0x20)
    else:
        message.skip(2)
        defined = bool(message.number(1))
    return message.take(message.number(4)) if defined and message.left >= 4 else b""


def parse_attribute(message: Cursor) -> tuple[str, Datatype, tuple[int, ...] | None, bytes]:
    """Return an attribute's name, type, shape and values."""
    version, flags = message.number(1), message.number(1)
    if version not in (1, 2, 3) or (version > 1 and flags):
        raise ValueError(f"an attribute of version {version} is not known")
    sizes = [message.number(2) for _ in range(3)]
    message.skip(1 if version == 3 else 0)
    parts = []
    for size in sizes:
        parts.append(message.take(size))
        message.skip(-size % 8 if version == 1 else 0)
    datatype, shape = parse_datatype(Cursor(parts[1])), parse_dataspace(Cursor(parts[2]))
    return parts[0].rstrip(b"\0").decode(), datatype, shape, message.take(message.left)


def parse_link(message: Cursor) -> tuple[str, int | None]:
    """Return a link's name and the address of its object, None where that is elsewhere."""
    version, flags = message.number(1), message.number(1)
    if version != 1:
        raise ValueError(f"a link of version {version} is not known")
    kind = message.number(1) if flags & 0x08 else 0
    message.skip((8 if flags & 0x04 else 0) + (1 if flags & 0x10 else 0))
    name = message.take(message.number(1 << (flags & 3))).decode()
    return name, message.number(8) if kind == 0 else None
