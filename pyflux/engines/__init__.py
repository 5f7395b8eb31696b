"""The engines: what computes. Each has the same few methods, so that one can check the other.

``flux`` trains in Flux.jl; ``reference`` is the same arithmetic in plain NumPy, written
to be read. An engine is chosen by name, and nothing falls back from one to the other in silence.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from .._internal import validation
from ..architecture import Architecture
from ..inputs import Floats
from .base import (
    DEFAULT_EXECUTION,
    ENGINES,
    PRECISIONS,
    Data,
    EvaluationResult,
    ExecutionConfig,
    Network,
    OptimizerState,
    score_head,
)

__all__ = [
    "DEFAULT_EXECUTION",
    "ENGINES",
    "PRECISIONS",
    "Data",
    "EvaluationResult",
    "ExecutionConfig",
    "Network",
    "OptimizerState",
    "abort_others",
    "build",
    "check",
    "score_head",
    "start",
]


def check(engine: str, execution: ExecutionConfig) -> None:
    """Raise ``ValueError`` if an engine cannot compute with these settings on any machine."""
    if engine == "reference" and execution not in (ExecutionConfig("auto"), ExecutionConfig("cpu")):
        raise ValueError(
            f"engine='reference' computes on the CPU, in float32 and in one process, got "
            f"device={execution.device!r}, precision={execution.precision!r}, "
            f"distributed={execution.distributed}; use engine='flux'"
        )


def build(
    engine: str,
    architecture: Architecture,
    weights: Sequence[Floats],
    seed: int = 0,
    execution: ExecutionConfig = DEFAULT_EXECUTION,
) -> Network:
    """Return the network in the engine of that name.

    Args:
        engine: One of `ENGINES`.
        architecture: The network.
        weights: One array for each of ``architecture.weight_shapes``.
        seed: Decides dropout and augmentation.
        execution: Device, precision and parallelism.

    Raises:
        ValueError: There is no engine of that name, or it cannot compute with these settings.
        EngineUnavailable: The engine cannot be started, or there is no such device; the message says why.
    """
    check(validation.choice("engine", engine, ENGINES), execution)
    # Imported here, so that naming the engines does not start them.
    if engine == "reference":
        from .reference import network as reference

        return reference.Network(architecture, weights, seed)
    from .flux import network as flux

    return flux.Network(architecture, weights, seed, execution)


def start(engine: str, execution: ExecutionConfig = DEFAULT_EXECUTION) -> None:
    """Start what an engine runs on, which `build` would do later; Julia takes seconds.

    Raises:
        EngineUnavailable: The engine cannot be started; the message says why.
    """
    if engine == "flux":
        from .flux import julia

        julia.prepare(execution.device)
        julia.start()


def abort_others() -> None:
    """End the other processes of a distributed training, if there are any: this one has failed."""
    flux = sys.modules.get("pyflux.engines.flux.devices")
    if flux is not None:
        flux.abort_others()
