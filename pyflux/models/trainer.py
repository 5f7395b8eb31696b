"""The work of `fit`: data checked and split, epochs in stretches, means that run along."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._internal import validation
from ..architecture import Architecture
from ..engines import Data, Network
from ..inputs import Floats, as_sample_weights, as_samples
from .compile_config import CompileConfig
from .progress import Progress

# An epoch is about this many calls of the engine: between two of them the bar moves and Ctrl-C acts.
STRETCHES = 8


def labelled(
    architecture: Architecture,
    compiled: CompileConfig,
    x: ArrayLike,
    y: ArrayLike,
    names: tuple[str, str] = ("x", "y"),
) -> Data:
    """Return samples and targets as engines get them."""
    images = as_samples(names[0], x, architecture.input_shape)
    return Data(images, compiled.targets(names[1], y, architecture, len(images), names[0]))


def weighted(
    data: Data, sample_weight: ArrayLike | None, class_weight: Mapping[int, float] | None, classes: int
) -> Data:
    """Return the data with a factor for each sample's loss, where one was asked for."""
    weights: Floats | None = None
    if sample_weight is not None:
        weights = as_sample_weights(sample_weight, len(data.images))
    if class_weight is not None:
        labels = data.targets if data.targets.ndim == 1 else data.targets.argmax(axis=1)
        factors = class_factors(class_weight, classes)[labels]
        weights = factors if weights is None else weights * factors
    return data._replace(weights=weights)


def class_factors(class_weight: Mapping[int, float], classes: int) -> Floats:
    """Return the factor of each class; those that are not named have 1.

    >>> class_factors({1: 3.0}, classes=3)
    array([1., 3., 1.], dtype=float32)
    """
    factors = np.ones(classes, np.float32)
    for label, factor in class_weight.items():
        if not 0 <= validation.as_int("class_weight", label, minimum=0) < classes:
            raise ValueError(f"class_weight names class {label}, but the network has {classes} classes")
        factors[label] = validation.as_float("class_weight", factor)
    if factors.min() < 0:
        raise ValueError(f"class_weight must be at least 0, got {factors.min():g}")
    return factors


def split(data: Data, fraction: float) -> tuple[Data, Data | None]:
    """Return the data to train on, and the end of it that is held back."""
    held = int(len(data.images) * validation.fraction("validation_split", fraction))
    if fraction and not held:
        raise ValueError(
            f"validation_split={fraction} of {len(data.images)} samples is none at all; give a larger "
            f"fraction or more samples"
        )
    cut = len(data.images) - held
    return part(data, slice(0, cut)), part(data, slice(cut, None)) if held else None


def part(data: Data, samples: slice) -> Data:
    """Return some of the data, without a copy."""
    weights = None if data.weights is None else data.weights[samples]
    return Data(data.images[samples], data.targets[samples], weights, data.features)


@dataclass
class Means:
    """The mean loss and metrics of all samples so far."""

    samples: int = 0
    sums: dict[str, float] = field(default_factory=dict)

    def add(self, samples: int, means: Mapping[str, float]) -> None:
        """Add what was measured on some samples."""
        self.samples += samples
        for name, value in means.items():
            self.sums[name] = self.sums.get(name, 0.0) + value * samples

    def logs(self) -> dict[str, float]:
        """Return the means."""
        return {name: total / self.samples for name, total in self.sums.items()}


def train_epoch(
    network: Network,
    data: Data,
    order: NDArray[np.int64],
    batch_size: int,
    first_step: int,
    compiled: CompileConfig,
    progress: Progress,
) -> dict[str, float]:
    """Train one epoch, in stretches of whole batches, and return its means."""
    batches = -(-len(order) // batch_size)
    rates = [compiled.optimizer.rate(first_step + i) for i in range(batches)]
    stretch = -(-batches // STRETCHES)
    means = Means()
    for first in range(0, batches, stretch):
        samples = order[first * batch_size : (first + stretch) * batch_size]
        seen = network.train(data, samples, batch_size, rates[first : first + stretch])
        metrics = compiled.measure(data.targets[samples], seen.outputs)
        means.add(len(samples), {"loss": seen.loss / len(samples), **metrics})
        progress.advance(len(samples), means.logs())
    return means.logs()


def measure(network: Network, data: Data, batch_size: int, compiled: CompileConfig) -> dict[str, float]:
    """Return the loss and the metrics without training."""
    seen = network.evaluate(data, batch_size)
    return {"loss": seen.loss / len(data.images), **compiled.measure(data.targets, seen.outputs)}
