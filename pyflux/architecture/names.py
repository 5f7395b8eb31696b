"""The names of layers in a network."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from .._internal.lookup import snake_case
from ..layers import Layer


def unique_names(given: Iterable[Layer]) -> tuple[str, ...]:
    """Return a name for each layer: its own, or its class's in snake case, numbered as in Keras.

    Raises:
        ValueError: Two layers have been given the same name.

    >>> from pyflux.layers import Dense
    >>> unique_names([Dense(8), Dense(2)])
    ('dense', 'dense_1')
    """
    unnamed = list(given)
    own = Counter(layer.name for layer in unnamed if layer.name)
    for name, times in own.items():
        if times > 1:
            raise ValueError(f"name {name!r} is given to {times} layers; every layer needs a name of its own")
    names: list[str] = []
    taken = set(own)
    candidates: dict[str, Iterator[str]] = {}  # per class, so that no number is tried twice
    for layer in unnamed:
        base = snake_case(type(layer).__name__)
        numbers = candidates.setdefault(base, numbered(base))
        name = layer.name or next(n for n in numbers if n not in taken)
        taken.add(name)
        names.append(name)
    return tuple(names)


def numbered(base: str) -> Iterator[str]:
    """Yield a name and then the same with numbers: ``dense``, ``dense_1`` and so on."""
    yield base
    for i in itertools.count(1):
        yield f"{base}_{i}"


def call_name(name: str, taken: Collection[str]) -> str:
    """Return a layer's name; for a later call of the layer ``name/call_1`` and so on.

    >>> call_name("dense", []), call_name("dense", ["dense"])
    ('dense', 'dense/call_1')
    """
    if name not in taken:
        return name
    return next(each for each in (f"{name}/call_{i}" for i in itertools.count(1)) if each not in taken)
