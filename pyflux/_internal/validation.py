"""The rules for arguments that hold everywhere, each with its one home.

An error says which argument, what came, what was expected, and what to do next.
"""

from __future__ import annotations

import difflib
import math
import operator
import re
from collections.abc import Iterable
from typing import Any


def as_int(argument: str, value: Any, *, minimum: int = 1) -> int:
    """Return ``value`` as an int, refusing what is no whole number or is below ``minimum``.

    >>> as_int("epochs", 3)
    3
    """
    try:
        number = operator.index(value)
    except TypeError as e:
        raise TypeError(f"{argument} must be a whole number, got {value!r}") from e
    if isinstance(value, bool):
        raise TypeError(f"{argument} must be a whole number, got {value!r}")
    if number < minimum:
        raise ValueError(f"{argument} must be at least {minimum}, got {number}")
    return number


def as_float(argument: str, value: Any, *, above: float | None = None, below: float | None = None) -> float:
    """Return ``value`` as a finite float, strictly between ``above`` and ``below`` where they are given.

    >>> as_float("learning_rate", 0.1, above=0)
    0.1
    """
    if isinstance(value, (str, bytes, bool)):
        raise TypeError(f"{argument} must be a number, got {value!r}")
    try:
        number = float(value)
    except (TypeError, ValueError) as e:
        raise TypeError(f"{argument} must be a number, got {value!r}") from e
    if not math.isfinite(number):
        raise ValueError(f"{argument} must be finite, got {number}")
    if above is not None and number <= above:
        raise ValueError(f"{argument} must be greater than {above:g}, got {number:g}")
    if below is not None and number >= below:
        raise ValueError(f"{argument} must be less than {below:g}, got {number:g}")
    return number


def device(value: Any) -> str:
    """Return the name of a device, refusing what is none.

    >>> device("gpu:1")
    'gpu:1'
    """
    if not isinstance(value, str) or not re.fullmatch(r"auto|cpu|gpu(:\d+)?", value):
        raise ValueError(
            f"device must be 'auto', 'cpu', 'gpu' or a numbered GPU such as 'gpu:1', got {value!r}"
        )
    return value


def fraction(argument: str, value: Any) -> float:
    """Return ``value`` as a float in [0, 1).

    >>> fraction("rate", 0.5)
    0.5
    """
    number = as_float(argument, value)
    if not 0 <= number < 1:
        raise ValueError(f"{argument} must be in [0, 1), got {number:g}")
    return number


def pair(argument: str, value: Any) -> tuple[int, int]:
    """Return ``value``, one whole number or two, as a (height, width) pair.

    >>> pair("kernel_size", 3)
    (3, 3)
    """
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes)):
        items = tuple(value)
        if len(items) != 2:
            raise ValueError(f"{argument} must be one whole number or two (height, width), got {value!r}")
        return as_int(argument, items[0]), as_int(argument, items[1])
    return as_int(argument, value), as_int(argument, value)


def choice(argument: str, value: Any, known: Iterable[str]) -> str:
    """Return ``value`` if it is one of ``known``; the error suggests the nearest known name.

    >>> choice("padding", "same", ["valid", "same"])
    'same'
    """
    names = list(known)
    if isinstance(value, str) and value in names:
        return value
    if not isinstance(value, str):
        raise TypeError(f"{argument} must be one of {', '.join(map(repr, names))}, got {value!r}")
    raise ValueError(f"{argument} {value!r} is not known{nearest(value, names)}; known: {', '.join(names)}")


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ``', did you mean …?'`` for the known name nearest to ``name``, or an empty string.

    >>> nearest("rellu", ["relu", "tanh"])
    ", did you mean 'relu'?"
    """
    lower = {k.lower(): k for k in known}
    found = difflib.get_close_matches(name.lower(), lower, n=1, cutoff=0.5)
    return f", did you mean {lower[found[0]]!r}?" if found else ""
