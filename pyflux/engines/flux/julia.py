"""Julia in this process: finding it, with juliapkg, and starting it, through its C functions.

A Julia that runs here already, started by juliacall for instance, is used as it is, and juliacall can use
this one.
"""

from __future__ import annotations

import atexit
import ctypes
import functools
import os
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ...errors import EngineUnavailable
from ..flux import packages
from .bridge import Bridge

FIRST_RUN = (
    "pyflux: setting up Julia for its first use here: Flux is downloaded and compiled, and Julia itself "
    "where there is none. This takes some minutes, once; later starts take seconds."
)

# Loads the package, and gives the addresses of what is called; or, behind an exclamation mark, why it cannot.
LOAD = """
const PYFLUX_STARTED = try
    @eval Main import PyFlux
    Base.invokelatest(Main.PyFlux.entry)
catch e
    "!" * sprint(showerror, e)
end
pointer(PYFLUX_STARTED)
"""

# What Julia was started with: it keeps the addresses.
OPTIONS: list[ctypes.Array[ctypes.c_char_p]] = []


@functools.cache
def start() -> Bridge:
    """Start Julia, once in a process, and return the bridge to the Julia package PyFlux.

    Raises:
        EngineUnavailable: Julia or a package is not there and cannot be had; the message says why.
    """
    try:
        if not is_set_up():
            print(FIRST_RUN, file=sys.stderr, flush=True)
        return _load(ensure_network())
    except Exception as e:  # whatever went wrong, it is the reason
        raise EngineUnavailable(
            f"Julia could not be started: {reason(e)}. The first start downloads what it needs: run "
            f"`pyflux setup` where there is a network, or put Julia 1.10 or later on the PATH. "
            f"engine='reference' computes the same in NumPy, without Julia"
        ) from e


def ensure_network() -> ctypes.CDLL:
    """Start Julia, unless it runs already, and return its C library.

    Python's other threads go on meanwhile: one of them may be reading data.
    """
    import juliapkg

    path = juliapkg.libjulia()
    if os.name == "nt":  # where libraries are looked for along the PATH
        os.environ["PATH"] = os.pathsep.join((os.path.dirname(path), os.environ["PATH"]))
    library = ctypes.CDLL(path, mode=ctypes.RTLD_GLOBAL)
    if library.jl_is_initialized():
        return library
    with _python_keeps_interrupts():
        _parse_options(library, juliapkg.executable(), f"--project={juliapkg.project()}")
        start = library.jl_init_with_image
        start.argtypes, start.restype = [ctypes.c_char_p, ctypes.c_char_p], None
        image = os.environ.get("PYFLUX_SYSIMAGE")
        start(juliapkg.bindir().encode(), os.path.abspath(image).encode() if image else None)
    atexit.register(library.jl_atexit_hook, 0)
    return library


def _parse_options(library: ctypes.CDLL, *options: str) -> None:
    """Set Julia's options as its command line does."""
    # Julia stops its threads for garbage collection with a signal; without this they would crash.
    options += ("--handle-signals=yes",)
    if "JULIA_NUM_THREADS" not in os.environ:
        options += ("--threads=auto",)
    count = ctypes.c_int(len(options))
    texts = (ctypes.c_char_p * len(options))(*(option.encode() for option in options))
    OPTIONS.append(texts)
    library.jl_parse_opts(ctypes.byref(count), ctypes.byref(ctypes.pointer(texts)))


def _load(library: ctypes.CDLL) -> Bridge:
    """Load PyFlux, and return the bridge to it."""
    evaluate, unbox = library.jl_eval_string, library.jl_unbox_voidpointer
    evaluate.argtypes, evaluate.restype = [ctypes.c_char_p], ctypes.c_void_p
    unbox.argtypes, unbox.restype = [ctypes.c_void_p], ctypes.c_char_p
    found = evaluate(LOAD.encode())
    if found is None:
        raise RuntimeError("Julia cannot load its package PyFlux")
    text = unbox(found).decode()
    if text.startswith("!"):
        raise RuntimeError(text[1:])
    return Bridge(*map(int, text.split()))


def prepare(device: str) -> None:
    """Ask for the Julia packages that a device needs, if Julia has not been started yet."""
    if start.cache_info().currsize:
        return
    for kind in packages.needed(device):
        packages.add(kind)


def is_set_up() -> bool:
    """Whether Julia and its packages are installed, so that starting takes seconds and no network."""
    if start.cache_info().currsize:
        return True
    import juliapkg

    return bool(juliapkg.resolve(dry_run=True))


def versions() -> dict[str, str]:
    """Start Julia, and return its version, Flux's, and the number of threads."""
    return dict(zip(("julia", "flux", "threads"), start().call("versions"), strict=True))


def allocated_bytes() -> int:
    """Return how many bytes Julia has allocated so far, those that were freed included."""
    return int(start().call("allocated"))


def places() -> dict[str, str]:
    """Start Julia, and return the folder of its program and the file that names its packages."""
    return dict(zip(("home", "project"), start().call("places"), strict=True))


def unavailable_reason(timeout: float) -> str | None:
    """Return why Julia cannot be had here, or None if nothing is known against it.

    Takes no longer than ``timeout`` seconds: where something would have to be downloaded, it tries the server
    first. A Julia on the PATH may have all packages already, so it is told to do without a network.
    """
    try:
        if is_set_up():
            return None
    except ImportError as e:
        return reason(e)
    import requests
    from juliapkg import install_julia

    server = os.environ.get("JULIA_PKG_SERVER") or install_julia._julia_versions_url
    try:
        requests.head(server, timeout=timeout / 4)
    except requests.RequestException:
        if shutil.which("julia") is None:
            return f"there is no julia on the PATH, and {server} cannot be reached to download it"
        os.environ.setdefault("JULIA_PKG_OFFLINE", "true")
    return None


def reason(error: BaseException) -> str:
    """Return the first line of an error, with its class where that says more."""
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0]}" if lines[0] else type(error).__name__


@contextmanager
def _python_keeps_interrupts() -> Iterator[None]:
    """Let Ctrl-C raise KeyboardInterrupt in Python although Julia handles signals.

    Julia blocks SIGINT in every thread and waits for it in one of its own. Unblocked here, the main thread
    gets it first, and Python acts on it when the Julia call returns.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler if handler is not None else signal.default_int_handler)
        if hasattr(signal, "pthread_sigmask"):  # not on Windows
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
