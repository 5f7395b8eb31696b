"""Whole models that Keras saved, as ``.keras`` or as the older ``.h5``.

Source: ``keras/src/saving/saving_lib.py`` and ``keras/src/legacy/saving/legacy_h5_format.py``.
"""

from __future__ import annotations

import io
import json
import os
import re
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from .. import layers as L  # noqa: N812 - as its users write it
from .._internal.ordering import depth_first
from ..architecture import Architecture, call_name
from ..errors import SavedModelError
from ..inputs import Floats, Shape
from ..variables import as_weights
from .arrays import Array
from .hdf5 import model_config, read_keras_arrays
from .keras_layers import layer_from_keras
from .npz import ARCHIVE_ERRORS

#: Endings of the files that Keras saves models in.
KERAS_SUFFIXES = (".keras", ".h5", ".hdf5")

_MODELS = ("Sequential", "Functional", "Model")
_MAX_CONFIG = 1 << 26
_MAX_DEPTH = 16  # of models within models
_ALLOWANCE, _MAX_EXPANSION = 1 << 26, 100


class KerasModel(NamedTuple):
    """A model that was read.

    Attributes:
        name: Its name.
        architecture: Its layers; those of a model within it have names such as ``"vgg16/block1_conv1"``.
        weights: Its weights, as ``set_weights`` takes them.
    """

    name: str
    architecture: Architecture
    weights: list[Floats]


class _Layer(NamedTuple):
    """A layer of the description, models within it unfolded."""

    layer: L.Layer
    path: tuple[str, ...]  # names of the models that it is in, and its own
    keys: tuple[str, ...]  # the same as a .keras file names them: by class and number
    inputs: tuple[int, ...]  # indices of the layers whose outputs it takes; -1 is the samples


def read_model(path: str | os.PathLike[str]) -> KerasModel:
    """Read a model that Keras saved with ``model.save("name.keras")`` or ``model.save("name.h5")``.

    Read are models whose layers follow one another: ``Sequential`` ones, also within each other, and
    functional ones of one input and one output. How the model was compiled is left out. A file may come from
    anybody: nothing in it is run, and what it costs is limited by its size.

    Keras takes uint8 images as they are, from 0 to 255; here they are scaled by 1/255 unless the model has a
    `Rescaling`. Give a model that was trained on unscaled images ``images.astype("float32")``.

    Args:
        path: The file; ``~`` is expanded.

    Raises:
        FileNotFoundError: There is no such file.
        SavedModelError: It is damaged, holds weights alone, or a layer has no counterpart here.
    """
    file = Path(path).expanduser()
    if not file.is_file():
        raise FileNotFoundError(f"path: there is no model at {file}")
    try:
        with file.open("rb") as opened:
            return _read_archive(file) if opened.read(2) == b"PK" else _read_h5(file)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, MemoryError) as e:
        reason = f"{e} is missing in it" if isinstance(e, KeyError) else str(e)
        if isinstance(e, IndexError):
            reason = "a list in its description is too short"
        raise SavedModelError(f"{file} cannot be read as a model of Keras: {reason}") from e


def _read_archive(file: Path) -> KerasModel:
    left = _ALLOWANCE + _MAX_EXPANSION * file.stat().st_size
    with file.open("rb") as opened:
        try:
            with zipfile.ZipFile(opened) as archive:
                config = _entry(archive, "config.json", _MAX_CONFIG)
                weights = _entry(archive, "model.weights.h5", left)
        except ARCHIVE_ERRORS as e:
            raise ValueError(f"it is no complete archive ({e})") from e
    description, stored = json.loads(config), read_keras_arrays(io.BytesIO(weights))
    return _model(description, stored, by_class=True)


