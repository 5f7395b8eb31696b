"""The header of an object: the messages in it."""

from __future__ import annotations

from collections.abc import Iterator

from .messages import CONTINUATION
from .source import Cursor, Source

_MAX_HEADER = 1 << 20  # bytes of an object's header


def read_messages(source: Source, address: int) -> Iterator[tuple[int, bytes]]:
    """Yield the messages of an object's header: their kind and their content."""
    start = source.read(address, min(64, max(source.size - address, 0)))
    if start[:4] == b"OHDR":
        yield from _version_2(source, address, Cursor(start))
        return
    head = Cursor(start)
    if head.number(1) != 1:
        raise ValueError(f"there is no object at {address}")
    head.skip(1)
    count = head.number(2)
    head.skip(4)
    blocks = [(address + 16, head.number(4))]
    total = 0
    for position, size in blocks:  # grows while it is read
        total += size
        if total > _MAX_HEADER:
            raise ValueError("the header of an object is too long")
        body = source.cursor(position, size)
        while count and body.left >= 8:
            kind, length, flags = body.number(2), body.number(2), body.number(1)
            body.skip(3)
            content = body.take(length)
            count -= 1
            if kind == CONTINUATION:
                next_block = Cursor(content)
                blocks.append((next_block.number(8), next_block.number(8)))
            elif not flags & 2:  # shared with other objects: of kinds that are not needed
                yield kind, content


def _version_2(source: Source, address: int, head: Cursor) -> Iterator[tuple[int, bytes]]:
    head.expect(b"OHDR\x02")
    flags = head.number(1)
    head.skip((16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0))
    size = head.number(1 << (flags & 3))
    blocks = [(address + head.position, size)]
    ordered, total = bool(flags & 0x04), 0
    for i, (position, length) in enumerate(blocks):  # grows while it is read
        total += length
        if total > _MAX_HEADER:
            raise ValueError("the header of an object is too long")
        body = source.cursor(position, length)
        if i:
            body.expect(b"OCHK")
            body.block = body.block[:-4]  # a checksum
        while body.left >= 4 + 2 * ordered:
            kind, size, message_flags = body.number(1), body.number(2), body.number(1)
            body.skip(2 * ordered)
            content = body.take(size)
            if kind == CONTINUATION:
                next_block = Cursor(content)
                blocks.append((next_block.number(8), next_block.number(8)))
            elif not message_flags & 2:
                yield kind, content
