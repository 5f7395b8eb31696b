"""What `compile` was told: how outputs are compared with targets, and what weights do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .. import losses, optimizers
from .._internal import validation
from ..architecture import Architecture
from ..inputs import Floats, Targets, as_columns, as_labels
from ..losses import CategoricalCrossentropy, Loss
from ..metrics import TopKCategoricalAccuracy, accuracy, binary_accuracy, top_k_accuracy
from ..optimizers import Optimizer

METRICS = {
    "accuracy": "accuracy",
    "acc": "accuracy",
    "top_k_categorical_accuracy": "top_k_categorical_accuracy",
    "sparse_top_k_categorical_accuracy": "top_k_categorical_accuracy",
}


@dataclass(frozen=True)
class CompileConfig:
    """An optimizer, a loss, and the metrics to show."""

    optimizer: Optimizer
    loss: Loss
    metrics: tuple[str, ...]
    k: int = 5  # of the top-k accuracy
    fast: bool = True  # whether the engine's own kernels are used where it has some

    def check(self, architecture: Architecture) -> None:
        """Raise ``ValueError`` if the loss or a metric does not go with the network."""
        self.loss.check(architecture)
        if self.metrics and self.loss.kind == "squared":
            raise ValueError(
                f"metrics {list(self.metrics)} do not go with mean_squared_error; leave them away"
            )
        if "top_k_categorical_accuracy" in self.metrics and self.k > architecture.output_shape[0]:
            raise ValueError(f"k must be at most the {architecture.output_shape[0]} classes, got {self.k}")

    def targets(
        self, argument: str, value: ArrayLike, architecture: Architecture, samples: int, samples_name: str
    ) -> Targets:
        """Return labels or target values as engines get them."""
        outputs = architecture.output_shape[0]
        if self.loss.sparse:
            return as_labels(argument, value, outputs, samples, samples_name)
        unit = self.loss.kind != "squared"
        columns = as_columns(argument, value, outputs, samples, samples_name, unit=unit)
        smoothing = self.loss.label_smoothing if isinstance(self.loss, CategoricalCrossentropy) else 0.0
        return columns * np.float32(1 - smoothing) + np.float32(smoothing / outputs) if smoothing else columns

    def measure(self, targets: Targets, outputs: Floats) -> dict[str, float]:
        """Return the metrics of some samples."""
        return {name: self._measure(name, targets, outputs) for name in self.metrics}

    def with_rate(self, learning_rate: float) -> CompileConfig:
        """Return the same with another learning rate."""
        return replace(self, optimizer=replace(self.optimizer, learning_rate=learning_rate))

    def config(self) -> dict[str, Any]:
        """Return the description as plain data."""
        return {
            "optimizer": self.optimizer.config(),
            "loss": self.loss.config(),
            "metrics": list(self.metrics),
            "k": self.k,
            "fast": self.fast,
        }

    def _measure(self, name: str, targets: Targets, outputs: Floats) -> float:
        if self.loss.kind == "binary":
            return binary_accuracy((targets > 0.5).astype(int).ravel(), outputs.ravel())
        labels = targets if targets.ndim == 1 else targets.argmax(axis=1)
        if name == "accuracy":
            return accuracy(labels, outputs)
        return top_k_accuracy(labels, outputs, self.k)


def make(
    optimizer: str | Optimizer, loss: str | Loss, metrics: Sequence[str | TopKCategoricalAccuracy], fast: bool
) -> CompileConfig:
    """Return what `compile` was told, checked."""
    if isinstance(metrics, str):
        raise TypeError(f"metrics must be a list, got {metrics!r}; write metrics=[{metrics!r}]")
    names, k = [], 5
    for metric in metrics:
        if isinstance(metric, TopKCategoricalAccuracy):
            k = metric.k
            names.append(metric.name)
        else:
            names.append(METRICS[validation.choice("metrics", metric, METRICS)])
    return CompileConfig(optimizers.get(optimizer), losses.get(loss), tuple(names), k, fast)


def from_config(config: Mapping[str, Any]) -> CompileConfig:
    """Make one from what its ``config`` gave."""
    return CompileConfig(
        optimizers.from_config(config["optimizer"]),
        losses.from_config(config["loss"]),
        tuple(config["metrics"]),
        config.get("k", 5),
        config.get("fast", True),
    )
