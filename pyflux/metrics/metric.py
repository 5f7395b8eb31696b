"""The base of all metrics."""

from __future__ import annotations

import copy
import inspect
import re
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..losses import Loss

DTYPES = ("float16", "bfloat16", "float32", "float64")
Result = float | NDArray[np.float64]


class Metric:
    """A number about predictions that is accumulated batch by batch.

    A subclass implements ``update_state``, ``result`` and ``reset_state`` on NumPy arrays, and its
    ``__init__`` stores each argument under the argument's name. Sums are kept in double precision.

    Args:
        dtype: None or the name of a floating-point type. Accepted for compatibility with Keras, without
            effect.
        name: Name in the logs; the class's name in snake case by default.

    Attributes:
        direction: ``"up"`` if higher is better, ``"down"`` if lower is, None if unknown. Callbacks with
            ``mode="auto"`` use it.

    >>> class Samples(Metric):
    ...     def __init__(self, name="samples"):
    ...         super().__init__(name=name)
    ...         self.reset_state()
    ...     def update_state(self, y_true, y_pred, sample_weight=None):
    ...         self.count += len(y_true)
    ...     def result(self):
    ...         return float(self.count)
    ...     def reset_state(self):
    ...         self.count = 0
    >>> metric = Samples()
    >>> metric.update_state([0, 1], [0.2, 0.7])
    >>> metric([1], [0.5])
    3.0
    """

    direction: ClassVar[str | None] = None

    def __init__(self, dtype: str | None = None, name: str | None = None) -> None:
        if dtype is not None and str(np.dtype(dtype) if isinstance(dtype, type) else dtype) not in DTYPES:
            raise ValueError(f"dtype must be None or one of {', '.join(DTYPES)}, got {dtype!r}")
        if name is not None and not isinstance(name, str):
            raise TypeError(f"name must be a string, got {name!r}")
        self.dtype = dtype
        self.name = name or snake_case(type(self).__name__)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"

    def __call__(
        self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Result:
        """Update the state, and return the result so far."""
        self.update_state(y_true, y_pred, sample_weight)
        return self.result()

    def update_state(
        self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> None:
        """Add some samples.

        Args:
            y_true: Targets: labels ``(N,)``, or ``(N, outputs)``.
            y_pred: What the network gave, ``(N, outputs)``.
            sample_weight: A weight for each sample, ``(N,)``.
        """
        raise NotImplementedError(f"{type(self).__name__} must implement update_state(y_true, y_pred, …)")

    def result(self) -> Result:
        """Return the value over all samples since the last reset."""
        raise NotImplementedError(f"{type(self).__name__} must implement result()")

    def reset_state(self) -> None:
        """Discard all samples."""
        raise NotImplementedError(f"{type(self).__name__} must implement reset_state()")

    def get_state(self) -> dict[str, Any]:
        """Return what was accumulated, for a training that is resumed: all numbers and arrays."""
        return {
            name: v for name, v in vars(self).items() if isinstance(v, int | float | np.ndarray | np.generic)
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Continue with what `get_state` returned."""
        for name in self.get_state():
            setattr(self, name, state[name])

    def check(self, loss: Loss | None, output_shape: tuple[int, ...]) -> None:
        """Raise ``ValueError`` if the metric does not fit the targets of this loss or outputs of this shape.

        Args:
            loss: The loss that the network is compiled with.
            output_shape: Shape of one sample's output.
        """

    def copy(self) -> Self:
        """Return a new metric with the same arguments and no samples."""
        other = copy.deepcopy(self)
        other.reset_state()
        return other

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make the same metric.

        Raises:
            NotImplementedError: An argument of a subclass is not kept as an attribute.
        """
        names = [
            name
            for name, parameter in inspect.signature(type(self)).parameters.items()
            if name != "dtype" and parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
        ]
        try:
            return {name: getattr(self, name) for name in names}
        except AttributeError as e:
            raise NotImplementedError(
                f"{type(self).__name__} keeps no attribute {e.name!r}; set self.{e.name} in __init__, or "
                f"override get_config()"
            ) from e

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Make a metric from what `get_config` returned."""
        return cls(**config)

    def config(self) -> dict[str, Any]:
        """Return the metric as plain data, with its class as ``type``."""
        return {"type": type(self).__name__, **self.get_config()}


def snake_case(name: str) -> str:
    """Return the name of a class or a function in snake case.

    >>> snake_case("SparseTopKCategoricalAccuracy"), snake_case("AUC")
    ('sparse_top_k_categorical_accuracy', 'auc')
    """
    words = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", words).lower()
