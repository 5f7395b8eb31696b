"""What the outputs of a network stand for, and the probabilities of classes that they give."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..activations import sigmoid
from ..architecture import Architecture
from .base import Loss, as_outputs

OutputKind = Literal["probabilities", "binary", "logits", "binary logits", "values"]


def output_kind(architecture: Architecture, loss: Loss | None) -> OutputKind:
    """Return what a network's outputs are.

    Args:
        architecture: The network.
        loss: What it is trained with, where that is known: a loss with ``from_logits=True`` says that the
            outputs are logits.

    Returns:
        ``"probabilities"`` of the classes; ``"binary"``, the probability of the second class of two; the
        ``"logits"`` of either; or ``"values"`` that stand for no classes.

    >>> from pyflux.layers import Dense
    >>> output_kind(Architecture((Dense(3, activation="softmax"),), (5,)), None)
    'probabilities'
    """
    last, one = architecture.last_activation, architecture.output_shape == (1,)
    if last == "softmax":
        return "probabilities"
    if last == "sigmoid" and one:
        return "binary"
    if not getattr(loss, "from_logits", False):
        return "values"
    if one:
        return "binary logits" if loss is not None and loss.kind == "binary" else "values"
    return "logits"


def as_probabilities(kind: OutputKind, outputs: ArrayLike) -> NDArray[np.floating]:
    """Return the probability of each class, ``(N, classes)``, from a network's outputs.

    Args:
        kind: What the outputs are, as `output_kind` says.
        outputs: ``(N, outputs)``.

    Raises:
        ValueError: They stand for no classes.

    >>> as_probabilities("binary", [[0.25]])
    array([[0.75, 0.25]])
    """
    y = as_outputs(outputs)
    if kind == "values":
        raise ValueError(
            "the model must give probabilities of classes: end it in softmax, or in sigmoid for two classes, "
            "or compile it with a cross-entropy of from_logits=True"
        )
    if kind == "logits":
        exponentials = np.exp(y - y.max(axis=-1, keepdims=True))
        return np.asarray(exponentials / exponentials.sum(axis=-1, keepdims=True))
    if kind == "probabilities":
        return y
    second = sigmoid(y) if kind == "binary logits" else y
    return np.concatenate([1 - second, second], axis=-1)
