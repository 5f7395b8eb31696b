"""Arguments that name a thing or are one: ``"he_normal"``, ``HeNormal`` or ``HeNormal(seed=1)``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from . import validation
from .config import from_config

T = TypeVar("T")


def snake_case(name: str) -> str:
    """Return the name of a class as Keras writes it for functions and names of layers.

    >>> snake_case("MaxPooling2D"), snake_case("HeNormal")
    ('max_pooling2d', 'he_normal')
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def lookup(argument: str, value: Any, base: type[T], classes: Mapping[str, type[T]]) -> T:
    """Return ``value`` if it is of the kind ``base``; else make what it names, with default arguments.

    Args:
        argument: Name of the argument, for errors.
        value: An object, a class, a class's name or that name in snake case, or a description.
        base: What every object derives from.
        classes: The classes by name.

    Raises:
        TypeError: It is none of these.
        ValueError: No class has that name; the error suggests the nearest.
    """
    if isinstance(value, base):
        return value
    if isinstance(value, type) and issubclass(value, base):
        return value()
    if isinstance(value, Mapping):
        return from_config(argument, classes, value)
    if not isinstance(value, str):
        raise TypeError(
            f"{argument} must be a name such as {snake_case(next(iter(classes)))!r} or an object such as "
            f"{next(iter(classes))}(…), got {value!r}"
        )
    names = {snake_case(name): cls for name, cls in classes.items()}
    if value in classes:
        return classes[value]()
    return names[validation.choice(argument, value, names)]()
