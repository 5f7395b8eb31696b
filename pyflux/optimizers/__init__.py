"""The optimizers, and schedules of their learning rates.

Names, arguments and formulas are Keras's; `FluxAdam` is the Adam of Flux and PyTorch. To add an optimizer,
add its class in a file of its own and to `OPTIMIZERS`, and its formula to each engine.
"""

from collections.abc import Mapping
from typing import Any

from .._internal import config as configs
from .._internal import validation
from . import schedules
from .adagrad import Adagrad
from .adam import Adam, AdamW
from .base import Optimizer
from .flux_adam import FluxAdam
from .lion import Lion
from .nadam import Nadam
from .rmsprop import RMSprop
from .sgd import SGD

__all__ = [
    "OPTIMIZERS",
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "FluxAdam",
    "Lion",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "from_config",
    "get",
    "schedules",
]

OPTIMIZERS: dict[str, type[Optimizer]] = {
    kind.__name__: kind for kind in (SGD, Adagrad, Adam, AdamW, FluxAdam, Lion, Nadam, RMSprop)
}


def get(value: Any) -> Optimizer:
    """Return the optimizer of that name with its defaults, or ``value`` if it is one.

    Args:
        value: The name of a class in any case, such as ``"adam"``, or an optimizer.

    Raises:
        TypeError: It is neither.
        ValueError: There is no optimizer of that name.

    >>> get("adam")
    Adam()
    """
    if isinstance(value, Optimizer) and type(value) in OPTIMIZERS.values():
        return value
    if isinstance(value, str):
        return _default(OPTIMIZERS[validation.choice("optimizer", value, OPTIMIZERS, ignore_case=True)])
    is_class = isinstance(value, type) and issubclass(value, Optimizer)
    call = f"; write optimizers.{value.__name__}(…), with parentheses" if is_class else ""
    raise TypeError(
        f"optimizer must be a name such as 'adam' or an object of pyflux.optimizers, got "
        f"{validation.show(value)}{call}"
    )


def from_config(config: Mapping[str, Any]) -> Optimizer:
    """Make an optimizer from what its ``config`` returned.

    Raises:
        TypeError: The type is missing, or an argument is of the wrong type.
        ValueError: There is no such optimizer or argument, or an argument is out of range.

    >>> from_config({"type": "SGD", "learning_rate": 0.1, "momentum": 0.9})
    SGD(learning_rate=0.1, momentum=0.9)
    """
    if isinstance(config, Mapping) and isinstance(config.get("learning_rate"), Mapping):
        config = {**config, "learning_rate": schedules.from_config(config["learning_rate"])}
    return configs.from_config("optimizer", OPTIMIZERS, config)


def _default(kind: Any) -> Optimizer:
    optimizer: Optimizer = kind()
    return optimizer
