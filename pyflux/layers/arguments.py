"""Rules for arguments that several layers take."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .._internal import validation

PADDINGS = ("valid", "same")

Pair = int | tuple[int, int]
Range = tuple[float, float]
Sides = int | tuple[int, int] | tuple[tuple[int, int], tuple[int, int]]


def padding(argument: str, value: Any) -> str:
    """Return ``"valid"`` or ``"same"``, which may come in capitals.

    >>> padding("padding", "SAME")
    'same'
    """
    return validation.choice(argument, value, PADDINGS, ignore_case=True)


def channels_last(argument: str, value: Any) -> str:
    """Return ``"channels_last"``, the only layout of images that there is here.

    >>> channels_last("data_format", None)
    'channels_last'
    """
    if value not in (None, "channels_last"):
        raise ValueError(
            f"{argument} must be 'channels_last', got {validation.show(value)}; give images as "
            f"(N, height, width, channels), as x.transpose(0, 2, 3, 1) does with channels first"
        )
    return "channels_last"


def float32(argument: str, value: Any) -> str:
    """Return ``"float32"``, the only type that layers compute in.

    >>> float32("dtype", None)
    'float32'
    """
    if value is not None and str(value) not in ("float32", "<class 'numpy.float32'>"):
        raise ValueError(f"{argument} must be 'float32', got {validation.show(value)}; leave it away")
    return "float32"


def optional_seed(argument: str, value: Any) -> int | None:
    """Return a seed, or None for the model's."""
    return None if value is None else validation.as_seed(argument, value)


def span(argument: str, value: Any) -> Range:
    """Return a factor in [-1, 1] as ``(low, high)``: one number ``f`` stands for ``(-f, f)``.

    >>> span("factor", 0.2), span("factor", (0.3, 0.1))
    ((-0.2, 0.2), (0.1, 0.3))
    """
    if isinstance(value, Iterable) and not isinstance(value, str):
        numbers = two_numbers(argument, value)
    else:
        numbers = (-validation.as_float(argument, value), validation.as_float(argument, value))
    if max(map(abs, numbers)) > 1:
        raise ValueError(
            f"{argument} must be in [-1, 1], as it is a fraction (of the height, the width or a full turn), "
            f"got {value}; for degrees write degrees / 360, for pixels pixels / height or pixels / width"
        )
    return min(numbers), max(numbers)


def two_numbers(argument: str, value: Any) -> Range:
    """Return a pair of finite numbers.

    >>> two_numbers("value_range", [0, 255])
    (0.0, 255.0)
    """
    if not isinstance(value, Iterable) or isinstance(value, str):
        raise TypeError(f"{argument} must be two numbers (low, high), got {validation.show(value)}")
    items = tuple(value)
    if len(items) != 2:
        raise ValueError(f"{argument} must be two numbers (low, high), got {len(items)}")
    return validation.as_float(argument, items[0]), validation.as_float(argument, items[1])


def sides(argument: str, value: Any) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return how many rows and columns, from 0: ``((top, bottom), (left, right))``.

    >>> sides("padding", 1), sides("padding", (1, 2)), sides("padding", ((0, 1), 2))
    (((1, 1), (1, 1)), ((1, 1), (2, 2)), ((0, 1), (2, 2)))
    """
    rows, columns = _two(argument, value)
    return _side_pair(argument, rows), _side_pair(argument, columns)


def _side_pair(argument: str, value: Any) -> tuple[int, int]:
    first, second = _two(argument, value)
    return validation.as_int(argument, first, minimum=0), validation.as_int(argument, second, minimum=0)


def _two(argument: str, value: Any) -> tuple[Any, Any]:
    if not isinstance(value, Iterable) or isinstance(value, (str, bytes)):
        return value, value
    items = tuple(value)
    if len(items) != 2:
        raise ValueError(
            f"{argument} must be one integer, (height, width) or ((top, bottom), (left, right)), "
            f"got {validation.show(value)}"
        )
    return items
