"""Training in Flux.jl: the one file that imports juliacall.

Julia starts when the first network is built. NumPy arrays cross by their address: Julia sees the same memory
with the axes in reverse order, and nothing is copied. What the Julia side does about orders of axes and
flipped kernels is in ``julia/src/rowmajor.jl``.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..architecture import Architecture
from ..arrays import Floats, Images
from ..errors import EngineError, EngineUnavailable
from ..losses import Loss
from ..optimizers import Optimizer
from . import ANYWHERE, Data, OptimizerState, Place, Seen, packages

FIRST_RUN = (
    "pyflux: setting up Julia for its first use here: Flux is downloaded and compiled, and Julia itself "
    "where there is none. This takes some minutes, once; later starts take seconds."
)

SEED_MASK = (1 << 64) - 1


# ── Starting Julia ───────────────────────────────────────────────────────────────────────────────────────


@functools.cache
def start() -> Any:
    """Start Julia, once in a process, and return the Julia module PyFlux.

    Raises:
        EngineUnavailable: Julia or a package is not there and cannot be had; the message says why.
    """
    _set_options()
    try:
        if not is_set_up():
            print(FIRST_RUN, file=sys.stderr, flush=True)
        with _python_keeps_interrupts():
            import juliacall
        # Without the lock that keeps Python's other threads from running: one of them may be reading data.
        return juliacall.Base.require._jl_call_nogil(juliacall.Main, juliacall.Base.Symbol("PyFlux"))
    except Exception as e:  # whatever went wrong, it is the reason
        raise EngineUnavailable(
            f"Julia could not be started: {_reason(e)}. The first start downloads what it needs: run "
            f"`pyflux setup` where there is a network, or put Julia 1.10 or later on the PATH. "
            f"engine='reference' computes the same in NumPy, without Julia"
        ) from e


def prepare(place: Place) -> None:
    """Ask for the Julia packages that a place needs, if Julia has not been started yet."""
    if "juliacall" in sys.modules or os.environ.get("PYTHON_JULIACALL_PROJECT"):
        return
    for kind in packages.needed(place.device):
        packages.add(kind)


@functools.cache
def device(name: str, precision: str = "float32") -> Any:
    """Return the Julia device of a name; a GPU that was not asked for by name is told of, once.

    Raises:
        EngineUnavailable: It is not there; the message says why, and what to do.
    """
    jl = start()
    try:
        found = jl.device(name)
        jl.precision_b(found, precision)
    except jl_error() as e:
        reason = _reason(e).removeprefix("JuliaError: ").removeprefix("ArgumentError: ")
        raise EngineUnavailable(f"{reason}. {_mend(reason)}") from e
    if name == "auto" and jl.is_gpu(found):
        print(
            f"pyflux: computing on {jl.device_name(found)}; device='cpu' for the CPU",
            file=sys.stderr,
            flush=True,
        )
    return found


def _mend(reason: str) -> str:
    if "not the Julia package" in reason:
        return "Run `pyflux setup --gpu`, which installs it, and start Python again"
    if "no driver" in reason:
        return "Install the GPU's driver, or take device='cpu'; `pyflux doctor` tells more"
    return "Take another device, such as device='cpu'; `pyflux doctor` tells more"


@functools.cache
def group() -> Any:
    """Return the processes that mpiexec started this one with, after joining them.

    From then on a failure that nobody catches ends all of them: the others would wait for this one for ever.

    Raises:
        EngineUnavailable: There is no MPI.jl.
    """
    jl = start()
    try:
        found = jl.group()
    except jl_error() as e:
        raise EngineUnavailable(
            f"distributed=True cannot be had: {_reason(e)}. Run `pyflux setup --distributed`, which installs "
            f"MPI.jl, then start this program with mpiexec"
        ) from e
    earlier = sys.excepthook

    def end_all(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        earlier(kind, error, trace)
        sys.stderr.flush()
        abort_others()

    sys.excepthook = end_all
    return found


def abort_others() -> None:
    """End all processes of a distributed training, this one too; nothing where there are no others."""
    if group.cache_info().currsize and group().size > 1:
        sys.stdout.flush()
        start().abort(group(), 1)


def is_set_up() -> bool:
    """Whether Julia and its packages are installed, so that starting takes seconds and no network."""
    if "juliacall" in sys.modules or os.environ.get("PYTHON_JULIACALL_PROJECT"):
        return True  # started already, or set up by hand
    import juliapkg

    return bool(juliapkg.resolve(dry_run=True))


def versions() -> dict[str, str]:
    """Start Julia, and return its version, Flux's, and the number of threads."""
    found = start().versions()
    return {"julia": found.julia, "flux": found.flux, "threads": found.threads}


def home() -> str:
    """Start Julia, and return the folder of its program."""
    start()
    import juliacall

    return str(juliacall.Base.Sys.BINDIR)


