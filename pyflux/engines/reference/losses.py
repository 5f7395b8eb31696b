"""The losses: that of each sample, and its gradient for the outputs or logits it is computed from.

Each is a function ``(loss, outputs, targets)`` of outputs ``(N, outputs)`` that returns both, ``(N,)`` and
``(N, outputs)``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...activations import sigmoid
from ...inputs import Targets
from ...losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Huber,
    Loss,
    MeanAbsoluteError,
    MeanSquaredError,
    SparseCategoricalCrossentropy,
)

Array = NDArray[Any]


def categorical(loss: Loss, logits: Array, targets: Array) -> tuple[Array, Array]:
    """Cross-entropy of ``softmax(logits)``."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -(targets * log_p).sum(axis=1), np.exp(log_p) * targets.sum(axis=1, keepdims=True) - targets


def sparse_categorical(loss: Loss, logits: Array, labels: Array) -> tuple[Array, Array]:
    """The same for class numbers ``(N,)``."""
    return categorical(loss, logits, np.eye(logits.shape[1], dtype=logits.dtype)[labels])


def binary(loss: Loss, logits: Array, targets: Array) -> tuple[Array, Array]:
    """Cross-entropy of ``sigmoid(logits)``, averaged over outputs."""
    losses = np.maximum(logits, 0) - logits * targets + np.log1p(np.exp(-np.abs(logits)))
    return losses.mean(axis=1), (sigmoid(logits) - targets) / logits.shape[1]


def squared(loss: Loss, outputs: Array, targets: Array) -> tuple[Array, Array]:
    """Squared difference, averaged over outputs."""
    difference = outputs - targets
    return (difference**2).mean(axis=1), 2 * difference / outputs.shape[1]


def absolute(loss: Loss, outputs: Array, targets: Array) -> tuple[Array, Array]:
    """Absolute difference, averaged over outputs; where it is 0, so is its gradient."""
    difference = outputs - targets
    return np.abs(difference).mean(axis=1), np.sign(difference) / outputs.shape[1]


def huber(loss: Huber, outputs: Array, targets: Array) -> tuple[Array, Array]:
    """Half the squared difference up to ``delta``, linear beyond, averaged over outputs."""
    difference = outputs - targets
    clipped = np.clip(difference, -loss.delta, loss.delta)
    return (clipped * (difference - clipped / 2)).mean(axis=1), clipped / outputs.shape[1]


def custom(loss: Loss, outputs: Array, targets: Array) -> tuple[Array, Array]:
    """A loss of the user's own, which has both itself."""
    losses, gradient = loss.call(targets, outputs), loss.gradient(targets, outputs)
    for method, array, shape in (
        ("call", losses, outputs.shape[:1]),
        ("gradient", gradient, outputs.shape),
    ):
        if np.shape(array) != shape:
            raise ValueError(
                f"{type(loss).__name__}.{method}() must return an array of shape {shape} for outputs of "
                f"shape {outputs.shape}, got {np.shape(array)}"
            )
    return np.asarray(losses, outputs.dtype), np.asarray(gradient, outputs.dtype)


LOSSES: dict[type[Loss], Callable[[Any, Array, Array], tuple[Array, Array]]] = {
    BinaryCrossentropy: binary,
    CategoricalCrossentropy: categorical,
    Huber: huber,
    MeanAbsoluteError: absolute,
    MeanSquaredError: squared,
    SparseCategoricalCrossentropy: sparse_categorical,
}


def loss_and_gradient(
    loss: Loss, outputs: Array, targets: Targets, weights: Array | None
) -> tuple[float, Array]:
    """Return the loss summed over samples, and the gradient of its mean for the outputs."""
    losses, d = LOSSES.get(type(loss), custom)(loss, outputs, targets)
    if weights is not None:
        losses, d = losses * weights, d * weights[:, None]
    return float(losses.sum(dtype=np.float64)), d / len(losses)
