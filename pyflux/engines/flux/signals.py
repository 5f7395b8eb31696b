"""Signal handlers of this process, in C: kept as they were when Julia starts.

Julia installs handlers of its own. It needs some of them: it stops its threads for a garbage collection with
SIGSEGV, and turns others into its errors. The rest would take signals from Python and from the program.
"""

from __future__ import annotations

import ctypes
import functools
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

# What Julia does not need. SIGINT, SIGTERM, SIGQUIT and SIGUSR1 it awaits in a thread of its own, which gets
# them only where they are blocked in all others.
NOT_JULIA_S = ("SIGINT", "SIGTERM", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGPIPE", "SIGABRT", "SIGILL", "SIGSYS")

SIZE = 512  # bytes: more than a `struct sigaction` has on any system
POINTER = ctypes.sizeof(ctypes.c_void_p)

Action = bytes  # a `struct sigaction`; it begins with the address of the handler


def get_action(number: int) -> Action | None:
    """Return what C does on a signal; None on Windows."""
    if os.name == "nt":
        return None
    action = ctypes.create_string_buffer(SIZE)
    return action.raw if _sigaction()(number, None, action) == 0 else None


def set_action(number: int, action: Action | None) -> None:
    """Let C do on a signal what `get_action` returned."""
    if action is not None:
        _sigaction()(number, action, None)


def handler(action: Action | None) -> bytes:
    """Return the address of the handler."""
    return b"" if action is None else action[:POINTER]


@contextmanager
def kept() -> Iterator[None]:
    """Start Julia inside: the handlers that it does not need are as they were afterwards."""
    numbers = [getattr(signal, name) for name in NOT_JULIA_S if hasattr(signal, name)]
    before = {number: get_action(number) for number in numbers}
    if hasattr(signal, "SIGUSR2") and signal.getsignal(signal.SIGUSR2) not in (signal.SIG_DFL, None):
        before[signal.SIGUSR2] = get_action(signal.SIGUSR2)  # by default Julia's profiler has it
    try:
        yield
    finally:
        for number, action in before.items():
            set_action(number, action)


class SegvGuard:
    """Gives SIGSEGV back to Julia where something took it, such as ``faulthandler.enable()``.

    Made right after Julia has started. Without the signal the next garbage collection ends the process.
    """

    def __init__(self) -> None:
        self._julia = get_action(signal.SIGSEGV)
        self._address = handler(self._julia)
        self._buffer = ctypes.create_string_buffer(SIZE)

    def check(self) -> None:
        """Install Julia's handler again if another one is there."""
        if self._julia is None:
            return
        _sigaction()(signal.SIGSEGV, None, self._buffer)
        if self._buffer.raw[:POINTER] != self._address:
            set_action(signal.SIGSEGV, self._julia)


@functools.cache
def _sigaction() -> ctypes._NamedFuncPointer:
    return ctypes.CDLL(None).sigaction
