"""The protocol that every engine keeps, and the values that cross it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from .._internal import validation
from ..architecture import Architecture
from ..inputs import Floats, Images, Targets
from ..losses import Loss
from ..optimizers import Optimizer

ENGINES = ("flux", "reference")
PRECISIONS = ("float32", "tf32")


class ExecutionConfig(NamedTuple):
    """Device, precision and parallelism of a network.

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
        """Return the same with the given settings, validated, in place of its own.

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
    """Losses and outputs of some samples.

    Attributes:
        loss: The samples' losses, summed, with the penalties of the regularizers for each sample.
        outputs: The network's outputs, ``(N, *output_shape)``.
    """

    loss: float
    outputs: Floats


class OptimizerState(NamedTuple):
    """An optimizer's state: how many steps it has taken, and its slots.

    Attributes:
        iterations: Steps taken.
        slots: For each slot, such as Adam's ``"m"`` and ``"v"``, an array for each trainable weight.
    """

    iterations: int
    slots: dict[str, list[Floats]]


class Data(NamedTuple):
    """Samples to train on or to evaluate.

    Attributes:
        images: The samples ``(N, *input_shape)``, or the outputs of the frozen layers.
        targets: Labels ``(N,)`` int32, or target values ``(N, outputs)`` float32.
        weights: A factor for each sample's loss ``(N,)``, or None.
        features: Whether ``images`` are outputs of the frozen layers.
    """

    images: Images
    targets: Targets
    weights: Floats | None = None
    features: bool = False


class Network(Protocol):
    """A network in an engine. Weights and gradients are lists in Keras's order and layout.

    Attributes:
        engine: The engine's name.
        steps: How many steps the optimizer has taken.
        seed: Decides dropout and augmentation; processes that train together have the same.
        rank: The index of this process among those that train together; 0 where it is alone.
    """

    engine: str
    steps: int
    seed: int
    rank: int

    def weights(self) -> list[Floats]:
        """Return copies of the weights."""

    def set_weights(self, weights: Sequence[Floats]) -> None:
        """Replace the weights."""

    def predict(self, images: Images, batch_size: int) -> Floats:
        """Return the network's outputs, ``(N, *output_shape)``."""

    def features(self, images: Images, batch_size: int) -> Floats:
        """Return the outputs of the frozen layers at the beginning of the network."""

    def compile(self, optimizer: Optimizer, loss: Loss, fast: bool = True) -> None:
        """Get ready to train the weights that are trainable now; the optimizer starts anew.

        ``fast`` is whether the engine uses its own kernels where it has some.
        """

    def train(
        self, data: Data, order: NDArray[np.int64], batch_size: int, rates: Sequence[float]
    ) -> EvaluationResult:
        """Train on the samples with the indices ``order``, in its order, one step per batch.

        ``rates`` has a learning rate for each step. The loss and the outputs are those of each batch before
        its step.
        """

    def evaluate(self, data: Data, batch_size: int) -> EvaluationResult:
        """Return the losses and the outputs without training."""

    def gradients(self, data: Data) -> tuple[float, list[Floats]]:
        """Return the mean loss over all samples and its gradient for every trainable weight."""

    def input_gradients(self, data: Data, batch_size: int, loss: Loss | None) -> Floats:
        """Return a gradient for each sample, ``(N, *input_shape)``, computed as in prediction.

        It is that of the sample's loss; where ``loss`` is None, of its output number ``data.targets``, before
        the `score_head`. Images of bytes count as the floats that the network makes of them.
        """

    def optimizer_state(self) -> OptimizerState:
        """Return copies of the optimizer's state."""

    def set_optimizer_state(self, state: OptimizerState) -> None:
        """Replace the optimizer's state."""

    def release(self) -> None:
        """Let go of the data of earlier calls, which may be changed from now on."""

    def versions(self) -> dict[str, str]:
        """Return the versions of what computes, such as ``{"julia": …, "flux": …}``."""


def score_head(architecture: Architecture) -> str:
    """Return the function at a network's end that turns scores into probabilities; empty for none.

    >>> from pyflux.layers import Dense
    >>> score_head(Architecture((Dense(3, activation="softmax"),), (5,)))
    'softmax'
    """
    return architecture.last_activation if architecture.last_activation in ("softmax", "sigmoid") else ""
