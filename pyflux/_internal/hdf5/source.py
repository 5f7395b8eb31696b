"""Bytes of a file, never more than it has, and in all no more than a multiple of its size."""

from __future__ import annotations

from typing import IO

import numpy as np
from numpy.typing import NDArray

#: The address of what is not there.
UNDEFINED = (1 << 64) - 1

# A small file may be read so many bytes in all; a large one so many times.
_ALLOWANCE, _TIMES = 1 << 25, 8
_READ_COST = 128  # what a read counts at least, so that their number is limited too

# Bytes that the arrays of a file may have beyond what is stored: fill values, and compression.
_EXPANSION_ALLOWANCE, _MAX_EXPANSION = 1 << 26, 100


class Source:
    """An open file.

    Args:
        file: A binary file that can be read and searched.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.size = file.seek(0, 2)
        self._left = _ALLOWANCE + _TIMES * self.size
        self._expansion_left = _EXPANSION_ALLOWANCE + _MAX_EXPANSION * self.size

    def read(self, address: int, size: int) -> bytes:
        """Return ``size`` bytes from ``address``."""
        self._check(address, size)
        self._file.seek(address)
        block = self._file.read(size)
        if len(block) != size:
            raise ValueError("it is cut short")
        return block

    def cursor(self, address: int, size: int) -> Cursor:
        """Return a cursor over ``size`` bytes from ``address``."""
        return Cursor(self.read(address, size))

    def read_array(self, address: int, dtype: np.dtype, count: int) -> NDArray[np.generic]:
        """Return ``count`` elements from ``address``."""
        self._check(address, dtype.itemsize * count)
        array = np.empty(count, dtype)
        self._file.seek(address)
        view = array.data.cast("B")
        if self._file.readinto(view) != len(view):  # type: ignore[attr-defined]
            raise ValueError("it is cut short")
        return array

    def claim(self, size: int) -> None:
        """Count the bytes of an array, before it is allocated."""
        self._expansion_left -= size
        if self._expansion_left < 0:
            raise ValueError("it holds arrays far larger than the file")

    def _check(self, address: int, size: int) -> None:
        if address + size > self.size:
            raise ValueError(f"it is cut short: {size} bytes at {address} of {self.size}")
        self._left -= max(size, _READ_COST)
        if self._left < 0:
            raise ValueError("its parts refer to each other again and again")


class Cursor:
    """A position in a block of bytes; numbers are little-endian."""

    def __init__(self, block: bytes) -> None:
        self.block, self.position = block, 0

    @property
    def left(self) -> int:
        """How many bytes follow."""
        return len(self.block) - self.position

    def take(self, size: int) -> bytes:
        """Return the next bytes."""
        if size > self.left:
            raise ValueError(f"it is cut short: {size} bytes wanted, {self.left} left")
        start, self.position = self.position, self.position + size
        return self.block[start : self.position]

    def number(self, size: int) -> int:
        """Return the next bytes as a number."""
        return int.from_bytes(self.take(size), "little")

    def skip(self, size: int) -> None:
        """Pass over bytes."""
        self.take(size)

    def expect(self, signature: bytes) -> None:
        """Pass over bytes that must be these."""
        if (got := self.take(len(signature))) != signature:
            raise ValueError(f"{signature!r} is expected, got {got!r}")
