"""The losses: what training makes small. Descriptions only; each engine has the arithmetic."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import checks
from .architecture import Architecture


@dataclass(frozen=True)
class SparseCategoricalCrossentropy:
    """Cross-entropy between whole-number labels and the network's outputs, averaged over samples, in nats.

    It is computed from logits, which is exact where probabilities have become 0: a network that ends in
    softmax is trained on what goes into its softmax.

    Args:
        from_logits: False for a network that ends in softmax, True for one that ends in no activation.

    >>> SparseCategoricalCrossentropy(from_logits=True)
    SparseCategoricalCrossentropy(from_logits=True)
    """

    from_logits: bool = False

    def check(self, architecture: Architecture) -> None:
        """Raise ``ValueError`` if the network's output does not go with this loss."""
        if len(architecture.output_shape) != 1:
            raise ValueError(
                f"sparse_categorical_crossentropy wants one output per class, "
                f"but the network gives {architecture.output_shape}; end it with Flatten() and Dense(classes)"
            )
        if architecture.ends_in_softmax == self.from_logits:
            raise ValueError(
                "SparseCategoricalCrossentropy(from_logits=True) wants a network without softmax at its end; "
                "remove the softmax or the from_logits=True"
                if self.from_logits
                else "sparse_categorical_crossentropy wants a network that ends in softmax; give the last "
                "layer activation='softmax', or use SparseCategoricalCrossentropy(from_logits=True)"
            )

    def config(self) -> dict[str, Any]:
        """Return the description as plain data."""
        return {"type": type(self).__name__, **dataclasses.asdict(self)}


LOSSES = {"sparse_categorical_crossentropy": SparseCategoricalCrossentropy}


def get(value: str | SparseCategoricalCrossentropy) -> SparseCategoricalCrossentropy:
    """Return the loss for a name, or ``value`` if it is one.

    >>> get("sparse_categorical_crossentropy")
    SparseCategoricalCrossentropy(from_logits=False)
    """
    if isinstance(value, SparseCategoricalCrossentropy):
        return value
    return LOSSES[checks.choice("loss", value, LOSSES)]()


def from_config(config: Mapping[str, Any]) -> SparseCategoricalCrossentropy:
    """Make a loss from what its ``config`` gave."""
    values = dict(config)
    kinds = {kind.__name__: kind for kind in LOSSES.values()}
    return kinds[checks.choice("loss", values.pop("type", None), kinds)](**values)
