"""Heaps: where names of members, and texts of variable length, are."""

from __future__ import annotations

from .source import Source


def local_heap(source: Source, address: int) -> bytes:
    """Return the names of a group's members."""
    head = source.cursor(address, 32)
    head.expect(b"HEAP\0")
    head.skip(3)
    size = head.number(8)
    head.skip(8)
    return source.read(head.number(8), size)


def global_heap_object(source: Source, address: int, index: int) -> bytes:
    """Return an object of a global heap, where texts of variable length are."""
    head = source.cursor(address, 16)
    head.expect(b"GCOL\x01")
    head.skip(3)
    heap = source.cursor(address, head.number(8))
    heap.skip(16)
    while heap.left >= 16:
        number = heap.number(2)
        heap.skip(6)
        size = heap.number(8)
        if number == 0:
            break
        data = heap.take(size)
        heap.skip(min(-size % 8, heap.left))
        if number == index:
            return data
    raise ValueError("a text is missing")