def project() -> str:
    """Start Julia, and return the file that names its packages."""
    start()
    import juliacall

    return str(juliacall.Base.active_project())


def device_name(name: str) -> str:
    """Start Julia, and return what a device of this name is.

    Raises:
        EngineUnavailable: It is not there; the message says why.
    """
    return str(start().device_name(device(name)))


def out_of_reach(timeout: float) -> str | None:
    """Return why Julia cannot be had here, or None if nothing is known against it.

    Takes no longer than ``timeout`` seconds: where something would have to be downloaded, it tries the server
    first. A Julia on the PATH may have all packages already, so it is told to do without a network.
    """
    try:
        if is_set_up():
            return None
    except ImportError as e:
        return _reason(e)
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


def _set_options() -> None:
    """Ask juliacall for threads, and for the signals that threads need; what the user has set stays."""
    if "JULIA_NUM_THREADS" not in os.environ:
        os.environ.setdefault("PYTHON_JULIACALL_THREADS", "auto")
    # Julia stops its threads for garbage collection with a signal; without this they would crash.
    os.environ.setdefault("PYTHON_JULIACALL_HANDLE_SIGNALS", "yes")


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


def _reason(error: BaseException) -> str:
    """The first line of an error, with its class where that says more."""
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0]}" if lines[0] else type(error).__name__


def jl_error() -> type[Exception]:
    """Return the class of Julia's errors."""
    import juliacall

    error: type[Exception] = juliacall.JuliaError
    return error


@contextmanager
def _julia_errors(doing: str) -> Iterator[None]:
    """Turn a JuliaError into one that says what was being done."""
    import juliacall

    try:
        yield
    except juliacall.JuliaError as e:
        if "InterruptException" in str(e):
            raise KeyboardInterrupt from e
        raise EngineError(f"Flux failed while {doing}: {_reason(e)}") from e


# ── Arrays ───────────────────────────────────────────────────────────────────────────────────────────────


def borrow(array: NDArray[Any]) -> Any:
    """Return a Julia array at the address of a C-ordered NumPy array, its axes reversed.

    The caller keeps ``array`` alive for as long as Julia uses it.
    """
    assert array.flags.c_contiguous, "only C-ordered arrays can be lent to Julia"
    lend, kind = _lender(array.dtype)
    return lend(kind, array.ctypes.data, array.shape)


@functools.cache
def _lender(dtype: np.dtype[Any]) -> tuple[Any, Any]:
    """Julia's function that borrows, and its type for a NumPy one, looked up once as it takes a while."""
    name = dtype.name.replace("uint", "UInt").replace("int", "Int").replace("float", "Float")
    return start().borrow, getattr(start(), name)


def owned(array: Any) -> Floats:
    """Return a C-ordered copy of a Julia array, its axes reversed."""
    return np.ascontiguousarray(np.array(array).T)


# ── The network ──────────────────────────────────────────────────────────────────────────────────────────


