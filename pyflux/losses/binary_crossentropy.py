"""`BinaryCrossentropy`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from .._internal import validation
from .._internal.configurable import fixed
from ..inputs import Targets
from .base import Array, Loss, paired, smoothed

# Keras's: probabilities are kept this far from 0 and 1 before their logarithm is taken.
EPSILON = 1e-7


def binary_crossentropy(
    y_true: ArrayLike, y_pred: ArrayLike, from_logits: bool = False, label_smoothing: float = 0.0
) -> Array:
    """Return the cross-entropy of targets in [0, 1] and outputs, averaged over the last axis, in nats.

    Args:
        y_true: Targets.
        y_pred: Probabilities of class 1, or with ``from_logits`` what goes into the sigmoid.
        from_logits: Which of the two.
        label_smoothing: The fraction of each target that is spread evenly over both classes.

    >>> binary_crossentropy([[1.0, 0.0]], [[0.5, 0.5]])
    array([0.69314718])
    """
    targets, outputs = paired(y_true, y_pred)
    if label_smoothing:
        targets = targets * (1 - label_smoothing) + label_smoothing / 2
    if from_logits:
        losses = np.maximum(outputs, 0) - outputs * targets + np.log1p(np.exp(-np.abs(outputs)))
    else:
        p = np.clip(outputs, EPSILON, 1 - EPSILON)
        losses = -(targets * np.log(p) + (1 - targets) * np.log1p(-p))
    means: Array = losses.mean(axis=-1)
    return means


@dataclass(frozen=True, repr=False)
class BinaryCrossentropy(Loss):
    """Cross-entropy for yes or no: targets ``(N,)`` or ``(N, outputs)`` from 0 to 1, in nats.

    It is averaged over outputs and samples. A network that ends in sigmoid is trained on the input of its
    sigmoid, where the loss is exact.

    Args:
        from_logits: False for a network that ends in sigmoid, True for one that ends in no activation.
        label_smoothing: The fraction of each target that is spread evenly over both classes, from 0 to 1.
        axis: Only -1: the outputs are along the last axis.
        reduction: See `Loss`.
        name: Accepted as in Keras.
        dtype: See `Loss`.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: An argument is out of range or not supported.

    >>> round(BinaryCrossentropy()([[1.0], [0.0]], [[0.75], [0.75]]), 6)
    0.836988
    """

    kind: ClassVar[str] = "binary"
    activation: ClassVar[str] = "sigmoid"

    from_logits: bool = False
    label_smoothing: float = 0.0
    axis: int = fixed(-1, "the outputs are along the last axis; leave it out")
    name: str | None = field(default="binary_crossentropy", kw_only=True, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set(
            from_logits=validation.as_bool("from_logits", self.from_logits),
            label_smoothing=validation.as_float(
                "label_smoothing", self.label_smoothing, at_least=0, at_most=1
            ),
        )

    def call(self, y_true: Array, y_pred: Array) -> Array:
        """Return the loss of each sample, ``(N,)``."""
        return binary_crossentropy(y_true, y_pred, self.from_logits, self.label_smoothing)

    def smooth(self, targets: Targets) -> Targets:
        """Return targets ``(N, outputs)`` with the label smoothing."""
        return smoothed(targets, self.label_smoothing, 2)
