"""Initializers: the values that weights start with. Names, arguments and distributions are Keras's.

Give one to a layer by name or as an object: ``Dense(10, kernel_initializer="he_normal")``,
``Conv2D(8, 3, kernel_initializer=HeNormal(seed=1))``. Without a ``seed`` of its own an initializer draws
from the model's seed, so that the same seed gives the same weights, bit for bit, in every engine.

To add one, write its class and name it in `INITIALIZERS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._internal.lookup import lookup
from .constant import Constant, Ones, Zeros
from .initializer import Initializer
from .random import Orthogonal, RandomNormal, RandomUniform, TruncatedNormal
from .variance_scaling import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    VarianceScaling,
)

INITIALIZERS: dict[str, type[Initializer]] = {
    cls.__name__: cls
    for cls in (
        Zeros, Ones, Constant, RandomNormal, RandomUniform, TruncatedNormal, Orthogonal, VarianceScaling,
        GlorotNormal, GlorotUniform, HeNormal, HeUniform, LecunNormal, LecunUniform,
    )
}  # fmt: skip

__all__ = [
    "INITIALIZERS",
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Initializer",
    "InitializerLike",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "Orthogonal",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
    "get",
]

InitializerLike = str | Initializer | type[Initializer] | Mapping[str, Any]


def get(argument: str, value: Any) -> Initializer:
    """Return the initializer that an argument names or is.

    Args:
        argument: Name of the argument, for errors.
        value: An `Initializer`, its class, its name (``"HeNormal"`` or ``"he_normal"``), or what its
            ``config`` gave.

    Raises:
        TypeError: It is none of these.
        ValueError: The name is not known.

    >>> get("kernel_initializer", "he_normal")
    HeNormal(seed=None)
    """
    return lookup(argument, value, Initializer, INITIALIZERS)  # type: ignore[type-abstract]
