"""Groups and arrays of a file."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from . import messages as m
from .chunks import read_chunks
from .headers import read_messages
from .heaps import global_heap_object, local_heap
from .source import UNDEFINED, Cursor, Source
from .symbols import read_symbols

_SIGNATURE = b"\x89HDF\r\n\x1a\n"


def open_hdf5(file: IO[bytes]) -> Group:
    """Return the root group of an HDF5 file.

    Args:
        file: A binary file, which must stay open for as long as anything is read.

    Raises:
        ValueError: It is no HDF5 file, or one of a form that is not read; likewise every other function here.
    """
    source = Source(file)
    head = source.cursor(0, min(source.size, 96))
    if head.left < 96 or head.take(8) != _SIGNATURE:
        raise ValueError("it is no HDF5 file")
    version = head.number(1)
    if version in (0, 1):
        head.skip(4)
        sizes = head.number(1), head.number(1)
        head.skip(9 if version == 0 else 13)
        base = head.number(8)
        head.skip(32)
        root = head.number(8)
    elif version in (2, 3):
        sizes = head.number(1), head.number(1)
        head.skip(1)
        base = head.number(8)
        head.skip(16)
        root = head.number(8)
    else:
        raise ValueError(f"version {version} of HDF5 is not known")
    if sizes != (8, 8) or base != 0:
        raise ValueError("its addresses are not of 8 bytes from its beginning")
    return Group(source, root)


class Node:
    """A group or an array: its header's messages."""

    def __init__(self, source: Source, address: int) -> None:
        self._source = source
        self._messages: list[tuple[int, bytes]] = list(read_messages(source, address))

    def _all(self, kind: int) -> Iterator[Cursor]:
        return (Cursor(body) for number, body in self._messages if number == kind)

    def _one(self, kind: int) -> Cursor | None:
        return next(self._all(kind), None)

    @cached_property
    def attributes(self) -> dict[str, Any]:
        """The attributes whose type is known: texts as str, arrays of them as lists, numbers as arrays."""
        found: dict[str, Any] = {}
        for message in self._all(m.ATTRIBUTE):
            try:
                name, datatype, shape, data = m.parse_attribute(message)
                if shape is not None:
                    found[name] = self._values(datatype, shape, data)
            except ValueError:
                continue  # of a kind that is not read; whoever needs it sees that it is missing
        return found

    def _values(self, datatype: m.Datatype, shape: tuple[int, ...], data: bytes) -> Any:
        count = math.prod(shape)
        if count * datatype.dtype.itemsize > len(data):
            raise ValueError("an attribute is cut short")
        raw = np.frombuffer(data, datatype.dtype, count)
        if not datatype.text:
            return raw.reshape(shape)
        texts = [self._text(datatype, raw[i].tobytes()) for i in range(count)]
        return texts if shape else texts[0]

    def _text(self, datatype: m.Datatype, element: bytes) -> str:
        if datatype.text == "variable":
            reference = Cursor(element)
            length, address, index = reference.number(4), reference.number(8), reference.number(4)
            element = global_heap_object(self._source, address, index)[:length] if length else b""
        return element.rstrip(b"\0").decode()


