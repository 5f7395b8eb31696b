"""The HDF5 files that Keras writes.

Source: ``keras/src/legacy/saving/legacy_h5_format.py`` and ``keras/src/saving/saving_lib.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO

from .._internal.hdf5 import Group, open_hdf5
from .arrays import Array, natural_key

_MAX_DEPTH = 16  # of models within models


def read_keras_h5(path: Path) -> dict[str, Array]:
    """Return the arrays of one of Keras's HDF5 files by name.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is damaged, or not one of Keras's.
    """
    with path.open("rb") as file:
        return read_keras_arrays(file)


def read_keras_arrays(file: IO[bytes]) -> dict[str, Array]:
    """Return the arrays of an open file, as `read_keras_h5` does."""
    root = open_hdf5(file)
    if "model_weights" in root:  # a whole model
        root = root.group("model_weights")
    return dict(_legacy(root) if _names(root, "layer_names") is not None else _keras3(root))


def model_config(file: IO[bytes]) -> str | None:
    """Return the description of the model in a file of a whole one; None if there is none."""
    text = open_hdf5(file).attributes.get("model_config")
    return text if isinstance(text, str) else None


def _legacy(root: Group) -> Iterator[tuple[str, Array]]:
    """Keras 2's file, and that of its published networks: it says in which order layers and weights are."""
    for layer in _names(root, "layer_names") or []:
        group = root.group(layer)
        weights = _names(group, "weight_names") or []
        paths = [weight.removesuffix(":0").split("/") for weight in weights]
        # A model used as a layer has many kernels: there the name of the layer inside it counts too.
        parts = 1 if len({path[-1] for path in paths}) == len(paths) else 2
        for weight, path in zip(weights, paths, strict=True):
            yield "/".join([layer, *path[-parts:]]), group.array(weight)


def _names(group: Group, attribute: str) -> list[str] | None:
    """Return a list of names; Keras splits one that is too long for an attribute."""
    found = group.attributes.get(attribute)
    if found is None and f"{attribute}0" in group.attributes:
        found, i = [], 0
        while isinstance(part := group.attributes.get(f"{attribute}{i}"), list):
            found += part
            i += 1
    if found is None:
        return None
    if not isinstance(found, list):
        if getattr(found, "size", 1) == 0:
            return []  # of no names, Keras writes an array of numbers
        raise ValueError(f"{attribute} is no list of names")
    return found


def _keras3(root: Group) -> Iterator[tuple[str, Array]]:
    """Keras 3's file: ``layers/conv2d/vars/0``, where a layer's name is its class and a number."""
    if "layers" not in root:
        raise ValueError("it has neither layer_names nor a group 'layers'")
    yield from _layers(root.group("layers"), "", 0)


def _layers(layers: Group, prefix: str, depth: int) -> Iterator[tuple[str, Array]]:
    if depth > _MAX_DEPTH:
        raise ValueError("models are within models without end")
    for name in sorted(layers, key=natural_key):
        layer = layers.group(name)
        if "vars" in layer:
            variables = layer.group("vars")
            for number in sorted(variables, key=natural_key):
                yield f"{prefix}{name}/{number}", variables.array(number)
        if "layers" in layer:  # a model used as a layer
            yield from _layers(layer.group("layers"), f"{prefix}{name}/", depth + 1)
