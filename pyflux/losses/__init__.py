"""The losses: what training minimizes.

Names, arguments and values are Keras's. A class is for `compile`; the function of the same name returns the
loss of each sample, for NumPy arrays. To add a loss, add its class in a file of its own and to `LOSSES`, and
its arithmetic to each engine.
"""

from collections.abc import Mapping
from typing import Any

from .._internal import configurable, validation
from .base import Loss
from .binary_crossentropy import BinaryCrossentropy, binary_crossentropy
from .categorical_crossentropy import CategoricalCrossentropy, categorical_crossentropy
from .huber import Huber, huber
from .mean_absolute_error import MeanAbsoluteError, mean_absolute_error
from .mean_squared_error import MeanSquaredError, mean_squared_error
from .sparse_categorical_crossentropy import (
    SparseCategoricalCrossentropy,
    sparse_categorical_crossentropy,
)

__all__ = [
    "LOSSES",
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "Huber",
    "Loss",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "SparseCategoricalCrossentropy",
    "binary_crossentropy",
    "categorical_crossentropy",
    "from_config",
    "get",
    "huber",
    "mean_absolute_error",
    "mean_squared_error",
    "sparse_categorical_crossentropy",
]

LOSSES: dict[str, type[Loss]] = {
    kind.__name__: kind
    for kind in (
        BinaryCrossentropy,
        CategoricalCrossentropy,
        Huber,
        MeanAbsoluteError,
        MeanSquaredError,
        SparseCategoricalCrossentropy,
    )
}

# The functions, which `compile` takes too, and the names that Keras has for them.
FUNCTIONS: dict[Any, type[Loss]] = {
    binary_crossentropy: BinaryCrossentropy,
    categorical_crossentropy: CategoricalCrossentropy,
    huber: Huber,
    mean_absolute_error: MeanAbsoluteError,
    mean_squared_error: MeanSquaredError,
    sparse_categorical_crossentropy: SparseCategoricalCrossentropy,
}
NAMES: dict[str, type[Loss]] = {
    **{function.__name__: kind for function, kind in FUNCTIONS.items()},
    **LOSSES,
    **dict.fromkeys(("BCE", "bce"), BinaryCrossentropy),
    **dict.fromkeys(("MAE", "mae"), MeanAbsoluteError),
    **dict.fromkeys(("MSE", "mse"), MeanSquaredError),
}


def get(value: Any) -> Loss:
    """Return the loss that ``value`` names, or ``value`` itself if it is one.

    Args:
        value: A name such as ``"mse"`` or ``"sparse_categorical_crossentropy"``, a loss, its class, or one of
            the functions of this module.

    Raises:
        TypeError: It is none of these.
        ValueError: There is no loss of that name.

    >>> get("mse"), get(mean_squared_error), get(Huber(2.0))
    (MeanSquaredError(), MeanSquaredError(), Huber(delta=2.0))
    """
    if isinstance(value, Loss):
        return value
    if isinstance(value, type) and issubclass(value, Loss):
        return _default(value)
    if isinstance(value, str):
        return _default(NAMES[validation.choice("loss", value, NAMES)])
    if callable(value) and getattr(value, "__hash__", None) and value in FUNCTIONS:
        return _default(FUNCTIONS[value])
    raise TypeError(
        f"loss must be a name such as 'mse' or an object of pyflux.losses, got {validation.show(value)}"
        + (
            "; for a loss of your own write a subclass of pyflux.losses.Loss with the methods "
            "call(y_true, y_pred) and gradient(y_true, y_pred)"
            if callable(value)
            else ""
        )
    )


def from_config(config: Mapping[str, Any]) -> Loss:
    """Make a loss from what its ``config`` returned.

    Raises:
        TypeError: The type is missing, or an argument is of the wrong type.
        ValueError: There is no such loss or argument, or an argument is out of range.

    >>> from_config({"type": "Huber", "delta": 2.0})
    Huber(delta=2.0)
    """
    return configurable.from_config("loss", LOSSES, Loss.subclasses, config)


def _default(kind: Any) -> Loss:
    loss: Loss = kind()
    return loss
