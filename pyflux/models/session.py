"""A model's network in its engine, kept in step with the weights of its layers."""

from __future__ import annotations

from collections.abc import Sequence

from .. import engines
from ..architecture import Architecture
from ..engines import ExecutionConfig, Network, OptimizerState
from ..variables import Variable
from .compile_config import CompileConfig

# Values of this size and more are not kept in Python while an engine has them.
LARGE = 1 << 20


class Session:
    """A network in an engine, and which version of every weight it has.

    It is a `Source` of variables: after a training step the engine alone has the new values, and they are
    fetched when somebody reads them.

    Args:
        architecture: The network.
        engine: Name of the engine.
        execution: Device, precision and parallelism.
        seed: Decides dropout and augmentation.
        compile_config: How it is trained; None for a network that is only asked.
        optimizer_state: What the optimizer remembers; None for a new one.
    """

    def __init__(
        self,
        architecture: Architecture,
        engine: str,
        execution: ExecutionConfig,
        seed: int,
        compile_config: CompileConfig | None,
        optimizer_state: OptimizerState | None,
    ) -> None:
        self._variables: Sequence[Variable] = architecture.variables
        values = [variable.read() for variable in self._variables]
        self.network: Network = engines.build(engine, architecture, values, seed, execution)
        self._note_versions()
        if compile_config is not None:
            self.compile(compile_config)
        if optimizer_state is not None:
            self.network.set_optimizer_state(optimizer_state)
        for variable, value in zip(self._variables, values, strict=True):
            if value.nbytes >= LARGE:
                variable.moved_to(self)

    def compile(self, config: CompileConfig) -> None:
        """Get ready to train; the optimizer starts anew."""
        self.network.compile(config.optimizer, config.loss, config.fast)

    def push(self) -> Network:
        """Give the network the weights that were changed elsewhere, and return it."""
        if sum(variable.version for variable in self._variables) != self._versions:
            self.network.set_weights([variable.read() for variable in self._variables])
            self._note_versions()
        return self.network

    def pull(self) -> None:
        """Give the variables whose values only the network has their values."""
        for variable, value in zip(self._variables, self.network.weights(), strict=True):
            variable.supply(self, value)

    def trained(self, changed: Sequence[int]) -> None:
        """Note that training has changed the weights with these indices."""
        for i in changed:
            self._variables[i].changed_at(self)
        self._note_versions()

    def _note_versions(self) -> None:
        # Versions only grow, so that their sum tells any change.
        self._versions = sum(variable.version for variable in self._variables)
