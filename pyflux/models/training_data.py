"""Samples, targets and weights as `fit` and `evaluate` take them, checked and split."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._internal import validation
from ..architecture import Architecture
from ..engines import Data
from ..inputs import Floats, Images, Targets, as_sample_weights, as_samples
from .compile_config import CompileConfig


@dataclass(frozen=True)
class LabelledData:
    """Checked samples with what their outputs are compared with.

    Attributes:
        images: The samples ``(N, *input_shape)``, or what the frozen layers made of them.
        y_true: Labels ``(N,)`` int32, or target values ``(N, outputs)`` float32, as the metrics see them.
        targets: The same as the loss sees them, with its label smoothing.
        weights: A factor for each sample's loss, ``(N,)``, or None.
        features: Whether ``images`` are outputs of the frozen layers.
    """

    images: Images
    y_true: Targets
    targets: Targets
    weights: Floats | None = None
    features: bool = False

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, samples: slice) -> LabelledData:
        """Return some of the samples, without a copy."""
        weights = None if self.weights is None else self.weights[samples]
        return LabelledData(
            self.images[samples], self.y_true[samples], self.targets[samples], weights, self.features
        )

    def with_features(self, features: Floats) -> LabelledData:
        """Return the same with the outputs of the frozen layers in place of the samples."""
        return replace(self, images=features, features=True)

    @cached_property
    def data(self) -> Data:
        """The form in which engines take it: the same object each time, so that an engine can keep it."""
        return Data(self.images, self.targets, self.weights, self.features)


def labelled(
    architecture: Architecture,
    config: CompileConfig,
    x: ArrayLike,
    y: ArrayLike,
    sample_weight: ArrayLike | None = None,
    names: tuple[str, str] = ("x", "y"),
) -> LabelledData:
    """Return samples, targets and weights, checked.

    Args:
        architecture: The network.
        config: How the model was compiled.
        x: Samples.
        y: Labels or target values.
        sample_weight: A factor for each sample's loss.
        names: Names of the first two arguments, for errors.
    """
    images = as_samples(names[0], x, architecture.input_shape, scales_bytes=architecture.scales_bytes)
    y_true = config.targets(names[1], y, architecture, len(images), names[0])
    weights = None if sample_weight is None else as_sample_weights(sample_weight, len(images))
    return LabelledData(images, y_true, config.loss.smooth(y_true), weights)


def with_class_weights(data: LabelledData, class_weight: Mapping[int, float], outputs: int) -> LabelledData:
    """Return the data with each sample's loss weighted by its class.

    Args:
        data: The data.
        class_weight: A factor from 0 for each class; 1 where none is given.
        outputs: Number of the network's outputs; one output stands for the classes 0 and 1.
    """
    y = data.y_true
    if y.ndim == 2 and outputs == 1:
        labels = (y[:, 0] > 0.5).astype(np.int64)
    else:
        labels = y.astype(np.int64) if y.ndim == 1 else y.argmax(axis=1)
    factors = class_factors(class_weight, max(outputs, 2))[labels]
    return replace(data, weights=factors if data.weights is None else data.weights * factors)


def class_factors(class_weight: Mapping[int, float], classes: int) -> Floats:
    """Return the factor of each class; 1 for those that are not named.

    >>> class_factors({1: 3.0}, classes=3)
    array([1., 3., 1.], dtype=float32)
    """
    if not isinstance(class_weight, Mapping):
        raise TypeError(
            f"class_weight must be a dictionary such as {{0: 1.0, 1: 5.0}} that maps classes to factors, "
            f"got {class_weight!r}"
        )
    factors = np.ones(classes, np.float32)
    for label, factor in class_weight.items():
        # Labels that are floats, as np.unique gives them, are whole numbers all the same.
        whole = int(label) if isinstance(label, (float, np.floating)) and float(label).is_integer() else label
        index = validation.as_int("each key of class_weight, the number of a class,", whole, minimum=0)
        if index >= classes:
            raise ValueError(f"class_weight names class {label}, but the network has {classes} classes")
        factors[index] = validation.as_float(f"class_weight[{label}]", factor, at_least=0)
    return factors


def split(data: LabelledData, fraction: float) -> tuple[LabelledData, LabelledData | None]:
    """Return the data to train on, and the end of it for validation.

    The number trained on is ``floor(N * (1 - fraction))``, as in Keras.
    """
    if not validation.fraction("validation_split", fraction):
        return data, None
    cut = math.floor(len(data) * (1 - fraction))
    if not 0 < cut < len(data):
        which = "trained on" if cut == 0 else "validated"
        raise ValueError(
            f"validation_split={fraction} of {len(data)} samples leaves none to be {which}; give another "
            f"fraction or more samples"
        )
    return data[:cut], data[cut:]


def validation_arguments(given: Any) -> tuple[Any, Any, Any]:
    """Return ``validation_data`` as samples, targets and weights."""
    if not isinstance(given, (tuple, list)) or len(given) not in (2, 3):
        raise TypeError(
            f"validation_data must be (x_val, y_val) or (x_val, y_val, sample_weight), "
            f"got {type(given).__name__}"
            + (f" of {len(given)} items" if isinstance(given, (tuple, list)) else "")
        )
    x, y, *rest = given
    return x, y, rest[0] if rest else None
