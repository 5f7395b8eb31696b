"""Julia in this process, started and called through juliacall.

juliacall's own options hold, such as ``PYTHON_JULIACALL_THREADS``. Where they are not given, pyflux asks for
all cores (``THREADS=auto``) and for Julia's signal handling (``HANDLE_SIGNALS=yes``), without which several
threads would crash.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from ..._internal import console
from ...errors import EngineUnavailable
from . import installation, packages, signals
from .julia_thread import Handle, JuliaThread, leak

# The defaults of pyflux where juliacall has others.
OPTIONS = {"threads": "auto", "handle_signals": "yes", "autoload_ipython_extension": "no"}

STARTED_ELSEWHERE = (
    "pyflux: juliacall has started Julia already, with {threads} threads. To train on all cores use "
    "pyflux first, or set PYTHON_JULIACALL_THREADS=auto and PYTHON_JULIACALL_HANDLE_SIGNALS=yes before "
    "juliacall is imported"
)


T = TypeVar("T")
R = TypeVar("R")

EXIT_SECONDS = 10.0  # that the end of the process waits for Julia's


class CallFailed(Exception):
    """A call into Julia failed: the message is the first line of Julia's, the cause juliacall's error."""


class Bridge:
    """The Julia package PyFlux in this process. Its calls may come from any thread, and take turns.

    Raises:
        Exception: Julia cannot be started.
    """

    def __init__(self) -> None:
        self._functions: dict[str, Callable[..., Any]] = {}
        self._elsewhere = _leave_julia() if "juliacall" in sys.modules else False
        self._thread = JuliaThread(self._start, lambda: self._guard.check())

    def wait_until_started(self) -> None:
        """Wait for the start, and raise what went wrong in it."""
        self._thread.wait_until_started()

    def call(self, name: str, *arguments: Any, keep: Any = None) -> Any:
        """Call a function of ``julia/ext/PythonCallExt``; objects that stay in Julia come back as a `Handle`.

        NumPy arrays are given transposed: Julia sees the same memory in column-major order.

        Args:
            name: The function.
            *arguments: Numbers, texts, None, dictionaries and lists of these, arrays and handles.
            keep: What Julia reads for as long as it has the object that comes back.

        Raises:
            CallFailed: It failed in Julia.
            EngineError: This process was forked from one in which Julia runs.
            KeyboardInterrupt: Ctrl-C came; see `JuliaThread.call`.
        """
        return self._thread.call(self._invoke, name, arguments, keep)

    def call_directly(self, function: Callable[[T], R], argument: T) -> R | None:
        """Call a function that enters Julia for some microseconds, in this thread.

        Returns None without calling it where that cannot be: in another thread than the main one, which Julia
        would adopt for good, while Julia is busy, and in a forked process.
        """
        return self._thread.call_directly(function, argument)

    def _invoke(self, name: str, arguments: tuple[Any, ...], keep: Any) -> Any:
        function = self._functions.get(name)
        if function is None:
            function = self._functions[name] = getattr(self._extension, name)
        try:
            result = function(*(a.value if isinstance(a, Handle) else a for a in arguments))
        except self._juliacall.JuliaError as e:
            raise self._failure(e) from e
        if isinstance(result, self._juliacall.ValueBase):
            return Handle(result, self._thread, keep)
        return result

    def _failure(self, error: Any) -> BaseException:
        base = self._juliacall.Base
        if base.isa(error.exception, base.InterruptException):
            return KeyboardInterrupt()
        lines = str(base.sprint(base.showerror, error.exception)).strip().splitlines()
        return CallFailed(lines[0] if lines else "unknown error in Julia")

    # ── The start, in Julia's thread ─────────────────────────────────────────────────────────────────────

    def _start(self) -> tuple[Callable[[], Any], Callable[[], Any], int]:
        with signals.kept(), _options():
            import juliacall
        self._juliacall = juliacall
        base = juliacall.Base
        juliacall.Main.seval("import PyFlux")
        self._extension = base.get_extension(juliacall.Main.PyFlux, base.Symbol("PythonCallExt"))
        send, argument, safe_enter, state, flag = (int(a) for a in self._extension.addresses())
        self._guard = signals.SegvGuard()
        self._prepare_ends()
        if self._elsewhere:  # only Julia's first thread serves its event loop
            called = threading.Semaphore(0)
            return called.acquire, called.release, flag
        # Before it collects garbage Julia waits for all threads that run Julia: this one is in Python.
        ctypes.CFUNCTYPE(ctypes.c_int8, ctypes.c_void_p)(safe_enter)(state)
        send_async = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)(send)
        return self._extension.wait_for_call, lambda: send_async(argument), flag

    def _prepare_ends(self) -> None:
        """Let Julia end in its own thread, and a forked child end without Julia, which is not in it."""
        library, juliacall = self._juliacall.CONFIG.get("lib"), self._juliacall

        def forget() -> None:
            for value in [*vars(juliacall).values(), *self._functions.values(), self._extension]:
                leak(value)
            if library is not None:
                library.jl_atexit_hook = _no_hook

        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=forget)
        if library is not None and not self._elsewhere:
            hook = library.jl_atexit_hook

            def end() -> None:
                self._thread.stop(lambda: hook(0), EXIT_SECONDS)
                forget()

            # Runs before juliacall's own, which would end Julia in another thread than the one it runs in.
            atexit.register(end)


def _no_hook(code: int) -> None:
    """Stand in for Julia's exit hook in a process that Julia is not in."""


