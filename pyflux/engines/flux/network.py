"""Networks in Flux.jl. Julia starts when the first one is built.

What the Julia side does about orders of axes and flipped kernels is in ``julia/src/io/rowmajor``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...architecture import Architecture
from ...errors import EngineError
from ...inputs import Floats, Images
from ...losses import Loss
from ...optimizers import Optimizer
from ..base import DEFAULT_EXECUTION, Data, EvaluationResult, ExecutionConfig, OptimizerState
from . import devices, julia
from .devices import abort_others as abort_others
from .julia import CallFailed
from .julia_thread import Handle
from .sample_predictor import SamplePredictor

SEED_MASK = (1 << 64) - 1


@contextmanager
def _engine_errors(doing: str) -> Iterator[None]:
    """Turn a failure in Julia into an error that says what was being done; its cause is juliacall's error."""
    try:
        yield
    except CallFailed as e:
        raise EngineError(f"Flux failed while {doing}: {e}") from e.__cause__


class Network:
    """A network in Flux; see `pyflux.engines.Network` for what each method does.

    Args:
        architecture: The network.
        weights: One array for each of ``architecture.weights``.
        seed: Decides dropout and augmentation.
        execution: Device, precision and parallelism.
    """

    engine = "flux"

    def __init__(
        self,
        architecture: Architecture,
        weights: Sequence[Floats],
        seed: int = 0,
        execution: ExecutionConfig = DEFAULT_EXECUTION,
    ) -> None:
        julia.prepare(execution.device)
        self._architecture = architecture
        self.seed, self.rank = seed, 0
        self._call = julia.start().call
        self._group = devices.process_group() if execution.distributed else None
        if self._group:
            self._join(self._group, seed)
        self._device = devices.get(execution.device, execution.precision)
        self._data: dict[int, tuple[Data, Handle]] = {}  # by identity; on a GPU it has been copied there
        self._state: Handle | None = None  # the `TrainState`
        self._trainer: Handle | None = None  # the same, or one that shares its work with other processes
        self._trained: list[tuple[int, ...]] = []  # the shapes of the arrays that it trains
        self._optimizer: Optimizer | None = None
        self._iterations = np.zeros(1, np.int64)  # written by Julia
        # Of which Julia object, and what predicts single samples with it; None on a GPU.
        self._sample_predictor: tuple[Handle, SamplePredictor | None] | None = None
        self._make(weights)

    @property
    def steps(self) -> int:
        """How many steps the optimizer has taken."""
        return int(self._iterations[0])

    @steps.setter
    def steps(self, steps: int) -> None:
        self._iterations = np.array([steps], np.int64)

    @property
    def model(self) -> Any:
        """The Flux ``Chain``, as a juliacall object."""
        return self._model.value

    def weights(self) -> list[Floats]:
        found = [np.empty(spec.shape, np.float32) for spec in self._architecture.weights]
        with _engine_errors("reading the weights"):
            self._call("weights", self._model, _transposed(found))
        return found

    def set_weights(self, weights: Sequence[Floats]) -> None:
        with _engine_errors("setting the weights"):
            self._call("set_weights", self._model, _transposed(weights))

    def compile(self, optimizer: Optimizer, loss: Loss, fast: bool = True) -> None:
        _check_loss(loss)
        if self._state is not None:
            self._make(self.weights())  # what is frozen now may not have been, and decides how layers behave
        specs = self._architecture.weights
        settings = {
            "optimizer": optimizer.config() | {"learning_rate": None},
            "loss": _loss_settings(loss),
            "trainable": [spec.trainable for spec in specs],
            "penalties": [spec.regularizer and spec.regularizer.config() for spec in specs],
            "constraints": [spec.constraint and spec.constraint.config() for spec in specs],
            "seed": str(self.seed & SEED_MASK),
            "fast": fast,
        }
        with _engine_errors("making the optimizer"):
            self._state = self._trainer = self._call("train_state", self._model, settings)
            if self._group:
                self._trainer = self._call("data_parallel", self._state, self._group)
        self._trained = [spec.shape for spec in specs if spec.trainable]
        self._optimizer, self.steps = optimizer, 0

    def predict(self, images: Images, batch_size: int) -> Floats:
        network = self._predictor if self._state is None else self._state
        if len(images) == 1 and (found := self._predict_sample(network, images)) is not None:
            return found
        outputs = self._outputs(len(images))
        with _engine_errors("predicting"):
            self._call(
                "predict", network, _rowmajor(images), _size(batch_size, images), self._device, outputs.T
            )
        return outputs

    def _predict_sample(self, network: Handle, image: Images) -> Floats | None:
        """Return the outputs of one sample by the direct way; None where there is none."""
        if self._sample_predictor is None or self._sample_predictor[0] is not network:
            predictor = None
            if not self._call("is_gpu", self._device):
                architecture = self._architecture
                predictor = SamplePredictor(
                    julia.start(), network, architecture.input_shape, architecture.output_shape
                )
            self._sample_predictor = network, predictor
        predictor = self._sample_predictor[1]
        return None if predictor is None else predictor.predict(image)

    def features(self, images: Images, batch_size: int) -> Floats:
        last = self._architecture.nodes[self._architecture.frozen - 1]
        outputs = np.empty((len(images), *last.output_shape), np.float32)
        with _engine_errors("computing the outputs of the frozen layers"):
            self._call(
                "features", self._state, _rowmajor(images), _size(batch_size, images), self._device, outputs.T
            )
        return outputs

    def train(
        self, data: Data, order: NDArray[np.int64], batch_size: int, rates: Sequence[float]
    ) -> EvaluationResult:
        outputs = self._outputs(len(order))
        with _engine_errors("training"):
            loss = self._call(
                "train",
                self._trainer,
                self._device_data(data),
                np.ascontiguousarray(order, np.int64),
                _size(batch_size, order),
                np.array(rates, np.float64),
                data.features,
                outputs.T,
                self._iterations,
            )
        return EvaluationResult(loss, outputs)

    def evaluate(self, data: Data, batch_size: int) -> EvaluationResult:
        outputs = self._outputs(len(data.images))
        size = _size(batch_size, data.images)
        with _engine_errors("evaluating"):
            loss = self._call(
                "evaluate", self._state, self._device_data(data), size, data.features, outputs.T
            )
        return EvaluationResult(loss, outputs)

    def gradients(self, data: Data) -> tuple[float, list[Floats]]:
        kept = self.weights()
        found = [np.empty(shape, np.float32) for shape in self._trained]
        with _engine_errors("computing gradients"):
            loss = self._call("gradients", self._state, self._device_data(data), _transposed(found))
        self.release()
        self.set_weights(kept)  # the moving averages have changed
        return loss, found

    def input_gradients(self, data: Data, batch_size: int, loss: Loss | None) -> Floats:
        _check_loss(loss)
        found = np.empty(data.images.shape, np.float32)
        with _engine_errors("computing gradients of the input"):
            self._call(
                "input_gradients",
                self._model,
                _rowmajor(data.images),
                _rowmajor(data.targets),
                {"type": "score"} if loss is None else _loss_settings(loss),
                _size(batch_size, data.images),
                self._device,
                found.T,
            )
        return found

    def optimizer_state(self) -> OptimizerState:
        names = tuple(self._optimizer.slots) if self._optimizer else ()
        found = [np.empty(shape, np.float32) for shape in self._trained for _ in names]
        with _engine_errors("reading the optimizer's state"):
            self._call("optimiser_slots", self._state, _transposed(found))
        return OptimizerState(self.steps, {name: found[k :: len(names)] for k, name in enumerate(names)})

    def set_optimizer_state(self, state: OptimizerState) -> None:
        slots = [array for arrays in zip(*state.slots.values(), strict=True) for array in arrays]
        with _engine_errors("setting the optimizer's state"):
            self._call(
                "set_optimiser_slots", self._state, state.iterations, _transposed(slots), len(state.slots)
            )
        self.steps = state.iterations

    def release(self) -> None:
        self._data.clear()

    def versions(self) -> dict[str, str]:
        found = julia.versions()
        if self._call("is_gpu", self._device):
            found["device"] = self._call("device_name", self._device)
        return found

    def _join(self, group: Handle, seed: int) -> None:
        """Take the number of this process, and the seed of the first."""
        self.rank = self._call("rank", group)
        # In two halves: Python's number has no sign, Julia's has.
        low, high = (self._call("broadcast_value", group, seed >> shift & 0xFFFFFFFF) for shift in (0, 32))
        if (high << 32 | low) != seed & SEED_MASK:
            self.seed = high << 32 | low

    def _make(self, weights: Sequence[Floats]) -> None:
        with _engine_errors("building the network"):
            self._model = self._call("chain", self._device, self._architecture.config())
            self._predictor = self._call("predictor", self._model)
        self.set_weights(weights)

    def _outputs(self, samples: int) -> Floats:
        """Return an array for the outputs of so many samples."""
        return np.empty((samples, *self._architecture.output_shape), np.float32)

    def _device_data(self, data: Data) -> Handle:
        """Return the samples as Julia sees them; what goes to a GPU goes there once."""
        if id(data) not in self._data:
            arrays = [None if x is None else _rowmajor(x) for x in (data.images, data.targets, data.weights)]
            found: Handle = self._call("device_data", self._device, *arrays, keep=arrays)
            self._data[id(data)] = data, found
        return self._data[id(data)][1]


def _check_loss(loss: Loss | None) -> None:
    if loss is not None and loss.kind == "custom":
        raise ValueError(
            f"loss {type(loss).__name__} is computed in Python, where engine='flux' does not train; use "
            f"engine='reference', or a loss of pyflux.losses"
        )


def _loss_settings(loss: Loss) -> dict[str, Any]:
    """Return a loss as Julia takes it."""
    return {**loss.config(), "type": loss.kind}


def _rowmajor(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array with its axes reversed, as Julia sees it, from contiguous memory."""
    return np.ascontiguousarray(array).T


def _transposed(arrays: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
    return [np.ascontiguousarray(array, np.float32).T for array in arrays]


def _size(batch_size: int, samples: Any) -> int:
    """Return a batch size that a Julia integer can hold: no larger than the samples."""
    return max(1, min(batch_size, len(samples)))
