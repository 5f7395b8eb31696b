"""The protocol that every engine keeps, and the values that cross it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from .._internal import validation
from ..inputs import Floats, Images, Targets
from ..losses import Loss
from ..optimizers import Optimizer

ENGINES = ("flux", "reference")
PRECISIONS = ("float32", "tf32")


class ExecutionConfig(NamedTuple):
    """Where a network computes, and how exactly.

    Attributes:
        device: ``"auto"``, ``"cpu"``, ``"gpu"`` or ``"gpu:1"``, counted from 0.
        precision: ``"float32"``, or ``"tf32"`` on an NVIDIA GPU.
        distributed: Whether the processes that mpiexec started train together.
    """

    device: str = "auto"
    precision: str = "float32"
    distributed: bool = False

    def changed(
        self, device: str | None = None, precision: str | None = None, distributed: bool | None = None
    ) -> ExecutionConfig:
        """Return the place with what is given, checked, in place of its own.

        >>> ExecutionConfig().changed(device="gpu:1").device
        'gpu:1'
        """
        return ExecutionConfig(
            self.device if device is None else validation.device(device),
            self.precision if precision is None else validation.choice("precision", precision, PRECISIONS),
            self.distributed if distributed is None else bool(distributed),
        )


DEFAULT_EXECUTION = ExecutionConfig()


class EvaluationResult(NamedTuple):
    """What an engine saw of some samples: the sum of their losses, and the outputs ``(N, *output_shape)``."""

    loss: float
    outputs: Floats


class OptimizerState(NamedTuple):
    """What an optimizer remembers: steps taken, and for each slot an array for each weight it trains."""

    iterations: int
    slots: dict[str, list[Floats]]


class Data(NamedTuple):
    """Samples to train on or to measure.

    Attributes:
        images: The samples, or what the frozen layers made of them.
        targets: Class numbers ``(N,)`` int32, or what the outputs should be ``(N, outputs)`` float32.
        weights: A factor for each sample's loss, or None.
        features: Whether ``images`` are what the frozen layers made.
    """

    images: Images
    targets: Targets
    weights: Floats | None = None
    features: bool = False


class Network(Protocol):
    """A network in an engine. Weights and gradients are lists in Keras's order and layout."""

    engine: str
    steps: int  # how many steps training has taken
    seed: int  # the one that all processes have, where several train together
    rank: int  # this process's number among them; 0 where it is alone

    def weights(self) -> list[Floats]:
        """Return copies of the weights."""

    def set_weights(self, weights: Sequence[Floats]) -> None:
        """Replace the weights."""

    def predict(self, images: Images, batch_size: int) -> Floats:
        """Return the network's outputs, ``(N, *output_shape)``."""

    def features(self, images: Images, batch_size: int) -> Floats:
        """Return what the frozen layers at the beginning make of images."""

    def compile(self, optimizer: Optimizer, loss: Loss, fast: bool = True) -> None:
        """Make ready to train what is trainable now; the optimizer starts with nothing remembered.

        ``fast`` is whether the engine's own kernels are used where it has some.
        """

    def train(
        self, data: Data, order: NDArray[np.int64], batch_size: int, rates: Sequence[float]
    ) -> EvaluationResult:
        """Train on the samples that ``order`` names, in its order, one step for each batch.

        ``rates`` has a learning rate for each step. The loss and the outputs are those seen on the way, each
        batch before its step.
        """

    def evaluate(self, data: Data, batch_size: int) -> EvaluationResult:
        """Return the loss and the outputs without training."""

    def gradients(self, data: Data) -> tuple[float, list[Floats]]:
        """Return the mean loss over all samples and its gradient for every weight that is trained."""

    def optimizer_state(self) -> OptimizerState:
        """Return copies of what the optimizer remembers."""

    def set_optimizer_state(self, state: OptimizerState) -> None:
        """Replace what the optimizer remembers."""

    def release(self) -> None:
        """Let go of the data that was lent for a training or a measurement: it may change from now on."""

    def versions(self) -> dict[str, str]:
        """Return the versions of what computes, such as ``{"julia": …, "flux": …}``."""
