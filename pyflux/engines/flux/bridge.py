"""Calls to the Julia package PyFlux: one C function.

``julia/src/calls.jl`` says what goes in and comes out. NumPy arrays cross by their address: Julia sees
the same memory with the axes in reverse order, and nothing is copied on the way there.
"""

from __future__ import annotations

import array
import ctypes
import itertools
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

NOTHING, WHOLE, NUMBER, BOOL, TEXT, ARRAY, OBJECT, LIST, ERROR, DICTIONARY = range(10)

# The types of arrays, by their number.
TYPES = tuple(np.dtype(name) for name in ("uint8", "int32", "int64", "float32", "float64"))
CODES = {dtype: code for code, dtype in enumerate(TYPES)}


class JuliaError(Exception):
    """What went wrong in Julia, in its words, which begin with the error's type as a rule."""


class Handle:
    """An object that stays in Julia, for as long as Python has this."""

    __slots__ = ("_forgotten", "number")

    def __init__(self, number: int, forgotten: list[int]) -> None:
        self.number, self._forgotten = number, forgotten

    def __del__(self) -> None:
        self._forgotten.append(self.number)


class Bridge:
    """The Julia package PyFlux, in this process. Its calls may come from any thread, and take turns."""

    def __init__(self, respond: int, wait: int, thread: int) -> None:
        """Take the addresses that ``PyFlux.entry()`` gave on this thread, the one that started Julia."""
        # Such a function is called without the lock that keeps Python's other threads from running.
        self._respond: Callable[[bytes, int], int] = ctypes.CFUNCTYPE(
            ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p
        )(respond)
        self._turn = threading.Lock()
        self._forgotten: list[int] = []  # numbers of objects that Python needs no more
        if wait:
            # Before it collects garbage, Julia waits for all its threads. This one is in Python most of the
            # time, and must not be waited for when another thread calls.
            ctypes.CFUNCTYPE(ctypes.c_int8, ctypes.c_void_p)(wait)(thread)

    def call(self, name: str, *arguments: Any) -> Any:
        """Return what a call gives: None, numbers, text, copies of arrays, lists of these, or a `Handle`.

        Arguments are the same, and dictionaries with text for keys. Arrays are C-ordered; the caller keeps
        them as long as Julia uses them.

        Raises:
            JuliaError: It failed.
            KeyboardInterrupt: Ctrl-C came while Julia was waiting for something.
        """
        with self._turn:
            if self._forgotten:
                self._ask("forget", [[self._forgotten.pop() for _ in range(len(self._forgotten))]])
            return self._ask(name, arguments)

    def _ask(self, name: str, arguments: Any) -> Any:
        kept: list[Any] = []  # what the words point to
        words = array.array("q")
        _put(words, kept, list(arguments))
        answer = self._respond(name.encode(), words.buffer_info()[0])
        (length,) = struct.unpack("q", ctypes.string_at(answer, 8))
        return self._take(iter(struct.unpack(f"{length}q", ctypes.string_at(answer + 8, 8 * length))))

    def _take(self, words: Iterator[int]) -> Any:
        kind = next(words)
        if kind == LIST:
            return [self._take(words) for _ in range(next(words))]
        if kind == OBJECT:
            return Handle(next(words), self._forgotten)
        if kind == ERROR:
            error, message = self._take(words), self._take(words)
            if error == "InterruptException":
                raise KeyboardInterrupt
            raise JuliaError(message)
        return None if kind == NOTHING else TAKE[kind](words)


def _put(words: array.array[int], kept: list[Any], x: Any) -> None:
    if isinstance(x, np.ndarray):
        assert x.flags.c_contiguous, "only C-ordered arrays can be lent to Julia"
        words.extend((ARRAY, CODES[x.dtype], x.ndim, *x.shape, x.ctypes.data))
    elif isinstance(x, Handle):
        words.extend((OBJECT, x.number))
    elif isinstance(x, bool):
        words.extend((BOOL, x))
    elif isinstance(x, int):
        words.extend((WHOLE, x))
    elif isinstance(x, str):
        kept.append(x.encode())
        words.extend((TEXT, len(kept[-1]), ctypes.cast(kept[-1], ctypes.c_void_p).value or 0))
    elif isinstance(x, float):
        words.extend((NUMBER, *struct.unpack("q", struct.pack("d", x))))
    elif x is None:
        words.append(NOTHING)
    elif isinstance(x, dict):
        words.extend((DICTIONARY, len(x)))
        for each in itertools.chain.from_iterable(x.items()):
            _put(words, kept, each)
    else:
        words.extend((LIST, len(x)))
        for each in x:
            _put(words, kept, each)


def _array(words: Iterator[int]) -> Any:
    dtype = TYPES[next(words)]
    copy = np.empty([next(words) for _ in range(next(words))], dtype)
    ctypes.memmove(copy.ctypes.data, next(words), copy.nbytes)
    return copy


def _text(words: Iterator[int]) -> str:
    length = next(words)
    return ctypes.string_at(next(words), length).decode()


TAKE: dict[int, Callable[[Iterator[int]], Any]] = {
    WHOLE: next,
    NUMBER: lambda words: struct.unpack("d", struct.pack("q", next(words)))[0],
    BOOL: lambda words: next(words) == 1,
    TEXT: _text,
    ARRAY: _array,
}
