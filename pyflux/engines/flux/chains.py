"""Flux Chains that were built in Julia, read as networks in Keras's words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...architecture import Architecture, from_config
from ...errors import EngineError
from ...inputs import Floats
from . import julia
from .julia import CallFailed


def read(chain: Any, input_shape: Sequence[int]) -> tuple[Architecture, list[Floats]]:
    """Return the network of a ``Chain`` and copies of its weights, in Keras's order and layout.

    Args:
        chain: A juliacall object.
        input_shape: Shape of one sample, without the batch.

    Raises:
        EngineError: The chain has a layer that Keras has no word for.
    """
    bridge = julia.start()
    try:
        config = bridge.call("description", chain, list(input_shape))
        architecture = from_config(config)
        weights = [np.empty(spec.shape, np.float32) for spec in architecture.weights]
        bridge.call("weights", chain, [array.T for array in weights])
    except CallFailed as e:
        raise EngineError(f"Flux failed while reading the Chain: {e}") from e.__cause__
    return architecture, weights
