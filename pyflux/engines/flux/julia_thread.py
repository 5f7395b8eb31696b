"""The thread that makes every call into Julia.

Other threads hand it their calls and wait. So the first use may come from several threads at once, threads
that end leave nothing in Julia, and the main thread is never inside Julia: Ctrl-C reaches it at once.
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from ...errors import EngineError

T = TypeVar("T")
R = TypeVar("R")

FORKED = (
    "Julia does not survive a fork: this process was forked from one that had started Julia. Start processes "
    'with the "spawn" method, multiprocessing.get_context("spawn")'
)


# Seconds after which a wait runs the handlers of signals: on Windows no signal interrupts it.
POLL = 0.1 if os.name == "nt" else 1e6


class Handle:
    """An object that stays in Julia for as long as Python has this.

    Args:
        value: The juliacall object. Only Julia's thread may drop it.
        thread: Julia's thread.
        keep: What Julia reads for as long as it has the object.
    """

    __slots__ = ("_thread", "keep", "value")

    def __init__(self, value: Any, thread: JuliaThread, keep: Any = None) -> None:
        self.value, self._thread, self.keep = value, thread, keep

    def __del__(self) -> None:
        self._thread.discard(self.value)

    def __reduce__(self) -> Any:
        raise TypeError("an object in Julia cannot be copied or pickled; model.save() writes a model's file")


class Request:
    """A call that one thread waits for and Julia's thread makes."""

    __slots__ = ("arguments", "cancelled", "done", "error", "finished", "function", "result")

    def __init__(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        self.function, self.arguments = function, arguments
        self.done = threading.Lock()
        self.done.acquire()
        self.cancelled = self.finished = False
        self.result: Any = None
        self.error: BaseException | None = None

    def wait(self) -> None:
        """Wait until it has been made. A signal's handler may raise meanwhile; wait again then."""
        while not self.finished and not self.done.acquire(timeout=POLL):
            pass

    def run(self) -> None:
        """Make the call and keep what comes of it."""
        try:
            self.result = self.function(*self.arguments)
        except BaseException as e:
            self.error = e.with_traceback(None)
        finally:
            self.function, self.arguments = _nothing, ()

    def finish(self) -> None:
        """Let the thread that waits go on."""
        self.finished = True
        self.done.release()


class JuliaThread:
    """A daemon thread that starts Julia and then makes the calls that it is given, in turn.

    Args:
        start: Starts Julia in the thread. Returns a function that waits for `wake`, a function that wakes
            it from any thread without entering Julia, and the address of the flag that ends a long call.
        before_call: Is called before each call.
    """

    def __init__(
        self,
        start: Callable[[], tuple[Callable[[], Any], Callable[[], Any], int]],
        before_call: Callable[[], None],
    ) -> None:
        self._before_call = before_call
        self._requests: deque[Request] = deque()
        self._discarded: deque[Any] = deque()
        self._running: Request | None = None
        self._turn = threading.Lock()  # while `_running` and the flag change
        self._idle = threading.Lock()  # while a call is made, in whatever thread
        self._main = threading.main_thread().ident
        self._wake: Callable[[], Any] = _nothing
        self._interrupt = ctypes.c_int32()
        self._forked = False
        self._last: Request | None = None
        self._started = threading.Event()
        self._start_error: BaseException | None = None
        self._thread = threading.Thread(target=self._serve, args=(start,), name="pyflux-julia", daemon=True)
        self._thread.start()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._after_fork)

    def wait_until_started(self) -> None:
        """Wait for the start, and raise what went wrong in it."""
        while not self._started.wait(POLL):
            pass
        if self._start_error is not None:
            raise self._start_error

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call a function in Julia's thread and return what it returns.

        Raises:
            EngineError: This process is the fork of one that had started Julia.
            KeyboardInterrupt: Ctrl-C came, or a signal's handler raised something else. A training ends with
                the batch that it is at. A second one raises at once, while Julia still computes.
        """
        if self._forked:
            raise EngineError(FORKED)
        if threading.current_thread() is self._thread:
            return function(*arguments)
        request = Request(function, arguments)
        try:
            self._requests.append(request)
            self._wake()
            request.wait()
        except BaseException:
            if self._cancel(request):
                request.wait()
            raise
        if request.error is not None:
            raise request.error
        return request.result

    def call_directly(self, function: Callable[[T], R], argument: T) -> R | None:
        """Call a function that enters Julia for some microseconds, in the main thread.

        Returns None without calling it in any other thread, which Julia would keep in its books for ever,
        while Julia's thread has something to do, and in a forked process.
        """
        if self._forked or threading.get_ident() != self._main or self._idle.locked():
            return None
        # Where Julia's thread is quicker this waits, as an ordinary call would. A `with` leaves the lock free
        # whenever Ctrl-C comes, which trying to acquire it would not.
        with self._idle:
            self._before_call()
            return function(argument)

    def discard(self, value: Any) -> None:
        """Drop an object of juliacall's in Julia's thread, before the next call."""
        if self._forked:
            leak(value)
        else:
            self._discarded.append(value)

    def stop(self, function: Callable[[], Any], seconds: float) -> None:
        """Make a last call, before which a running one ends; wait so many seconds for it at most."""
        if self._forked:
            return
        request = Request(function, ())
        self._last = request
        with self._turn:
            self._interrupt.value = 1
        self._requests.append(request)
        self._wake()
        request.done.acquire(timeout=seconds)

    def _cancel(self, request: Request) -> bool:
        """Leave a call out that waits for its turn, or end the one that runs; return whether it runs."""
        with self._turn:
            request.cancelled = True
            running = self._running is request
            if running:
                self._interrupt.value = 1
            return running

    def _serve(self, start: Callable[[], tuple[Callable[[], Any], Callable[[], Any], int]]) -> None:
        try:
            wait, self._wake, address = start()
            self._interrupt = ctypes.c_int32.from_address(address)
        except BaseException as e:
            self._start_error = e
            return
        finally:
            self._started.set()
        while True:
            wait()
            while self._requests:
                request = self._requests.popleft()
                self._run(request)
                if request is self._last:
                    threading.Event().wait()  # Julia has ended

    def _run(self, request: Request) -> None:
        while self._discarded:
            self._discarded.pop()
        with self._turn:
            self._running = None if request.cancelled else request
            self._interrupt.value = 0
        if self._running is None:
            request.error = KeyboardInterrupt()
        else:
            with self._idle:
                self._before_call()
                request.run()
        with self._turn:
            self._running = None
            self._interrupt.value = 0
        request.finish()

    def _after_fork(self) -> None:
        self._forked = True
        for value in self._discarded:
            leak(value)


def leak(value: Any) -> None:
    """Never free an object: freeing it would enter Julia, which is not there any more."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(value))


def _nothing(*arguments: Any) -> None:
    pass