class Group(Node):
    """A group: other groups and arrays by name."""

    @cached_property
    def _links(self) -> dict[str, int | None]:
        """The addresses of what is in the group, None for links to elsewhere."""
        links: dict[str, int | None] = {}
        table = self._one(m.SYMBOL_TABLE)
        if table is not None:
            tree, heap = table.number(8), table.number(8)
            links.update(read_symbols(self._source, tree, local_heap(self._source, heap)))
        info = self._one(m.LINK_INFO)
        if info is not None:
            info.skip(1)
            info.skip(8 if info.number(1) & 1 else 0)
            if info.number(8) != UNDEFINED:
                raise ValueError("a group of HDF5's latest format with many members is not read")
        links.update(m.parse_link(message) for message in self._all(m.LINK))
        return links

    @cached_property
    def _members(self) -> dict[str, Group | Dataset]:
        return {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._links)

    def __contains__(self, name: str) -> bool:
        return name in self._links

    def __getitem__(self, path: str) -> Group | Dataset:
        """Return a member, or with ``/`` in the path a member of a member."""
        name, _, rest = path.strip("/").partition("/")
        member = self._member(name)
        if not rest:
            return member
        if not isinstance(member, Group):
            raise ValueError(f"{name!r} is no group")
        return member[rest]

    def group(self, path: str) -> Group:
        """Return a member that must be a group."""
        member = self[path]
        if not isinstance(member, Group):
            raise ValueError(f"{path!r} is no group")
        return member

    def array(self, path: str) -> NDArray[Any]:
        """Return the values of a member that must be an array."""
        member = self[path]
        if not isinstance(member, Dataset):
            raise ValueError(f"{path!r} is no array")
        return member.read()

    def _member(self, name: str) -> Group | Dataset:
        if name not in self._members:
            if name not in self._links:
                raise ValueError(f"it has no {name!r}")
            address = self._links[name]
            if address is None:
                raise ValueError(f"{name!r} is a link to elsewhere, which is not followed")
            node = Dataset(self._source, address)
            self._members[name] = node if node.is_array else Group(self._source, address)
        return self._members[name]


class Dataset(Node):
    """An array."""

    @property
    def is_array(self) -> bool:
        """Whether it has values of its own, as a group has not."""
        return any(kind in (m.LAYOUT, m.DATASPACE) for kind, _ in self._messages)

    def read(self) -> NDArray[Any]:
        """Return the values; bfloat16 as float32. Where none were written, a view of the fill value."""
        dataspace, datatype, layout = (self._one(k) for k in (m.DATASPACE, m.DATATYPE, m.LAYOUT))
        if dataspace is None or datatype is None or layout is None or self._one(m.EXTERNAL_FILES):
            raise ValueError("an array has its values in another file, or none")
        kind, shape = m.parse_datatype(datatype), m.parse_dataspace(dataspace)
        if kind.text or shape is None:
            raise ValueError("an array holds no numbers")
        values = self._read(m.parse_layout(layout), kind.dtype, shape)
        return _bfloat16(values) if values.dtype.kind == "V" else values

    def _read(self, layout: m.Layout, dtype: np.dtype, shape: tuple[int, ...]) -> NDArray[Any]:
        count = math.prod(shape)
        if count * dtype.itemsize >= 1 << 62:
            raise ValueError(f"an array of shape {shape} is not possible")
        if layout.kind == "compact":
            if len(layout.data) < count * dtype.itemsize:
                raise ValueError("an array is cut short")
            return np.frombuffer(layout.data, dtype, count).reshape(shape).copy()
        self._source.claim(count * dtype.itemsize)
        if layout.address == UNDEFINED or count == 0:
            return np.broadcast_to(self._fill_value(dtype), shape)
        if layout.kind == "contiguous":
            return self._source.read_array(layout.address, dtype, count).reshape(shape)
        array = np.full(shape, self._fill_value(dtype))
        filters = self._one(m.FILTERS)
        numbers = [] if filters is None else m.parse_filters(filters)
        read_chunks(self._source, layout.address, array, layout.chunk, numbers)
        return array

    def _fill_value(self, dtype: np.dtype) -> NDArray[Any]:
        message = self._one(m.FILL_VALUE)
        value = b"" if message is None else m.parse_fill_value(message)
        if len(value) != dtype.itemsize:
            value = bytes(dtype.itemsize)
        return np.frombuffer(value, dtype)[0]  # type: ignore[no-any-return]


def _bfloat16(values: NDArray[Any]) -> NDArray[np.float32]:
    return (np.ascontiguousarray(values).view("<u2").astype("<u4") << 16).view("<f4")
