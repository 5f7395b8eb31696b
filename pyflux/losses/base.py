"""What every loss has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._internal.configurable import Configurable, fixed
from ..architecture import Architecture
from ..inputs import Floats, Targets

Array = NDArray[Any]


@dataclass(frozen=True, repr=False)
class Loss(Configurable):
    """The base of all losses. A loss is a description; each engine has its own arithmetic.

    Called with targets and outputs it returns the mean loss. A loss of your own is a subclass with two
    methods on NumPy arrays, ``call(y_true, y_pred)``, the loss of each sample ``(N,)``, and
    ``gradient(y_true, y_pred)``, its derivative with respect to each output, in the shape of ``y_pred``; if
    it has arguments, also ``get_config()``. It can train with ``engine="reference"``. To load a model that
    was compiled with it, import the class first.

    Args:
        name: Accepted as in Keras.
        reduction: Only ``"sum_over_batch_size"``: the mean over the samples.
        dtype: Not supported: None.

    Attributes:
        kind: What engines compute: ``"categorical"``, ``"binary"``, ``"squared"``, ``"absolute"``,
            ``"huber"``, or ``"custom"`` for a subclass of your own.
        activation: The activation that the network must end in; empty for any.
        sparse: Whether targets are class numbers.

    >>> class Quartic(Loss):
    ...     def call(self, y_true, y_pred):
    ...         return ((y_pred - y_true) ** 4).mean(axis=-1)
    ...
    ...     def gradient(self, y_true, y_pred):
    ...         return 4 * (y_pred - y_true) ** 3 / y_pred.shape[-1]
    >>> Quartic()([[0.0], [2.0]], [[1.0], [2.0]])
    0.5
    """

    kind: ClassVar[str] = "custom"
    activation: ClassVar[str] = ""
    sparse: ClassVar[bool] = False
    subclasses: ClassVar[dict[str, type[Loss]]] = {}  # by name, for `from_config`

    name: str | None = field(default=None, kw_only=True, compare=False)
    reduction: str = fixed("sum_over_batch_size", "the loss is the mean over the samples; leave it out")
    dtype: str | None = fixed(None, "the loss is computed in float32; leave it out")

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        Loss.subclasses[cls.__name__] = cls

    def __post_init__(self) -> None:
        self.check_fixed()

    def __call__(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Return the mean loss over the samples.

        Args:
            y_true: Targets ``(N, outputs)``, or class numbers ``(N,)``.
            y_pred: Outputs ``(N, outputs)``.
            sample_weight: A factor for each sample's loss, ``(N,)``.

        Raises:
            ValueError: The shapes do not go together.
        """
        outputs = as_outputs(y_pred)
        losses = self.call(np.asarray(y_true), outputs)
        if sample_weight is not None:
            weights = np.asarray(sample_weight, losses.dtype)
            if weights.shape not in (losses.shape, (*losses.shape, 1)):
                raise ValueError(
                    f"sample_weight must have the shape {losses.shape}, one factor for each sample, got "
                    f"{weights.shape}"
                )
            losses = losses * weights.reshape(losses.shape)
        return float(losses.mean())

    def call(self, y_true: Array, y_pred: Array) -> Array:
        """Return the loss of each sample, ``(N,)``.

        Args:
            y_true: Targets ``(N, outputs)``, or class numbers ``(N,)``.
            y_pred: Outputs ``(N, outputs)``.
        """
        raise NotImplementedError(f"{type(self).__name__} must have a method call(self, y_true, y_pred)")

    def gradient(self, y_true: Array, y_pred: Array) -> Array:
        """Return the derivative of each sample's loss with respect to its outputs, ``(N, outputs)``.

        Losses of pyflux do not have it here: their gradients are part of each engine.
        """
        raise NotImplementedError(
            f"{type(self).__name__} must have a method gradient(self, y_true, y_pred) to train with: the "
            f"derivative of each sample's loss with respect to its outputs"
        )

    def smooth(self, targets: Targets) -> Targets:
        """Return targets ``(N, outputs)`` with the loss's label smoothing, if it has any."""
        return targets

    @property
    def head(self) -> str:
        """The activation at the network's end that the loss includes: it is computed from its input.

        A cross-entropy is exact only there. Empty for none.
        """
        return "" if getattr(self, "from_logits", False) else self.activation

    def check(self, architecture: Architecture) -> None:
        """Raise ``ValueError`` if the network's output does not go with this loss."""
        name = type(self).__name__
        if len(architecture.output_shape) != 1:
            raise ValueError(
                f"{name} needs a network with one row of outputs per sample, but its output shape is "
                f"{architecture.output_shape}; end it with Flatten() and Dense(…)"
            )
        if not self.activation:
            return
        last = architecture.last_activation
        if self.head and last != self.head:
            raise ValueError(
                f"{name}(from_logits=False) needs a network that ends in {self.head}, but it ends in {last}; "
                + (
                    f"add activation={self.head!r} to the last layer, or use {name}(from_logits=True)"
                    if last == "linear"
                    else f"give the last layer activation={self.head!r}"
                )
            )
        if not self.head and last != "linear":
            raise ValueError(
                f"{name}(from_logits=True) needs a network without a last activation, but it ends in {last}; "
                + (
                    "use from_logits=False, or remove the last activation"
                    if last == self.activation
                    else "remove the last activation"
                )
            )


def as_outputs(y_pred: ArrayLike) -> Array:
    """Return outputs as an array of floats: float64 if they are, else float32."""
    outputs = np.asarray(y_pred)
    return outputs if outputs.dtype == np.float64 else outputs.astype(np.float32, copy=False)


def paired(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Array, Array]:
    """Return targets and outputs as float arrays of one shape; an axis of length 1 may be missing at the end.

    Raises:
        ValueError: Their shapes differ.
    """
    outputs = as_outputs(y_pred)
    targets = np.asarray(y_true, outputs.dtype)
    if targets.shape == outputs.shape[:-1] and outputs.shape[-1:] == (1,):
        targets = targets[..., None]
    elif outputs.shape == targets.shape[:-1] and targets.shape[-1:] == (1,):
        outputs = outputs[..., None]
    if targets.shape != outputs.shape:
        raise ValueError(f"y_true and y_pred must have one shape, got {targets.shape} and {outputs.shape}")
    return targets, outputs


def smoothed(targets: Targets, smoothing: float, classes: int) -> Targets:
    """Return targets of which the fraction ``smoothing`` is spread evenly over the classes."""
    if not smoothing:
        return targets
    columns: Floats = targets.astype(np.float32, copy=False)
    share = np.float32(smoothing)
    return columns * (1 - share) + share / np.float32(classes)
