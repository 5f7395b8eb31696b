"""Arrays under names, as files and other libraries give them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from ..inputs import Shape, as_array

Array = NDArray[Any]

# What published networks call the layers that end in classes; a network without its top does not have them.
TOP = re.compile(r"^(classifier|fc\d*|head|predictions?|logits)(\W|$)")


def split_name(key: str) -> tuple[str, str]:
    """Return the name of an array's layer or module, and its own.

    >>> split_name("features.0.weight"), split_name("block1_conv1/kernel")
    (('features.0', 'weight'), ('block1_conv1', 'kernel'))
    """
    module, _, name = key.rpartition("/" if "/" in key else ".")
    return module, name


def natural_key(name: str) -> tuple[bool, list[tuple[bool, int, str]]]:
    """A key that sorts ``conv2d`` before ``conv2d_2`` before ``conv2d_10``, and a top last."""
    parts = re.split(r"([0-9]{1,9})", name)
    return bool(TOP.match(name)), [(p.isdigit(), int(p) if p.isdigit() else 0, p) for p in parts if p]


def in_natural_order(found: Mapping[str, Array]) -> dict[str, Array]:
    """Return arrays sorted by name."""
    return {name: found[name] for name in sorted(found, key=natural_key)}


def as_number_array(argument: str, key: str, value: Any) -> Array:
    """Return an array or tensor, perhaps on another device, as an array of numbers."""
    if hasattr(value, "detach"):
        tensor = value.detach().cpu()
        value = (tensor.float() if "bfloat16" in str(getattr(tensor, "dtype", "")) else tensor).numpy()
    return as_array(f"{argument}[{key!r}]", value)


def check_shape(argument: str, key: str, got: Shape, name: str, wanted: Shape) -> None:
    """Raise ``ValueError`` if an array has not the shape of the weight whose place it takes."""
    if got != wanted:
        raise ValueError(
            f"{argument}: {key!r} has shape {got}, but {name}, whose place it is, wants {wanted}; give the "
            f"weights of the same network, in the order of its layers"
        )


def check_rest(argument: str, rest: Sequence[str], wanted: Sequence[str]) -> None:
    """Refuse arrays that the network has no place for; only a top may be left out."""
    extra = [key for key in rest if not TOP.match(key)]
    if extra:
        after = f"after {wanted[-1]}, the network's last" if wanted else "for a network without weights"
        raise ValueError(
            f"{argument} has {len(extra)} arrays more than the network, the first is {extra[0]!r} {after}; "
            f"give the weights of the same network"
        )
