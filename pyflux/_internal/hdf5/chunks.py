"""Arrays that are stored in chunks, compressed or not."""

from __future__ import annotations

import itertools
import math
import zlib
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .source import UNDEFINED, Source

_DEFLATE, _SHUFFLE, _FLETCHER32 = 1, 2, 3


class Chunk(NamedTuple):
    """A stored chunk: where its first element is in the array, and its bytes in the file."""

    offset: tuple[int, ...]
    address: int
    size: int
    skipped: int  # a bit for each filter that it did not go through


def read_chunks(
    source: Source,
    tree: int,
    into: NDArray[Any],
    chunk: Sequence[int],
    filters: Sequence[int],
) -> None:
    """Fill an array from its chunks.

    Args:
        source: The file.
        tree: Address of the tree of chunks.
        into: The array, which has the value of unwritten elements.
        chunk: Shape of a chunk.
        filters: Numbers of the filters, in the order in which the writer applied them.
    """
    if len(chunk) != into.ndim or 0 in chunk:
        raise ValueError(f"chunks of shape {tuple(chunk)} do not fit an array of shape {into.shape}")
    size = math.prod(chunk) * into.dtype.itemsize
    if size > 1 << 32:
        raise ValueError(f"chunks of {size} bytes are not possible")
    for part in _chunks(source, tree, into.ndim):
        if any(o % c or o >= n for o, c, n in zip(part.offset, chunk, into.shape, strict=True)):
            raise ValueError(f"a chunk at {part.offset} is outside of its array")
        block = source.read(part.address, part.size)
        for i, number in reversed(list(enumerate(filters))):
            if not part.skipped >> i & 1:
                block = _undo(number, block, into.dtype.itemsize, size)
        if len(block) != size:
            raise ValueError(f"a chunk has {len(block)} bytes, expected {size}")
        values = np.frombuffer(block, into.dtype).reshape(chunk)
        inside = tuple(
            slice(min(c, n - o)) for o, c, n in zip(part.offset, chunk, into.shape, strict=True)
        )  # fmt: skip
        place = tuple(slice(o, o + c) for o, c in zip(part.offset, chunk, strict=True))
        into[place] = values[inside]


def _chunks(source: Source, address: int, rank: int, level: int | None = None) -> Iterator[Chunk]:
    if address == UNDEFINED:
        return
    head = source.cursor(address, 24)
    head.expect(b"TREE\x01")
    own_level, count = head.number(1), head.number(2)
    if level is not None and own_level != level:
        raise ValueError("its tree of chunks has no levels")
    entry = 8 + 8 * (rank + 1) + 8
    body = source.cursor(address + 24, count * entry)
    for _ in range(count):
        size, skipped = body.number(4), body.number(4)
        offset = tuple(body.number(8) for _ in range(rank + 1))[:-1]
        child = body.number(8)
        if own_level == 0:
            yield Chunk(offset, child, size, skipped)
        else:
            yield from _chunks(source, child, rank, own_level - 1)


def _undo(number: int, block: bytes, element: int, size: int) -> bytes:
    if number == _DEFLATE:
        unzip = zlib.decompressobj()
        try:
            return unzip.decompress(block, size + 4)  # a checksum may be inside
        except zlib.error as e:
            raise ValueError(f"a chunk is damaged ({e})") from e
    if number == _SHUFFLE:
        if len(block) % element:
            raise ValueError("a chunk is cut short")
        return np.frombuffer(block, np.uint8).reshape(element, -1).T.tobytes()
    if number == _FLETCHER32:
        return block[:-4]
    raise ValueError(f"compression {number} is not known; write the file without it")


def block_offsets(shape: Sequence[int], chunk: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Yield the offset of every chunk of an array."""
    return itertools.product(*(range(0, n, c) for n, c in zip(shape, chunk, strict=True)))
