"""The validated arguments of `compile`: optimizer, loss and metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from numpy.typing import ArrayLike

from .. import losses, metrics, optimizers
from ..architecture import Architecture
from ..inputs import Targets, as_columns, as_labels
from ..losses import Loss
from ..metrics import Metric
from ..optimizers import Optimizer
from ..optimizers.schedules import LearningRateSchedule

MetricLike: TypeAlias = str | Metric | Callable[..., Any]


@dataclass(frozen=True)
class CompileConfig:
    """How a model is trained, and what is measured.

    Attributes:
        optimizer: How gradients change the weights.
        loss: What training minimizes.
        metrics: What is measured beside the loss: names, objects of `pyflux.metrics`, or functions.
        fast: Whether the Flux engine uses its own CPU kernels where it has some.
        trainable: For each weight whether it was trainable when the model was compiled; None before the
            model knows its input's shape.
    """

    optimizer: Optimizer
    loss: Loss
    metrics: tuple[MetricLike, ...] = ()
    fast: bool = True
    trainable: tuple[bool, ...] | None = None

    def check(self, architecture: Architecture) -> CompileConfig:
        """Return the same for a network whose trainable weights are noted.

        Raises:
            ValueError: The loss or a metric does not fit the network.
        """
        self.loss.check(architecture)
        architecture.without(self.loss.head)
        self.new_metrics(architecture)
        return replace(self, trainable=tuple(architecture.trainable))

    def check_trainable(self, architecture: Architecture) -> None:
        """Raise ``ValueError`` if layers were frozen or unfrozen since the model was compiled."""
        changed = [
            weight.name
            for weight, before in zip(architecture.weights, self.trainable or (), strict=True)
            if weight.trainable != before
        ]
        if changed:
            raise ValueError(
                f"trainable was changed since compile() for {len(changed)} weights, first {changed[0]!r}; "
                f"call compile() again"
            )

    def unchecked(self) -> CompileConfig:
        """Return the same for a network that was changed, which `check` has not seen."""
        return replace(self, trainable=None)

    def new_metrics(self, architecture: Architecture) -> list[Metric]:
        """Return the metrics, each with nothing counted yet."""
        return metrics.resolve(self.metrics, loss=self.loss, output_shape=architecture.output_shape)

    def targets(
        self, argument: str, value: ArrayLike, architecture: Architecture, samples: int, samples_name: str
    ) -> Targets:
        """Return labels ``(N,)`` int32 or target values ``(N, outputs)`` float32.

        Args:
            argument: Name of the argument, for errors.
            value: What came in.
            architecture: The network.
            samples: How many there must be.
            samples_name: Name of the argument that they belong to.
        """
        outputs = architecture.output_shape[0]
        if self.loss.sparse:
            return as_labels(argument, value, outputs, samples, samples_name)
        unit = self.loss.kind in ("categorical", "binary")
        return as_columns(argument, value, outputs, samples, samples_name, unit=unit)

    def with_rate(self, learning_rate: float | LearningRateSchedule) -> CompileConfig:
        """Return the same with another learning rate."""
        return replace(self, optimizer=replace(self.optimizer, learning_rate=learning_rate))

    def config(self) -> dict[str, Any]:
        """Return the description as plain data; metrics that are functions of the user's are left out."""
        return {
            "optimizer": self.optimizer.config(),
            "loss": self.loss.config(),
            "metrics": [
                metric.config() if isinstance(metric, Metric) else metric
                for metric in self.metrics
                if isinstance(metric, (str, Metric))
            ],
            "fast": self.fast,
        }


def make(
    optimizer: str | Optimizer,
    loss: str | Loss,
    metrics_: Sequence[MetricLike] | MetricLike | None,
    fast: bool,
) -> CompileConfig:
    """Return the arguments of `compile`, validated as far as they can be without a network."""
    if isinstance(metrics_, (str, Metric)) or (metrics_ is not None and not isinstance(metrics_, Sequence)):
        metrics_ = [metrics_]
    return CompileConfig(optimizers.get(optimizer), losses.get(loss), tuple(metrics_ or ()), bool(fast))


def from_config(config: Mapping[str, Any]) -> CompileConfig:
    """Make one from what its ``config`` gave."""
    return CompileConfig(
        optimizers.from_config(config["optimizer"]),
        losses.from_config(config["loss"]),
        tuple(m if isinstance(m, str) else metrics.from_config(m) for m in config["metrics"]),
        bool(config.get("fast", True)),
    )
