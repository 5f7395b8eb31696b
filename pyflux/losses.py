"""The losses: what training makes small. Descriptions only; each engine has the arithmetic."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ._internal import validation
from .architecture import Architecture


@dataclass(frozen=True)
class Loss:
    """What the losses have in common.

    Attributes:
        kind: What an engine computes: ``"categorical"``, ``"binary"`` or ``"squared"``.
        activation: The function that the network must end in; the loss is computed from what goes into it.
        sparse: Whether targets are class numbers.
    """

    kind: ClassVar[str] = ""
    activation: ClassVar[str] = ""
    sparse: ClassVar[bool] = False

    def strips(self) -> str:
        """Return the function that the loss is computed without."""
        return "" if getattr(self, "from_logits", False) else self.activation

    def check(self, architecture: Architecture) -> None:
        """Raise ``ValueError`` if the network's output does not go with this loss."""
        name = type(self).__name__
        if len(architecture.output_shape) != 1:
            raise ValueError(
                f"{name} wants one row of outputs for a sample, but the network gives "
                f"{architecture.output_shape}; end it with Flatten() and Dense(…)"
            )
        if not self.activation:
            return
        wanted = "linear" if getattr(self, "from_logits", False) else self.activation
        if architecture.last_activation != wanted:
            raise ValueError(
                f"{name} wants a network that ends in {wanted}, but it ends in "
                f"{architecture.last_activation}; "
                + (
                    f"leave the last activation away, or from_logits=True with {self.activation}"
                    if wanted == "linear"
                    else f"give the last layer activation={wanted!r}, or none and from_logits=True"
                )
            )

    def config(self) -> dict[str, Any]:
        """Return the description as plain data."""
        return {"type": type(self).__name__, **dataclasses.asdict(self)}


@dataclass(frozen=True)
class CategoricalCrossentropy(Loss):
    """Cross-entropy between one-hot labels ``(N, classes)`` and the outputs, averaged over samples, in nats.

    It is computed from logits, which is exact where probabilities have become 0: a network that ends in
    softmax is trained on what goes into its softmax.

    Args:
        from_logits: False for a network that ends in softmax, True for one that ends in no activation.
        label_smoothing: Share of each label that is spread evenly over all classes, in [0, 1).

    >>> CategoricalCrossentropy(label_smoothing=0.1).label_smoothing
    0.1
    """

    kind: ClassVar[str] = "categorical"
    activation: ClassVar[str] = "softmax"

    from_logits: bool = False
    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        smoothing = validation.fraction("label_smoothing", self.label_smoothing)
        object.__setattr__(self, "label_smoothing", smoothing)


@dataclass(frozen=True)
class SparseCategoricalCrossentropy(Loss):
    """The same for labels that are whole numbers ``(N,)``.

    Args:
        from_logits: False for a network that ends in softmax, True for one that ends in no activation.

    >>> SparseCategoricalCrossentropy(from_logits=True)
    SparseCategoricalCrossentropy(from_logits=True)
    """

    kind: ClassVar[str] = "categorical"
    activation: ClassVar[str] = "softmax"
    sparse: ClassVar[bool] = True

    from_logits: bool = False


@dataclass(frozen=True)
class BinaryCrossentropy(Loss):
    """Cross-entropy of yes and no, ``(N,)`` or ``(N, outputs)`` in 0 … 1, averaged over outputs and samples.

    Args:
        from_logits: False for a network that ends in sigmoid, True for one that ends in no activation.

    >>> BinaryCrossentropy().activation
    'sigmoid'
    """

    kind: ClassVar[str] = "binary"
    activation: ClassVar[str] = "sigmoid"

    from_logits: bool = False


@dataclass(frozen=True)
class MeanSquaredError(Loss):
    """Squared difference between targets ``(N,)`` or ``(N, outputs)`` and outputs, averaged over both.

    >>> MeanSquaredError().kind
    'squared'
    """

    kind: ClassVar[str] = "squared"


LOSSES: dict[str, type[Loss]] = {
    "sparse_categorical_crossentropy": SparseCategoricalCrossentropy,
    "categorical_crossentropy": CategoricalCrossentropy,
    "binary_crossentropy": BinaryCrossentropy,
    "mean_squared_error": MeanSquaredError,
    "mse": MeanSquaredError,
}


def get(value: str | Loss) -> Loss:
    """Return the loss for a name, or ``value`` if it is one.

    >>> get("sparse_categorical_crossentropy")
    SparseCategoricalCrossentropy(from_logits=False)
    """
    return value if isinstance(value, Loss) else LOSSES[validation.choice("loss", value, LOSSES)]()


def from_config(config: Mapping[str, Any]) -> Loss:
    """Make a loss from what its ``config`` gave."""
    values = dict(config)
    kinds = {kind.__name__: kind for kind in LOSSES.values()}
    return kinds[validation.choice("loss", values.pop("type", None), kinds)](**values)
