"""Networks in Flux.jl. Julia starts when the first one is built.

What the Julia side does about orders of axes and flipped kernels is in ``julia/src/rowmajor.jl``.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...architecture import Architecture
from ...errors import EngineError, EngineUnavailable
from ...inputs import Floats, Images
from ...losses import Loss
from ...optimizers import Optimizer
from ..base import DEFAULT_EXECUTION, Data, EvaluationResult, ExecutionConfig, OptimizerState
from ..flux import julia
from .bridge import Handle, JuliaError

SEED_MASK = (1 << 64) - 1


# ── Where it computes ────────────────────────────────────────────────────────────────────────────────────


@functools.cache
def device(name: str, precision: str = "float32") -> Handle:
    """Return the Julia device of a name; a GPU that was not asked for by name is told of, once.

    Raises:
        EngineUnavailable: It is not there; the message says why, and what to do.
    """
    call = julia.start().call
    try:
        found: Handle = call("device", name)
        call("precision!", found, precision)
    except JuliaError as e:
        reason = _first_line(e).removeprefix("ArgumentError: ")
        raise EngineUnavailable(f"{reason}. {_mend(reason)}") from e
    if name == "auto" and call("is_gpu", found):
        print(
            f"pyflux: computing on {call('device_name', found)}; device='cpu' for the CPU",
            file=sys.stderr,
            flush=True,
        )
    return found


def device_name(name: str) -> str:
    """Start Julia, and return what a device of this name is.

    Raises:
        EngineUnavailable: It is not there; the message says why.
    """
    return str(julia.start().call("device_name", device(name)))


def _mend(reason: str) -> str:
    if "not the Julia package" in reason:
        return "Run `pyflux setup --gpu`, which installs it, and start Python again"
    if "no driver" in reason:
        return "Install the GPU's driver, or take device='cpu'; `pyflux doctor` tells more"
    return "Take another device, such as device='cpu'; `pyflux doctor` tells more"


@functools.cache
def group() -> Handle:
    """Return the processes that mpiexec started this one with, after joining them.

    From then on a failure that nobody catches ends all of them: the others would wait for this one for ever.

    Raises:
        EngineUnavailable: There is no MPI.jl.
    """
    try:
        found: Handle = julia.start().call("group")
    except JuliaError as e:
        raise EngineUnavailable(
            f"distributed=True cannot be had: {_first_line(e)}. Run `pyflux setup --distributed`, which "
            f"installs MPI.jl, then start this program with mpiexec"
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
    if group.cache_info().currsize and julia.start().call("size", group()) > 1:
        sys.stdout.flush()
        julia.start().call("abort", group(), 1)


@contextmanager
def _julia_errors(doing: str) -> Iterator[None]:
    """Turn a JuliaError into one that says what was being done."""
    try:
        yield
    except JuliaError as e:
        raise EngineError(f"Flux failed while {doing}: {_first_line(e)}") from e


def _first_line(error: JuliaError) -> str:
    return str(error).splitlines()[0]


# ── The network ──────────────────────────────────────────────────────────────────────────────────────────


class Network:
    """A network in Flux; see `pyflux.engines.Network` for what each method does."""

    engine = "flux"

    def __init__(
        self,
        architecture: Architecture,
        weights: Sequence[Floats],
        seed: int = 0,
        place: ExecutionConfig = DEFAULT_EXECUTION,
    ) -> None:
        julia.prepare(place.device)
        self._architecture = architecture
        self.seed, self.rank = seed, 0
        self._call = julia.start().call
        self._group = group() if place.distributed else None
        if self._group:
            self._join(self._group, seed)
        self._device = device(place.device, place.precision)
        self._lent: dict[int, tuple[Data, Handle]] = {}  # by identity; what is lent to a GPU has moved there
        self._learner: Handle | None = None
        self._trainer: Handle | None = None  # the learner, or what shares its work with other processes
        self._optimizer: Optimizer | None = None
        self.steps = 0
        self._make(weights)

    def weights(self) -> list[Floats]:
        with _julia_errors("reading the weights"):
            return list(self._call("weights", self._model))

    def set_weights(self, weights: Sequence[Floats]) -> None:
        given = [np.ascontiguousarray(array, np.float32) for array in weights]
        with _julia_errors("setting the weights"):
            self._call("setweights!", self._model, given)

    def compile(self, optimizer: Optimizer, loss: Loss, fast: bool = True) -> None:
        if loss.kind == "custom":
            raise ValueError(
                f"loss {type(loss).__name__} is computed in Python, where engine='flux' does not train; use "
                f"engine='reference', or a loss of pyflux.losses"
            )
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
            self._learner = self._trainer = self._call("learner", self._model, settings)
            if self._group:
                self._trainer = self._call("Shared", self._learner, self._group)
        self._optimizer, self.steps = optimizer, 0

    def predict(self, images: Images, batch_size: int) -> Floats:
        network = self._predictor if self._learner is None else self._learner
        with _julia_errors("predicting"):
            return _floats(self._call("predictions", network, images, batch_size, self._device))

    def features(self, images: Images, batch_size: int) -> Floats:
        with _julia_errors("computing what the frozen layers give"):
            return _floats(self._call("features", self._learner, images, batch_size, self._device))

    def train(
        self, data: Data, order: NDArray[np.int64], batch_size: int, rates: Sequence[float]
    ) -> EvaluationResult:
        order, steps = np.ascontiguousarray(order, np.int64), np.array(rates, np.float64)
        with _julia_errors("training"):
            seen = self._call(
                "train!", self._trainer, self._lend(data), order, batch_size, steps, data.features
            )
            self.steps += len(steps)
            return EvaluationResult(*seen)

    def evaluate(self, data: Data, batch_size: int) -> EvaluationResult:
        with _julia_errors("evaluating"):
            return EvaluationResult(
                *self._call("evaluate", self._learner, self._lend(data), batch_size, data.features)
            )

    def gradients(self, data: Data) -> tuple[float, list[Floats]]:
        kept = self.weights()
        with _julia_errors("computing gradients"):
            loss, grads = self._call("gradients", self._learner, self._lend(data))
            self.release()
        self.set_weights(kept)  # the moving averages have moved
        return loss, grads

    def optimizer_state(self) -> OptimizerState:
        with _julia_errors("reading the optimizer's state"):
            memory = self._call("moments", self._learner)
        names = self._optimizer.slots if self._optimizer else ()
        return OptimizerState(self.steps, {name: [m[k] for m in memory] for k, name in enumerate(names)})

    def set_optimizer_state(self, state: OptimizerState) -> None:
        self.steps = state.iterations
        memory = [
            [np.ascontiguousarray(a, np.float32) for a in arrays]
            for arrays in zip(*state.slots.values(), strict=True)
        ]
        with _julia_errors("setting the optimizer's state"):
            self._call("setmoments!", self._learner, state.iterations, memory)

    def release(self) -> None:
        self._lent.clear()

    def versions(self) -> dict[str, str]:
        found = julia.versions()
        if self._call("is_gpu", self._device):
            found["device"] = self._call("device_name", self._device)
        return found

    def _join(self, others: Handle, seed: int) -> None:
        """Take the number of this process, and the seed of the first."""
        self.rank = self._call("rank", others)
        # In two halves: Python's number has no sign, Julia's has.
        low, high = (self._call("same", others, seed >> shift & 0xFFFFFFFF) for shift in (0, 32))
        if (high << 32 | low) != seed & SEED_MASK:
            self.seed = high << 32 | low

    def _make(self, weights: Sequence[Floats]) -> None:
        with _julia_errors("building the network"):
            self._model = self._call("chain", self._device, self._architecture.config())
            self._predictor = self._call("Predictor", self._model)
        self.set_weights(weights)

    def _lend(self, data: Data) -> Handle:
        """Return the samples as Julia sees them; what goes to a GPU goes there once."""
        if id(data) not in self._lent:
            found: Handle = self._call("lend", self._device, data.images, data.targets, data.weights)
            self._lent[id(data)] = data, found
        return self._lent[id(data)][1]


def _floats(array: NDArray[Any]) -> Floats:
    return array.astype(np.float32, copy=False)
