"""A progress bar for terminals and notebooks, and a plain line where there is neither."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from typing import TextIO

from .console import notebook, terminal, write

WIDTH = 20  # of the bar itself, in characters
INTERVAL = 0.1  # seconds between two drawings


class ProgressBar:
    """Shows how far a task is, how long it will still take, and a text.

    On a terminal and in a notebook one line is drawn again and again. Elsewhere, as in a log file, one line
    is written at the end. A stream that is missing, closed or broken gets nothing.

    Args:
        title: Text before the bar.
        total: Number of things to do, None if it is unknown.
        stream: Where to write.
        delay: Seconds before the bar appears; a task that ends sooner shows nothing.
        clock: Returns the time in seconds.

    >>> import sys
    >>> bar = ProgressBar("Epoch 1/3", 100, sys.stdout, clock=lambda: 0.0)
    >>> bar.advance(50, "loss: 0.5000")
    >>> bar.finish("loss: 0.4000")
    Epoch 1/3 - 100/100 - 0.0s - loss: 0.4000
    """

    def __init__(
        self,
        title: str,
        total: int | None,
        stream: TextIO | None,
        *,
        delay: float = 0.0,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.title, self.total, self.done = title, total, 0
        self.redraws = notebook() or terminal(stream)
        self._stream, self._delay, self._clock = stream, delay, clock
        self._start = clock()
        self._next = self._start + delay  # time of the next drawing
        self._drawn = 0  # length of the line on the screen
        self._symbols = "━─" if _has(stream, "━─") else "=."
        if self.redraws and not delay:
            self._draw("")

    def advance(self, count: int, text: str = "") -> None:
        """Note that ``count`` more are done, and show it if the last drawing is long enough ago."""
        self.done += count
        if self.redraws and self._clock() >= self._next:
            self._draw(text)

    def finish(self, text: str = "") -> None:
        """Show the last line: all is done."""
        seconds = self._clock() - self._start
        if seconds < self._delay:
            return
        self.done = self.done if self.total is None else self.total
        if self.redraws:
            self._put([self.title, self._bar(), self._count(), f"{seconds:.1f}s"], text)
            write(self._stream, "\n")
            self._drawn = 0
        else:
            parts = [self.title, self._count(), f"{seconds:.1f}s", text]
            write(self._stream, " - ".join(filter(None, parts)) + "\n")

    def close(self) -> None:
        """Leave the line as it is, after an error."""
        if self._drawn:
            write(self._stream, "\n")
            self._drawn = 0

    def _draw(self, text: str) -> None:
        now = self._clock()
        self._next = now + INTERVAL
        left = ""
        if self.total and self.done:
            left = f"{duration((now - self._start) * (self.total / self.done - 1))} left"
        self._put([self.title, self._bar(), self._count(), left], text)

    def _put(self, parts: list[str], text: str) -> None:
        line = " ".join(filter(None, parts)) + (f" - {text}" if text else "")
        if not notebook():
            line = line[: shutil.get_terminal_size((80, 24)).columns - 1]
        if not write(self._stream, f"\r{line.ljust(self._drawn)}"):
            self.redraws = False
        self._drawn = len(line)

    def _bar(self) -> str:
        if not self.total:
            return ""
        full = WIDTH * min(self.done, self.total) // self.total
        return self._symbols[0] * full + self._symbols[1] * (WIDTH - full)

    def _count(self) -> str:
        return f"{self.done}" if self.total is None else f"{self.done}/{self.total}"


def duration(seconds: float) -> str:
    """Return a time as people write it.

    >>> duration(0.4), duration(75), duration(4000)
    ('0.4s', '1:15', '1:06:40')
    """
    if seconds < 10:
        return f"{seconds:.1f}s"
    if seconds < 60:
        return f"{seconds:.0f}s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _has(stream: TextIO | None, characters: str) -> bool:
    try:
        characters.encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
