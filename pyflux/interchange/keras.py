"""Weights to and from Keras: the same lists of arrays, as Keras's layout is pyflux's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ..inputs import Floats

if TYPE_CHECKING:
    from ..models import Sequential


def to_keras(model: Sequential) -> list[Floats]:
    """Return a model's weights as the list that ``set_weights`` of the same model in Keras takes.

    Args:
        model: A model that knows the shape of its samples.

    Returns:
        float32 arrays, layer by layer, in Keras's order and layout.

    Raises:
        ValueError: The shape of its samples is not known.

    >>> from pyflux import networks
    >>> [w.shape for w in to_keras(networks.flux_mnist())]
    [(3, 3, 1, 16), (16,), (3, 3, 16, 32), (32,), (800, 10), (10,)]
    """
    return model.get_weights()


def from_keras(model: Sequential, weights_: Sequence[ArrayLike]) -> None:
    """Set a model's weights from what ``get_weights`` of the same model in Keras gives.

    Args:
        model: A model that knows the shape of its samples.
        weights_: Arrays, layer by layer, in Keras's order and layout.

    Raises:
        TypeError: ``weights_`` is no list of arrays of numbers.
        ValueError: Their number, a shape or a value does not fit; the error names the first array.

    >>> from pyflux import networks
    >>> from_keras(networks.flux_mnist(), to_keras(networks.keras_mnist()))
    Traceback (most recent call last):
    ...
    ValueError: weights_: array 0 has shape (3, 3, 1, 32), but conv2d/kernel, whose place it is, wants ...
    """
    if isinstance(weights_, (Mapping, str, bytes)):
        raise TypeError(
            f"weights_ must be the list that get_weights() gives, got {type(weights_).__name__}; "
            f"arrays under names fit with match_weights"
        )
    given = list(weights_)
    wanted = model.require_architecture("from_keras()").weight_shapes
    for i, (array, (name, shape)) in enumerate(zip(given, wanted.items(), strict=False)):
        if np.shape(array) != shape:
            raise ValueError(
                f"weights_: array {i} has shape {np.shape(array)}, but {name}, whose place it is, wants "
                f"{shape}; give the weights of the same network"
            )
    model.set_weights(given)
