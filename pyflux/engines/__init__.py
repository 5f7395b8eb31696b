"""The engines: what computes. Each has the same few methods, so that one can check the other.

``flux`` trains in Flux.jl; ``reference`` is the same arithmetic in plain NumPy, written
to be read. An engine is chosen by name, and nothing falls back from one to the other in silence.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from .. import checks
from ..architecture import Architecture
from ..arrays import Floats, Images, Targets
from ..losses import Loss
from ..optimizers import Optimizer

ENGINES = ("flux", "reference")
PRECISIONS = ("float32", "tf32")


class Place(NamedTuple):
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
    ) -> Place:
        """Return the place with what is given, checked, in place of its own.

        >>> Place().changed(device="gpu:1").device
        'gpu:1'
        """
        return Place(
            self.device if device is None else checks.device(device),
            self.precision if precision is None else checks.choice("precision", precision, PRECISIONS),
            self.distributed if distributed is None else bool(distributed),
        )


ANYWHERE = Place()


class Seen(NamedTuple):
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

    def train(self, data: Data, order: NDArray[np.int64], batch_size: int, rates: Sequence[float]) -> Seen:
        """Train on the samples that ``order`` names, in its order, one step for each batch.

        ``rates`` has a learning rate for each step. The loss and the outputs are those seen on the way, each
        batch before its step.
        """

    def evaluate(self, data: Data, batch_size: int) -> Seen:
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


def check(engine: str, place: Place) -> None:
    """Raise ``ValueError`` if an engine cannot compute at a place whatever the machine has."""
    if engine == "reference" and place not in (Place("auto"), Place("cpu")):
        raise ValueError(
            f"engine='reference' computes on the CPU, in float32 and in one process, got "
            f"device={place.device!r}, precision={place.precision!r}, distributed={place.distributed}; "
            f"take engine='flux'"
        )


def build(
    engine: str,
    architecture: Architecture,
    weights: Sequence[Floats],
    seed: int = 0,
    place: Place = ANYWHERE,
) -> Network:
    """Return the network in the engine of that name.

    Args:
        engine: One of `ENGINES`.
        architecture: The network.
        weights: One array for each of ``architecture.weight_shapes``.
        seed: Decides dropout and augmentation.
        place: Where it computes.

    Raises:
        ValueError: There is no engine of that name, or it cannot compute at that place.
        EngineUnavailable: The engine cannot be started, or there is no such device; the message says why.
    """
    check(checks.choice("engine", engine, ENGINES), place)
    # Imported here, so that naming the engines does not start them.
    if engine == "reference":
        from . import reference

        return reference.Network(architecture, weights, seed)
    from . import flux

    return flux.Network(architecture, weights, seed, place)


def start(engine: str, place: Place = ANYWHERE) -> None:
    """Start what an engine runs on, which `build` would do later; Julia takes seconds.

    Raises:
        EngineUnavailable: The engine cannot be started; the message says why.
    """
    if engine == "flux":
        from . import julia

        julia.prepare(place.device)
        julia.start()


def abort_others() -> None:
    """End the other processes of a distributed training, if there are any: this one has failed."""
    flux = sys.modules.get("pyflux.engines.flux")
    if flux is not None:
        flux.abort_others()
