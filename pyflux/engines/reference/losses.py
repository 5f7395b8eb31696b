"""The losses: that of each sample, and its gradient for the outputs or logits it is computed from."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...activations import sigmoid
from ...inputs import Targets

Array = NDArray[Any]


def categorical(logits: Array, targets: Array) -> tuple[Array, Array]:
    """Cross-entropy of ``softmax(logits)``."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -(targets * log_p).sum(axis=1), np.exp(log_p) * targets.sum(axis=1, keepdims=True) - targets


def binary(logits: Array, targets: Array) -> tuple[Array, Array]:
    """Cross-entropy of ``sigmoid(logits)``, averaged over outputs."""
    losses = np.maximum(logits, 0) - logits * targets + np.log1p(np.exp(-np.abs(logits)))
    return losses.mean(axis=1), (sigmoid(logits) - targets) / logits.shape[1]


def squared(outputs: Array, targets: Array) -> tuple[Array, Array]:
    """Squared difference, averaged over outputs."""
    difference = outputs - targets
    return (difference**2).mean(axis=1), 2 * difference / outputs.shape[1]


LOSSES = {"categorical": categorical, "binary": binary, "squared": squared}


def loss_and_gradient(
    kind: str, outputs: Array, targets: Targets, weights: Array | None
) -> tuple[float, Array]:
    """Return the loss summed over samples, and the gradient of its mean for the outputs."""
    if targets.ndim == 1:
        targets = np.eye(outputs.shape[1], dtype=outputs.dtype)[targets]
    losses, d = LOSSES[kind](outputs, targets)
    if weights is not None:
        losses, d = losses * weights, d * weights[:, None]
    return float(losses.sum(dtype=np.float64)), d / len(losses)