class _Started:
    """The bridge, once it is there, and the lock of those who want it."""

    lock = threading.Lock()
    bridge: Bridge | None = None
    beginning: Bridge | None = None


def start() -> Bridge:
    """Start Julia, once in a process, and return the bridge to the Julia package PyFlux.

    Raises:
        EngineUnavailable: Julia or a package is not there and cannot be had; the message says why.
    """
    if _Started.bridge is not None:
        return _Started.bridge
    with _Started.lock:
        if _Started.bridge is None:
            try:
                _Started.bridge = _begin()
            except Exception as e:  # whatever went wrong, it is the reason
                raise EngineUnavailable(installation.explain(e)) from e
        return _Started.bridge


def _begin() -> Bridge:
    if _Started.beginning is None:
        installation.ensure()
        _Started.beginning = Bridge()
    try:
        _Started.beginning.wait_until_started()
    except Exception:
        _Started.beginning = None
        raise
    return _Started.beginning  # kept where Ctrl-C came: Julia goes on starting


def started() -> bool:
    """Whether Julia runs in this process."""
    return _Started.bridge is not None


def prepare(device: str) -> None:
    """Ask for the Julia packages that a device needs, if Julia has not been started yet."""
    if not started():
        for kind in packages.needed(device):
            packages.add(kind)


def is_set_up() -> bool:
    """Whether Julia and its packages are installed, so that starting takes seconds and no network."""
    return started() or installation.is_complete()


def unavailable_reason(timeout: float) -> str | None:
    """Return why Julia cannot be had here, or None if nothing is known against it.

    Takes no longer than ``timeout`` seconds: where something would have to be downloaded, it tries the server
    first.
    """
    return None if started() else installation.obstacle(timeout)


def versions() -> dict[str, str]:
    """Start Julia, and return the versions of all that takes part, and the number of threads.

    The keys are ``julia``, ``flux``, ``pyflux``, ``pythoncall``, ``juliacall`` and ``threads``.
    """
    keys = ("julia", "flux", "pyflux", "pythoncall", "threads")
    bridge = start()
    found = dict(zip(keys, bridge.call("versions"), strict=True))
    return found | {"juliacall": str(bridge._juliacall.__version__)}


def allocated_bytes() -> int:
    """Return how many bytes Julia has allocated so far, those that were freed included."""
    return int(start().call("allocated_bytes"))


def paths() -> dict[str, str]:
    """Start Julia, and return the folder of its program, ``home``, and its ``project`` file."""
    return dict(zip(("home", "project"), start().call("paths"), strict=True))


@contextmanager
def _options() -> Iterator[None]:
    """Set pyflux's defaults of juliacall's options while it is imported, where the user has set none."""
    names = {f"PYTHON_JULIACALL_{name.upper()}": value for name, value in OPTIONS.items() if not _given(name)}
    os.environ.update(names)
    try:
        yield
    finally:
        for name in names:
            os.environ.pop(name, None)


def _given(name: str) -> bool:
    return (
        f"PYTHON_JULIACALL_{name.upper()}" in os.environ
        or f"juliacall-{name.replace('_', '-')}" in sys._xoptions
        or (name == "threads" and "JULIA_NUM_THREADS" in os.environ)
    )


# For a Julia that runs already: no garbage collection waits for the thread that started it, this one.
LEAVE = """
(UInt(cglobal(:jl_gc_safe_enter)), UInt(ccall(:jl_get_ptls_states, Ptr{Cvoid}, ())), Threads.threadid(),
 Threads.nthreads(), Base.JLOptions().handle_signals)
"""


def _leave_julia() -> bool:
    """Return whether juliacall has started Julia already; say once what is slower then."""
    import juliacall

    if not juliacall.CONFIG.get("inited"):
        return False
    safe_enter, state, thread, threads, handles_signals = map(int, juliacall.Main.seval(LEAVE))
    if thread == 1:
        ctypes.CFUNCTYPE(ctypes.c_int8, ctypes.c_void_p)(safe_enter)(state)
    if threads == 1 or not handles_signals or thread != 1:
        console.write(sys.stderr, STARTED_ELSEWHERE.format(threads=threads) + "\n")
    return True
