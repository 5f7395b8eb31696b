"""The members of a group of the older form, which a tree lists."""

from __future__ import annotations

from collections.abc import Iterator

from .source import Source

_MAX_NAME = 1 << 12


def read_symbols(
    source: Source, address: int, names: bytes, level: int | None = None
) -> Iterator[tuple[str, int | None]]:
    """Yield the members of a group of the older form: names and addresses."""
    head = source.cursor(address, 24)
    head.expect(b"TREE\0")
    own_level, count = head.number(1), head.number(2)
    if level is not None and own_level != level:
        raise ValueError("the tree of a group has no levels")
    body = source.cursor(address + 24, 16 * count + 8)
    for _ in range(count):
        body.skip(8)
        child = body.number(8)
        if own_level:
            yield from read_symbols(source, child, names, own_level - 1)
        else:
            yield from _symbol_node(source, child, names)


def _symbol_node(source: Source, address: int, names: bytes) -> Iterator[tuple[str, int | None]]:
    head = source.cursor(address, 8)
    head.expect(b"SNOD\x01")
    head.skip(1)
    count = head.number(2)
    body = source.cursor(address + 8, 40 * count)
    for _ in range(count):
        start, target, cache = body.number(8), body.number(8), body.number(4)
        body.skip(20)
        end = names.find(b"\0", start, start + _MAX_NAME)
        if end < 0:
            raise ValueError("the name of a group's member is cut short")
        yield names[start:end].decode(), None if cache == 2 else target
