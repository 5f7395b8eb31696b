"""The order in which the parts of a graph can be computed."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

T = TypeVar("T", bound=Hashable)


def depth_first(end: T, inputs: Callable[[T], Iterable[T]]) -> list[T]:
    """Return all that ``end`` follows from, and itself at last: each after its inputs, branch by branch.

    Args:
        end: The last part.
        inputs: Returns what a part takes.

    Raises:
        ValueError: A part follows from itself.

    >>> depth_first("d", {"a": "", "b": "a", "c": "a", "d": "bc"}.get)
    ['a', 'b', 'c', 'd']
    """
    done: dict[T, None] = {}
    waiting = [(end, iter(inputs(end)))]
    open_parts = {end}
    while waiting:
        part, remaining = waiting[-1]
        before = next((each for each in remaining if each not in done), None)
        if before is None:
            waiting.pop()
            open_parts.discard(part)
            done[part] = None
        elif before in open_parts:
            raise ValueError(f"{before!r} follows from itself")
        else:
            open_parts.add(before)
            waiting.append((before, iter(inputs(before))))
    return list(done)
