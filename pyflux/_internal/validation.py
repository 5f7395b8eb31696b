"""Argument validation shared by the whole package.

Every error names the argument, what came and what was expected. A value of the wrong type is a ``TypeError``,
a value outside the allowed range a ``ValueError``. NumPy scalars count as the Python numbers they stand for;
booleans are never numbers.
"""

from __future__ import annotations

import difflib
import math
import operator
import os
import re
import reprlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

MAX_INT = 2**63 - 1  # the largest Int64: sizes, counts and steps are that in Julia
MAX_SEED = 2**64 - 1


# ── Numbers ──────────────────────────────────────────────────────────────────────────────────────────────


def as_int(argument: str, value: Any, *, minimum: int = 1, maximum: int = MAX_INT) -> int:
    """Return ``value`` as an int from ``minimum`` to ``maximum``.

    Raises:
        TypeError: It is no integer: a float, a string or a boolean.
        ValueError: It is out of range.

    >>> as_int("epochs", 3)
    3
    """
    try:
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{argument} must be an integer, got {show(value)}") from None
    if minimum <= number <= maximum:
        return number
    if number < minimum or maximum in (MAX_INT, MAX_SEED):
        limits = f"at least {minimum}" if number < minimum else f"at most {_power(maximum)}"
    else:
        limits = f"from {minimum} to {maximum}"
    raise ValueError(f"{argument} must be {limits}, got {show(number)}")


def as_seed(argument: str, value: Any) -> int:
    """Return ``value`` as a seed: an int from 0 to 2**64 - 1.

    >>> as_seed("seed", 42)
    42
    """
    return as_int(argument, value, minimum=0, maximum=MAX_SEED)


def as_float(
    argument: str,
    value: Any,
    *,
    above: float | None = None,
    below: float | None = None,
    at_least: float | None = None,
    at_most: float | None = None,
) -> float:
    """Return ``value`` as a finite float within limits, ``above`` and ``below`` excluded.

    Raises:
        TypeError: It is no real number: a string, a boolean, a complex number or an array.
        ValueError: It is infinite, not a number, or out of range.

    >>> as_float("learning_rate", 0.1, above=0)
    0.1
    """
    try:
        if isinstance(value, (str, bytes, bool, np.bool_)) or np.ndim(value) > 0:
            raise TypeError
        number = float(value)
    except OverflowError:
        raise ValueError(f"{argument} must be finite as a float, got {show(value)}") from None
    except (TypeError, ValueError):
        raise TypeError(f"{argument} must be a number, got {show(value)}") from None
    if not math.isfinite(number):
        raise ValueError(f"{argument} must be finite, got {number}")
    for limit, allowed, words in (
        (above, above is None or number > above, "greater than"),
        (below, below is None or number < below, "less than"),
        (at_least, at_least is None or number >= at_least, "at least"),
        (at_most, at_most is None or number <= at_most, "at most"),
    ):
        if not allowed:
            raise ValueError(f"{argument} must be {words} {limit:g}, got {number:g}")
    return number


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
    """Return ``value``, one integer or two, as a (height, width) pair.

    >>> pair("kernel_size", 3)
    (3, 3)
    """
    scalar = isinstance(value, (str, bytes, Mapping)) or getattr(value, "ndim", 1) == 0
    if isinstance(value, Iterable) and not scalar:
        items = tuple(value)
        if len(items) != 2:
            raise ValueError(
                f"{argument} must be one integer or two, (height, width), got {len(items)}: {show(value)}"
            )
        return as_int(argument, items[0]), as_int(argument, items[1])
    number = as_int(argument, value)
    return number, number


# ── Everything else ──────────────────────────────────────────────────────────────────────────────────────


def as_bool(argument: str, value: Any) -> bool:
    """Return ``value`` as a bool: True, False, 1 or 0, but no string.

    >>> as_bool("shuffle", np.True_)
    True
    """
    if isinstance(value, (bool, np.bool_)) or (isinstance(value, (int, np.integer)) and value in (0, 1)):
        return bool(value)
    raise TypeError(f"{argument} must be True or False, got {show(value)}")


def as_mapping(argument: str, value: Any, example: str = "{0: 1.0, 1: 2.0}") -> dict[Any, Any]:
    """Return ``value`` as a dict; the error shows ``example``.

    >>> as_mapping("class_weight", {1: 3.0})
    {1: 3.0}
    """
    if not isinstance(value, Mapping):
        raise TypeError(f"{argument} must be a dict such as {example}, got {show(value)}")
    return dict(value)


