"""The engines: what computes. Each has the same few methods, so that one can check the other.

``flux`` trains in Flux.jl through juliacall; ``reference`` is the same arithmetic in plain NumPy, written
to be read. An engine is chosen by name, and nothing falls back from one to the other in silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from .. import checks
from ..architecture import Architecture
from ..arrays import Floats, Images, Labels
from ..losses import SparseCategoricalCrossentropy
from ..optimizers import Adam

ENGINES = ("flux", "reference")


class Totals(NamedTuple):
    """Sums over samples: divide by ``samples`` for the mean."""

    loss: float
    correct: int
    samples: int


class OptimizerState(NamedTuple):
    """What an optimizer remembers: steps taken, and for each weight its moments, named as in Adam."""

    iterations: int
    m: list[Floats]
    v: list[Floats]


class Network(Protocol):
    """A network in an engine. Weights and gradients are lists in Keras's order and layout."""

    engine: str

    def weights(self) -> list[Floats]:
        """Return copies of the weights."""

    def set_weights(self, weights: Sequence[Floats]) -> None:
        """Replace the weights."""

    def predict(self, images: Images, batch_size: int) -> Floats:
        """Return the network's outputs, ``(N, *output_shape)``."""

    def compile(self, optimizer: Adam, loss: SparseCategoricalCrossentropy) -> None:
        """Make ready to train; the optimizer starts with nothing remembered."""

    def train(self, images: Images, labels: Labels, order: NDArray[np.int64], batch_size: int) -> Totals:
        """Train on the samples that ``order`` names, in its order, one step for each batch.

        The loss and the hits are those seen on the way, each batch before its step.
        """

    def evaluate(self, images: Images, labels: Labels, batch_size: int) -> Totals:
        """Return the loss and the hits without training."""

    def gradients(self, images: Images, labels: Labels) -> tuple[float, list[Floats]]:
        """Return the mean loss over all samples and its gradient for every weight."""

    def optimizer_state(self) -> OptimizerState:
        """Return copies of what the optimizer remembers."""

    def set_optimizer_state(self, state: OptimizerState) -> None:
        """Replace what the optimizer remembers."""

    def versions(self) -> dict[str, str]:
        """Return the versions of what computes, such as ``{"julia": …, "flux": …}``."""


def build(engine: str, architecture: Architecture, weights: Sequence[Floats]) -> Network:
    """Return the network in the engine of that name.

    Raises:
        ValueError: There is no engine of that name.
        EngineUnavailable: The engine cannot be started here; the message says why.
    """
    checks.choice("engine", engine, ENGINES)
    # Imported here, so that naming the engines does not start them.
    if engine == "reference":
        from . import reference

        return reference.Network(architecture, weights)
    from . import flux

    return flux.Network(architecture, weights)
