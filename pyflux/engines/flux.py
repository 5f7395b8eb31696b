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
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..architecture import Architecture
from ..arrays import Floats, Images
from ..errors import EngineError, EngineUnavailable
from ..losses import Loss
from ..optimizers import Optimizer
from . import Data, OptimizerState, Seen

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
        return juliacall.Base.require(juliacall.Main, juliacall.Base.Symbol("PyFlux"))
    except Exception as e:  # whatever went wrong, it is the reason
        raise EngineUnavailable(
            f"Julia could not be started: {_reason(e)}. The first start downloads what it needs: run "
            f"`pyflux setup` where there is a network, or put Julia 1.10 or later on the PATH. "
            f"engine='reference' computes the same in NumPy, without Julia"
        ) from e


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

    def __init__(self, architecture: Architecture, weights: Sequence[Floats], seed: int = 0) -> None:
        self._architecture = architecture
        self._seed = seed
        self._jl = start()
        self._learner: Any = None
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
            "seed": str(self._seed & SEED_MASK),
            "fast": fast,
        }
        with _julia_errors("making the optimizer"):
            self._learner = self._jl.learner(self._model, json.dumps(settings))
        self._optimizer, self.steps = optimizer, 0

    def predict(self, images: Images, batch_size: int) -> Floats:
        with _julia_errors("predicting"):
            network = self._predictor if self._learner is None else self._learner
            return owned(self._jl.predictions(network, borrow(images), batch_size))

    def features(self, images: Images, batch_size: int) -> Floats:
        with _julia_errors("computing what the frozen layers give"):
            return owned(self._jl.features(self._learner, borrow(images), batch_size))

    def train(self, data: Data, order: NDArray[np.int64], batch_size: int, rates: Sequence[float]) -> Seen:
        order = np.ascontiguousarray(order, dtype=np.int64)
        steps = np.array(rates, dtype=np.float64)
        with _julia_errors("training"):
            seen = self._jl.train_b(
                self._learner,
                *self._lend(data),
                self._jl.fromzero(borrow(order)),
                batchsize=batch_size,
                rates=borrow(steps),
                weights=_optional(data.weights),
                features=data.features,
            )
            self.steps += len(steps)
            return self._seen(seen)

    def evaluate(self, data: Data, batch_size: int) -> Seen:
        with _julia_errors("evaluating"):
            return self._seen(
                self._jl.evaluate(
                    self._learner,
                    *self._lend(data),
                    batchsize=batch_size,
                    weights=_optional(data.weights),
                    features=data.features,
                )
            )

    def gradients(self, data: Data) -> tuple[float, list[Floats]]:
        kept = self.weights()
        with _julia_errors("computing gradients"):
            loss, grads = self._jl.gradients(self._learner, *self._lend(data), _optional(data.weights))
            result = float(loss), [owned(g) for g in grads]
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

    def versions(self) -> dict[str, str]:
        return versions()

    def _make(self, weights: Sequence[Floats]) -> None:
        with _julia_errors("building the network"):
            self._model = self._jl.chain(json.dumps(self._architecture.config()))
            self._slots = self._jl.slots(self._model)
            self._predictor = self._jl.Predictor(self._model)
        self.set_weights(weights)

    def _lend(self, data: Data) -> tuple[Any, Any]:
        targets = borrow(data.targets)
        return self._jl.images(borrow(data.images)), (
            self._jl.fromzero(targets) if data.targets.ndim == 1 else targets
        )

    def _seen(self, seen: Any) -> Seen:
        return Seen(float(seen.loss), owned(self._jl.rowmajor(seen.outputs)))


def _optional(array: NDArray[Any] | None) -> Any:
    return None if array is None else borrow(array)
