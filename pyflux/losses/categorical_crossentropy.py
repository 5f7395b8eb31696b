"""`CategoricalCrossentropy`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from .._internal import validation
from .._internal.configurable import fixed
from ..inputs import Targets
from .base import Array, Loss, as_outputs, paired, smoothed
from .binary_crossentropy import EPSILON


def categorical_crossentropy(
    y_true: ArrayLike, y_pred: ArrayLike, from_logits: bool = False, label_smoothing: float = 0.0
) -> Array:
    """Return the cross-entropy of one-hot targets and outputs over the last axis, in nats.

    Args:
        y_true: Targets ``(N, classes)``, which sum to 1 for each sample.
        y_pred: Probabilities ``(N, classes)``, or with ``from_logits`` what goes into the softmax.
        from_logits: Which of the two.
        label_smoothing: The fraction of each target that is spread evenly over all classes.

    >>> categorical_crossentropy([[0, 1, 0]], [[0.25, 0.5, 0.25]])
    array([0.69314718])
    """
    targets, outputs = paired(y_true, y_pred)
    if label_smoothing:
        targets = targets * (1 - label_smoothing) + label_smoothing / targets.shape[-1]
    losses: Array = -(targets * log_probabilities(outputs, from_logits)).sum(axis=-1)
    return losses


def log_probabilities(y_pred: ArrayLike, from_logits: bool) -> Array:
    """Return the logarithms of the probabilities of all classes, for logits or probabilities."""
    outputs = as_outputs(y_pred)
    if from_logits:
        shifted = outputs - outputs.max(axis=-1, keepdims=True)
        logs: Array = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
        return logs
    p = outputs / outputs.sum(axis=-1, keepdims=True)
    clipped: Array = np.log(np.clip(p, EPSILON, 1 - EPSILON))
    return clipped


@dataclass(frozen=True, repr=False)
class CategoricalCrossentropy(Loss):
    """Cross-entropy of one-hot targets ``(N, classes)`` and outputs, averaged over samples, in nats.

    A network that ends in softmax is trained on the input of its softmax, where the loss is exact even for
    probabilities of 0.

    Args:
        from_logits: False for a network that ends in softmax, True for one that ends in no activation.
        label_smoothing: The fraction of each target that is spread evenly over all classes, from 0 to 1.
        axis: Only -1: the classes are along the last axis.
        reduction: See `Loss`.
        name: Accepted as in Keras.
        dtype: See `Loss`.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: An argument is out of range or not supported.

    >>> CategoricalCrossentropy(label_smoothing=0.1)
    CategoricalCrossentropy(label_smoothing=0.1)
    """

    kind: ClassVar[str] = "categorical"
    activation: ClassVar[str] = "softmax"

    from_logits: bool = False
    label_smoothing: float = 0.0
    axis: int = fixed(-1, "the classes are along the last axis; leave it out")
    name: str | None = field(default="categorical_crossentropy", kw_only=True, compare=False)

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
        return categorical_crossentropy(y_true, y_pred, self.from_logits, self.label_smoothing)

    def smooth(self, targets: Targets) -> Targets:
        """Return targets ``(N, classes)`` with the label smoothing."""
        return smoothed(targets, self.label_smoothing, targets.shape[-1])