def _entry(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    with archive.open(name) as entry:
        content = entry.read(limit + 1)
    if len(content) > limit:
        raise ValueError(f"{name} in it unpacks to more than {limit} bytes")
    return content


def _read_h5(file: Path) -> KerasModel:
    with file.open("rb") as opened:
        text = model_config(opened)
        if text is None:
            raise ValueError(
                "it holds no model; if it is a file of weights alone, build the model and give it to "
                "load_weights"
            )
        return _model(json.loads(text), read_keras_arrays(opened), by_class=False)


def _model(description: Mapping[str, Any], stored: dict[str, Array], *, by_class: bool) -> KerasModel:
    config = description["config"]
    shape = _input_shape(description)
    found: list[_Layer] = []
    _unfold(description, (), (), -1, found)
    names: list[str] = []
    for entry in found:
        names.append(call_name("/".join(entry.path), names))
    architecture = Architecture(
        tuple(entry.layer for entry in found), shape, tuple(names), tuple(entry.inputs for entry in found)
    )
    given = [
        array
        for entry, node in zip(found, architecture.nodes, strict=True)
        for array in _arrays(entry, list(node.weight_shapes), stored, by_class)
    ]
    name = config.get("name") if isinstance(config, Mapping) else None
    return KerasModel(str(name or "sequential"), architecture, as_weights(given, architecture.weight_shapes))


def _unfold(
    description: Mapping[str, Any],
    path: tuple[str, ...],
    keys: tuple[str, ...],
    start: int,
    found: list[_Layer],
) -> int:
    """Append the layers of a model, and those of the models in it; return the index of the last.

    Args:
        description: The model's.
        path: Names of the models that it is in, and its own.
        keys: The same as a .keras file names them.
        start: Index of the layer whose output it takes.
        found: The layers so far.
    """
    if description["class_name"] not in _MODELS:
        raise ValueError(f"it is a {description['class_name']}, and no Sequential or functional model")
    if len(path) > _MAX_DEPTH:
        raise ValueError("models are within models without end")
    last = start
    outputs: dict[_Call, int] = {}  # for each call of its layers, the index of what gives its output
    for call, entry in _ordered(description):
        inputs = tuple(outputs[source] for source in entry.sources[call[1]]) or (start,)
        name, keras_config = (*path, entry.name), entry.entry["config"]
        if entry.class_name == "InputLayer":
            last = start
        elif entry.class_name in _MODELS:
            last = _unfold(entry.entry, name, (*keys, entry.key), inputs[0], found)
        else:
            layer = next((each.layer for each in found if each.path == name), None)
            layer = layer or layer_from_keras(entry.class_name, keras_config, "/".join(name))
            found.append(_Layer(layer, name, (*keys, entry.key), inputs))
            last = len(found) - 1
        outputs[call] = last
    return last


_Call = tuple[str, int]  # a layer's name, and which of its calls


class _Entry(NamedTuple):
    """A layer as a model's description has it."""

    name: str
    class_name: str
    key: str  # its class and number, by which a .keras file names its arrays
    entry: Mapping[str, Any]
    sources: tuple[tuple[_Call, ...], ...]  # for each of its calls, those whose outputs it takes


def _ordered(description: Mapping[str, Any]) -> list[tuple[_Call, _Entry]]:
    """Return the calls of a model's layers, each after its inputs; the last gives the output."""
    config = description["config"]
    entries: Sequence[Mapping[str, Any]] = config if isinstance(config, list) else config["layers"]
    counted: Counter[str] = Counter()
    described: dict[str, _Entry] = {}
    in_a_row = description["class_name"] == "Sequential"
    for entry in entries:
        class_name = str(entry["class_name"])
        base = snake_case(class_name)
        key = f"{base}_{counted[base]}" if counted[base] else base
        counted[base] += 1
        name = str(entry["config"].get("name") or entry.get("name"))
        sources: tuple[tuple[_Call, ...], ...]
        if in_a_row:
            sources = (tuple((before, 0) for before in list(described)[-1:]),)
        else:
            sources = tuple(tuple(_sources(call)) for call in entry.get("inbound_nodes", [])) or ((),)
        described[name] = _Entry(name, class_name, key, entry, sources)
    if in_a_row:
        return [((name, 0), entry) for name, entry in described.items()]
    (inputs, outputs) = (_calls(config[which]) for which in ("input_layers", "output_layers"))
    if len(inputs) != 1 or len(outputs) != 1:
        raise ValueError(
            f"it has {len(inputs)} inputs and {len(outputs)} outputs; models of one each are read"
        )
    order = depth_first(outputs[0], lambda call: described[call[0]].sources[call[1]])
    return [(call, described[call[0]]) for call in order]


def _calls(value: Any) -> list[_Call]:
    """Return the calls in ``input_layers`` or ``output_layers``: one ``[name, 0, 0]`` or several."""
    return [_call(value)] if value and isinstance(value[0], str) else [_call(each) for each in value]


def _call(value: Any) -> _Call:
    return str(value[0]), int(value[1])


def _sources(value: Any) -> list[_Call]:
    """Return the calls whose outputs one of a layer's ``inbound_nodes`` takes, in the form of any version."""
    if isinstance(value, Mapping):
        if "keras_history" in value:
            return [_call(value["keras_history"])]
        return [source for part in value.values() for source in _sources(part)]
    if isinstance(value, list):
        if len(value) >= 3 and isinstance(value[0], str) and isinstance(value[1], int):
            return [_call(value)]
        return [source for part in value for source in _sources(part)]
    return []


def _input_shape(description: Mapping[str, Any]) -> Shape:
    config = description["config"]
    entries = config if isinstance(config, list) else config["layers"]
    first = entries[0]["config"]
    given = first.get("batch_shape") or first.get("batch_input_shape")
    if given is None and entries[0]["class_name"] in _MODELS:
        return _input_shape(entries[0])
    if given is None and isinstance(config, Mapping):
        given = config.get("build_input_shape")
    if not isinstance(given, list) or None in given[1:] or len(given) < 2:
        raise ValueError(f"its samples have shape {given}; give its Input a size for every axis")
    return L.sample_shape("input_shape", given[1:])


def _arrays(entry: _Layer, names: list[str], stored: dict[str, Array], by_class: bool) -> list[Array]:
    """Return a layer's arrays in their order."""
    prefix = "/".join(entry.keys if by_class else entry.path[:1]) + "/"
    if by_class:
        found = [stored.get(f"{prefix}{i}") for i in range(len(names))]
    elif len(entry.path) == 1:  # in the file's order
        found = [array for key, array in stored.items() if key.startswith(prefix)]
        found = found if len(found) == len(names) else [None]
    else:
        inner = entry.path[-1]
        found = [stored.get(f"{prefix}{inner}/{n}", stored.get(f"{prefix}{n}")) for n in names]
    arrays = [array for array in found if array is not None]
    if len(arrays) != len(names):
        raise ValueError(f"layer {'/'.join(entry.path)!r} needs {', '.join(names)}, which are not all in it")
    return arrays


def snake_case(name: str) -> str:
    """Return the name that Keras gives to the layers of a class.

    >>> snake_case("BatchNormalization"), snake_case("LeakyReLU"), snake_case("Conv2D")
    ('batch_normalization', 'leaky_re_lu', 'conv2d')
    """
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