def choice(argument: str, value: Any, known: Iterable[str], *, ignore_case: bool = False) -> str:
    """Return ``value`` if it is one of ``known``; the error suggests the nearest known name.

    >>> choice("padding", "SAME", ["valid", "same"], ignore_case=True)
    'same'
    """
    names = list(known)
    if not isinstance(value, str):
        raise TypeError(f"{argument} must be one of {', '.join(map(repr, names))}, got {show(value)}")
    if value in names:
        return value
    if ignore_case:
        for name in names:
            if name.lower() == value.lower():
                return name
    raise ValueError(
        f"{argument} {show(value)} is not known{nearest(value, names)}; known: {', '.join(names)}"
    )


def class_names(value: Iterable[Any] | None, classes: int) -> list[str]:
    """Return a name for each class; by default its number.

    >>> class_names(None, 3)
    ['0', '1', '2']
    """
    if value is None:
        return [str(i) for i in range(classes)]
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise TypeError(f"class_names must be a list of names, got {show(value)}")
    names = [str(name) for name in value]
    if len(names) != classes:
        raise ValueError(f"class_names must be one for each of the {classes} classes, got {len(names)}")
    return names


def device(value: Any) -> str:
    """Return the name of a device, refusing what is none.

    >>> device("gpu:1")
    'gpu:1'
    """
    if not isinstance(value, str) or not re.fullmatch(r"auto|cpu|gpu(:[0-9]{1,4})?", value):
        raise ValueError(
            f"device must be 'auto', 'cpu', 'gpu' or a numbered GPU such as 'gpu:1', got {show(value)}"
        )
    return value


def output_file(argument: str, path: Any) -> Path:
    """Return the path of a file that can be written, with ``~`` expanded. Nothing is created.

    Raises:
        TypeError: It is no path.
        IsADirectoryError: It is a folder.
        FileNotFoundError: The folder that it is in does not exist.
        PermissionError: That folder cannot be written to.

    >>> output_file("save", "model.safetensors").name
    'model.safetensors'
    """
    try:
        target = Path(path).expanduser()
    except (TypeError, RuntimeError) as e:  # expanduser raises RuntimeError for a user that is not known
        raise TypeError(f"{argument} must be the path of a file, got {show(path)}") from e
    if target.is_dir():
        raise IsADirectoryError(
            f"{argument} must name a file, got the folder {target}; add a file name to it"
        )
    folder = target.parent
    if not folder.is_dir():
        raise FileNotFoundError(
            f"{argument} {target} is in a folder that does not exist; create {folder} first"
        )
    if not os.access(folder, os.W_OK):
        raise PermissionError(f"{argument} {target} cannot be written: no write permission for {folder}")
    return target


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ``', did you mean …?'`` for the known name nearest to ``name``, or an empty string.

    >>> nearest("rellu", ["relu", "tanh"])
    ", did you mean 'relu'?"
    """
    lower = {k.lower(): k for k in known}
    found = difflib.get_close_matches(name.lower(), lower, n=1, cutoff=0.5)
    return f", did you mean {lower[found[0]]!r}?" if found else ""


def show(value: Any) -> str:
    """Return a short repr for an error message: no arrays printed in full, no integers of a thousand digits.

    >>> show(np.zeros((2, 3))), show(-(10**400)), show(2**63)
    ('an array of shape (2, 3)', '-10**400', '9223372036854775808')
    """
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 128:
        exponent = math.floor(math.log10(abs(value)))
        return f"{'-' if value < 0 else ''}{'' if abs(value) == 10**exponent else 'about '}10**{exponent}"
    if getattr(value, "shape", ()):
        return f"an array of shape {tuple(value.shape)}"
    if isinstance(value, (np.generic, np.ndarray)):
        value = value.item()
    shortened = reprlib.Repr()
    shortened.maxstring = shortened.maxother = 80
    shortened.maxlong = 40
    try:
        return shortened.repr(value)
    except ValueError:  # a container with an integer of thousands of digits
        return f"an object of type {type(value).__name__}"


def _power(number: int) -> str:
    return f"2**{(number + 1).bit_length() - 1} - 1"