class Network:
    """A network in Flux; see `pyflux.engines.Network` for what each method does."""

    engine = "flux"

    def __init__(
        self,
        architecture: Architecture,
        weights: Sequence[Floats],
        seed: int = 0,
        place: Place = ANYWHERE,
    ) -> None:
        prepare(place)
        self._architecture = architecture
        self.seed, self.rank = seed, 0
        self._jl = start()
        self._group: Any = group() if place.distributed else None
        if place.distributed:
            self._join(seed)
        self._device = device(place.device, place.precision)
        self._gpu = bool(self._jl.is_gpu(self._device))
        self._lent: dict[int, tuple[Data, Any]] = {}  # on a GPU: what is there, by the images' identity
        self._learner: Any = None
        self._trainer: Any = None  # the learner, or what shares its work with other processes
        self._optimizer: Optimizer | None = None
        self.steps = 0
        self._make(weights)

    def weights(self) -> list[Floats]:
        with _julia_errors("reading the weights"):
            return [owned(w) for w in self._jl.weights(self._model, self._slots)]

    def set_weights(self, weights: Sequence[Floats]) -> None:
        with _julia_errors("setting the weights"):
            for slot, array in zip(self._slots, weights, strict=True):
                self._jl.setweight_b(self._model, slot, borrow(np.ascontiguousarray(array, np.float32)))

    def compile(self, optimizer: Optimizer, loss: Loss, fast: bool = True) -> None:
        if self._learner is not None:
            self._make(self.weights())  # what is frozen now may not have been, and decides how layers behave
        settings = {
            "optimizer": optimizer.config() | {"learning_rate": None},
            "loss": loss.kind,
            "trainable": self._architecture.trainable,
            "penalties": [p and p.config() for p in self._architecture.penalties],
            "seed": str(self.seed & SEED_MASK),
            "fast": fast,
        }
        with _julia_errors("making the optimizer"):
            self._learner = self._trainer = self._jl.learner(self._model, json.dumps(settings))
            if self._group is not None:
                self._trainer = self._jl.Shared(self._learner, self._group)
        self._optimizer, self.steps = optimizer, 0

    def predict(self, images: Images, batch_size: int) -> Floats:
        with _julia_errors("predicting"):
            network = self._predictor if self._learner is None else self._learner
            return owned(self._jl.predictions(network, borrow(images), batch_size, self._device))

    def features(self, images: Images, batch_size: int) -> Floats:
        with _julia_errors("computing what the frozen layers give"):
            return owned(self._jl.features(self._learner, borrow(images), batch_size, self._device))

    def train(self, data: Data, order: NDArray[np.int64], batch_size: int, rates: Sequence[float]) -> Seen:
        order = np.ascontiguousarray(order, dtype=np.int64)
        steps = np.array(rates, dtype=np.float64)
        with _julia_errors("training"):
            images, targets, weights = self._lend(data)
            seen = self._jl.train_b(
                self._trainer,
                images,
                targets,
                self._jl.fromzero(borrow(order)),
                batchsize=batch_size,
                rates=borrow(steps),
                weights=weights,
                features=data.features,
            )
            self.steps += len(steps)
            return self._seen(seen)

    def evaluate(self, data: Data, batch_size: int) -> Seen:
        with _julia_errors("evaluating"):
            images, targets, weights = self._lend(data)
            return self._seen(
                self._jl.evaluate(
                    self._learner,
                    images,
                    targets,
                    batchsize=batch_size,
                    weights=weights,
                    features=data.features,
                )
            )

    def gradients(self, data: Data) -> tuple[float, list[Floats]]:
        kept = self.weights()
        with _julia_errors("computing gradients"):
            loss, grads = self._jl.gradients(self._learner, *self._lend(data))
            result = float(loss), [owned(g) for g in grads]
            self.release()
        self.set_weights(kept)  # the moving averages have moved
        return result

    def optimizer_state(self) -> OptimizerState:
        with _julia_errors("reading the optimizer's state"):
            memory = [[owned(a) for a in arrays] for arrays in self._jl.moments(self._learner)]
        names = self._optimizer.slots if self._optimizer else ()
        return OptimizerState(self.steps, {name: [m[k] for m in memory] for k, name in enumerate(names)})

    def set_optimizer_state(self, state: OptimizerState) -> None:
        with _julia_errors("setting the optimizer's state"):
            for i, arrays in enumerate(zip(*state.slots.values(), strict=True)):
                given = [np.ascontiguousarray(a, np.float32) for a in arrays]
                self._jl.setmoments_b(self._learner, i + 1, state.iterations, *map(borrow, given))
            self._learner.steps = self.steps = state.iterations

    def release(self) -> None:
        self._lent.clear()

    def versions(self) -> dict[str, str]:
        return versions() | ({"device": str(self._jl.device_name(self._device))} if self._gpu else {})

    def _join(self, seed: int) -> None:
        """Take the number of this process, and the seed of the first."""
        self.rank = int(self._group.rank)
        # In two halves: Python's number has no sign, Julia's has.
        low, high = (int(self._jl.same(self._group, seed >> shift & 0xFFFFFFFF)) for shift in (0, 32))
        if (high << 32 | low) != seed & SEED_MASK:
            self.seed = high << 32 | low

    def _make(self, weights: Sequence[Floats]) -> None:
        with _julia_errors("building the network"):
            self._model = self._jl.moved(
                self._device, self._jl.chain(json.dumps(self._architecture.config()))
            )
            self._slots = self._jl.slots(self._model)
            self._predictor = self._jl.Predictor(self._model)
        self.set_weights(weights)

    def _lend(self, data: Data) -> tuple[Any, Any, Any]:
        """The images, targets and weights as Julia sees them; what goes to a GPU goes there once."""
        if id(data.images) in self._lent and self._lent[id(data.images)][0] is data:
            return self._lent[id(data.images)][1]  # type: ignore[no-any-return]
        targets = borrow(data.targets)
        targets = self._jl.fromzero(targets) if data.targets.ndim == 1 else targets
        weights = _optional(data.weights)
        lent = tuple(
            x if x is None else self._jl.resident(self._device, x)
            for x in (borrow(data.images), targets, weights)
        )
        if self._gpu:
            self._lent[id(data.images)] = data, lent
        return lent  # type: ignore[return-value]

    def _seen(self, seen: Any) -> Seen:
        return Seen(float(seen.loss), owned(self._jl.rowmajor(seen.outputs)))


def _optional(array: NDArray[Any] | None) -> Any:
    return None if array is None else borrow(array)
