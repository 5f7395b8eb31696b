"""`SparseCategoricalCrossentropy`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from .._internal import validation
from .._internal.configurable import fixed
from ..inputs import as_labels
from .base import Array, Loss
from .categorical_crossentropy import log_probabilities


def sparse_categorical_crossentropy(y_true: ArrayLike, y_pred: ArrayLike, from_logits: bool = False) -> Array:
    """Return the cross-entropy of class numbers and outputs over the last axis, in nats.

    Args:
        y_true: Class numbers ``(N,)``, integers from 0.
        y_pred: Probabilities ``(N, classes)``, or with ``from_logits`` what goes into the softmax.
        from_logits: Which of the two.

    Raises:
        TypeError: ``y_true`` is not integers.
        ValueError: There is a class number that is not less than ``classes``, or the shapes do not fit.

    >>> sparse_categorical_crossentropy([1], [[0.25, 0.5, 0.25]])
    array([0.69314718])
    """
    logs = log_probabilities(y_pred, from_logits)
    labels = as_labels("y_true", y_true, logs.shape[-1], len(logs), "y_pred")
    losses: Array = -logs[np.arange(len(logs)), labels]
    return losses


@dataclass(frozen=True, repr=False)
class SparseCategoricalCrossentropy(Loss):
    """Cross-entropy of class numbers ``(N,)`` and outputs, averaged over samples, in nats.

    It is `CategoricalCrossentropy` for labels that are integers from 0.

    Args:
        from_logits: False for a network that ends in softmax, True for one that ends in no activation.
        ignore_class: Not supported: None. Give these samples ``sample_weight`` 0 instead.
        axis: Only -1: the classes are along the last axis.
        reduction: See `Loss`.
        name: Accepted as in Keras.
        dtype: See `Loss`.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: An argument is not supported.

    >>> round(SparseCategoricalCrossentropy(from_logits=True)([0, 1], [[1.0, 1.0], [1.0, 1.0]]), 6)
    0.693147
    """

    kind: ClassVar[str] = "categorical"
    activation: ClassVar[str] = "softmax"
    sparse: ClassVar[bool] = True

    from_logits: bool = False
    ignore_class: int | None = fixed(None, "give the samples of that class sample_weight=0 in fit() instead")
    axis: int = fixed(-1, "the classes are along the last axis; leave it out")
    name: str | None = field(default="sparse_categorical_crossentropy", kw_only=True, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set(from_logits=validation.as_bool("from_logits", self.from_logits))

    def call(self, y_true: Array, y_pred: Array) -> Array:
        """Return the loss of each sample, ``(N,)``."""
        return sparse_categorical_crossentropy(y_true, y_pred, self.from_logits)
