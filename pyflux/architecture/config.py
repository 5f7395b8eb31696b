"""A network from plain data, as saved files have it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import layers
from ..layers import Layer
from .names import unique_names
from .network import SAMPLES, Architecture


def from_config(config: Mapping[str, Any]) -> Architecture:
    """Make an architecture from what `Architecture.config` gave.

    Raises:
        ValueError: A layer is unknown or does not fit, or the inputs of one are no layers before it.
    """
    shape = layers.sample_shape("input_shape", config["input_shape"])
    entries: list[Mapping[str, Any]] = list(config["layers"])
    if not any("inputs" in entry for entry in entries):
        return Architecture(tuple(layers.from_config(entry) for entry in entries), shape)
    made: dict[str, Layer] = {}
    names: list[str] = []
    inputs: list[tuple[int, ...]] = []
    new = {
        i: layers.from_config({key: value for key, value in entry.items() if key != "inputs"})
        for i, entry in enumerate(entries)
        if "shares" not in entry
    }
    default_names = dict(zip(new, unique_names(new.values()), strict=True))
    known = {SAMPLES: -1}
    for i, entry in enumerate(entries):
        name = default_names[i] if i in new else _name(entry)
        if name in known:
            raise ValueError(f"name {name!r} is given to two layers; every layer needs a name of its own")
        inputs.append(_inputs(name, entry, known))
        made[name] = new[i] if i in new else _shared(name, entry, made)
        names.append(name)
        known[name] = i
    return Architecture(tuple(made.values()), shape, tuple(names), tuple(inputs))


def _name(entry: Mapping[str, Any]) -> str:
    name = entry.get("name")
    if not isinstance(name, str) or not name:
        raise ValueError(f"name must be text, got {name!r}")
    return name


def _inputs(name: str, entry: Mapping[str, Any], known: Mapping[str, int]) -> tuple[int, ...]:
    given = entry.get("inputs", ())
    wrong = [each for each in given if not isinstance(each, str) or each not in known]
    if wrong or not given:
        raise ValueError(
            f"layer {name!r}: inputs must be names of layers before it, or {SAMPLES!r} for the samples, "
            f"got {given!r}"
        )
    return tuple(known[each] for each in given)


def _shared(name: str, entry: Mapping[str, Any], made: Mapping[str, Layer]) -> Layer:
    owner = entry["shares"]
    if not isinstance(owner, str) or owner not in made:
        raise ValueError(f"layer {name!r}: shares must be the name of a layer before it, got {owner!r}")
    return made[owner]
