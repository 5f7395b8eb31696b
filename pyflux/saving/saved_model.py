"""Saved models: one safetensors file with the weights, and the description of the network inside.

The tensors are named ``layer/weight`` and stored in Keras's layout, so that any reader of safetensors can use
them; the optimizer's slots are stored as ``optimizer/m/…`` and ``optimizer/v/…``, so that training continues
where it was. Nothing in the file is code, and reading it runs none.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import architecture, optimizers
from .._internal import validation
from .._internal.files import atomic_write
from .._internal.safetensors_file import read_safetensors, write_safetensors
from ..architecture import Architecture
from ..engines import OptimizerState
from ..errors import SavedModelError
from ..inputs import Floats
from ..variables import as_weights
from . import training_record
from .training_record import TrainingRecord

FORMAT = 1

# Counts in a file are below this: what is larger was not counted.
LARGEST_COUNT = 1 << 53

# A description is plain data of a few levels; JSON that nests deeper is none.
DEEPEST = 50


@dataclass(frozen=True)
class SavedModel:
    """All of a model that outlives its process.

    Attributes:
        name: The model's name.
        seed: Its seed.
        architecture: Its network.
        weights: One array for each of ``architecture.weights``.
        epochs_trained: Epochs that it was trained for.
        compile_config: What `CompileConfig.config` gives, or None.
        optimizer_state: What the optimizer remembers, or None.
        training_record: How it was trained, or None.
    """

    name: str
    seed: int
    architecture: Architecture
    weights: list[Floats]
    epochs_trained: int = 0
    compile_config: dict[str, Any] | None = None
    optimizer_state: OptimizerState | None = None
    training_record: TrainingRecord | None = None


def write(
    path: str | os.PathLike[str],
    model: SavedModel,
    metadata: Mapping[str, str] | None = None,
    arrays: Mapping[str, NDArray[Any]] | None = None,
) -> None:
    """Write a model to a file, which is replaced as a whole or not at all.

    Args:
        path: The file.
        model: What is written.
        metadata: Further texts for the file's header.
        arrays: Further arrays by name; reading the model ignores them.

    Raises:
        SavedModelError: A weight, or the optimizer's state, is NaN or infinite; the old file stays.
        OSError: The file cannot be written.
    """
    tensors: dict[str, NDArray[Any]] = dict(_named(path, model.architecture, model.weights))
    if model.optimizer_state is not None:
        for slot, values in model.optimizer_state.slots.items():
            for name, array in zip(trainable_names(model.architecture), values, strict=True):
                tensors[f"optimizer/{slot}/{name}"] = array
                _check_finite(path, f"the optimizer's {slot} of {name}", array)
    tensors.update(arrays or {})
    _write(path, tensors, {**(metadata or {}), "pyflux": json.dumps(_description(model))})


def write_weights(
    path: str | os.PathLike[str],
    network: Architecture,
    weights: list[Floats],
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write weights alone, as `write` writes them.

    Raises:
        SavedModelError: A weight is NaN or infinite; the file that was there stays.
        OSError: The file cannot be written.
    """
    _write(path, _named(path, network, weights), dict(metadata or {}))


def read(path: str | os.PathLike[str]) -> SavedModel:
    """Read a model that `write` wrote.

    Raises:
        FileNotFoundError: There is no such file.
        SavedModelError: The file is cut short, no safetensors file, or not written by pyflux.
    """
    file = Path(path).expanduser()
    tensors, metadata = _read_file(file)
    try:
        return _model(_parse(metadata["pyflux"]), tensors)
    except KeyError as e:
        raise SavedModelError(
            f"{file} is a safetensors file, but {e} is missing in it; give a file that model.save() wrote"
        ) from e
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError, MemoryError) as e:
        raise SavedModelError(f"{file} holds no model that can be built: {e}") from e


def weights_for(path: str | os.PathLike[str], wanted: Architecture) -> list[Floats]:
    """Return the weights of a file for a network that must be the same.

    Raises:
        FileNotFoundError: There is no such file.
        SavedModelError: The file is damaged or of another network; the error names the first difference.
    """
    file = Path(path).expanduser()
    tensors, metadata = _read_file(file)
    names = [name for name in tensors if not name.startswith("optimizer/")]
    if "pyflux" in metadata:
        names = list(read(file).architecture.weight_shapes)  # in the network's order, whatever their names
    elif set(names) == set(wanted.weight_shapes):
        names = list(wanted.weight_shapes)
    for i, (name, shape) in enumerate(wanted.weight_shapes.items()):
        found = tensors[names[i]].shape if i < len(names) else "nothing"
        if found != shape:
            raise SavedModelError(
                f"{file} is of another network: {name} has shape {shape}, the file has {found}"
            )
    if len(names) > len(wanted.weights):
        raise SavedModelError(
            f"{file} is of another network: it has {len(names)} weights, expected {len(wanted.weights)}"
        )
    try:
        return as_weights([tensors[name] for name in names], wanted.weight_shapes)
    except (ValueError, TypeError) as e:
        raise SavedModelError(f"{file}: {e}") from e


def trainable_names(network: Architecture) -> list[str]:
    """Return the names of the weights that training changes."""
    return [weight.name for weight in network.weights if weight.trainable]


# ── Writing ──────────────────────────────────────────────────────────────────────────────────────────────


def _named(path: str | os.PathLike[str], network: Architecture, weights: list[Floats]) -> dict[str, Floats]:
    for weight, value in zip(network.weights, weights, strict=True):
        _check_finite(path, weight.name, value)
    return dict(zip(network.weight_shapes, weights, strict=True))


def _check_finite(path: str | os.PathLike[str], name: str, value: Floats) -> None:
    if not np.isfinite(value).all():
        raise SavedModelError(
            f"the model cannot be saved to {os.fspath(path)}: {name} has NaN or infinite values; "
            f"the training diverged: lower the learning rate and train again"
        )


def _write(
    path: str | os.PathLike[str], tensors: Mapping[str, NDArray[Any]], metadata: dict[str, str]
) -> None:
    with atomic_write(path) as file:
        write_safetensors(file, tensors, metadata)


def _description(model: SavedModel) -> dict[str, Any]:
    description: dict[str, Any] = {
        "format": FORMAT,
        "name": model.name,
        "seed": model.seed,
        "epochs_trained": model.epochs_trained,
        "architecture": model.architecture.config(),
    }
    if model.compile_config is not None:
        description["compiled"] = model.compile_config
    if model.optimizer_state is not None:
        description["iterations"] = model.optimizer_state.iterations
    if model.training_record is not None:
        description["training"] = model.training_record.config()
    return description


# ── Reading ──────────────────────────────────────────────────────────────────────────────────────────────


def _read_file(path: Path) -> tuple[dict[str, Floats], dict[str, str]]:
    if not path.is_file():
        raise FileNotFoundError(f"path: there is no saved model at {path}")
    try:
        return read_safetensors(path)
    except (ValueError, OSError) as e:
        raise SavedModelError(
            f"{path} cannot be read as a saved model ({e}); it is cut short, or no safetensors file of "
            f"float32 arrays; save the model again"
        ) from e


def _parse(text: str) -> dict[str, Any]:
    """Return the description, refusing what nests too deeply to be one."""
    depth = deepest = 0
    for character in text:
        depth += (character in "[{") - (character in "]}")
        deepest = max(deepest, depth)
    if deepest > DEEPEST:
        raise ValueError(f"its description nests {deepest} levels deep")
    description = json.loads(text)
    if not isinstance(description, dict):
        raise TypeError(f"its description is a {type(description).__name__}, expected a dictionary")
    return description


def _model(description: Mapping[str, Any], tensors: dict[str, Floats]) -> SavedModel:
    if description["format"] != FORMAT:
        raise ValueError(
            f"its format is {description['format']}, this version reads {FORMAT}; upgrade pyflux"
        )
    network = architecture.from_config(description["architecture"])
    shapes = network.weight_shapes
    compile_config, state, record = description.get("compiled"), None, description.get("training")
    if compile_config is not None and "iterations" in description:
        names = trainable_names(network)
        wanted = {name: shapes[name] for name in names}
        slots = {
            slot: as_weights([tensors[f"optimizer/{slot}/{name}"] for name in names], wanted)
            for slot in optimizers.from_config(compile_config["optimizer"]).slots
        }
        state = OptimizerState(_count(description, "iterations"), slots)
    if not isinstance(description["name"], str):
        raise TypeError(f"its name is {description['name']!r}, expected text")
    return SavedModel(
        name=description["name"],
        seed=validation.as_seed("seed", description["seed"]),
        architecture=network,
        weights=as_weights([tensors[name] for name in shapes], shapes),
        epochs_trained=_count(description, "epochs_trained"),
        compile_config=compile_config,
        optimizer_state=state,
        training_record=None if record is None else training_record.from_config(record),
    )


def _count(description: Mapping[str, Any], name: str) -> int:
    count = validation.as_int(name, description[name], minimum=0)
    if count > LARGEST_COUNT:
        raise ValueError(f"its {name} is {count}, expected at most {LARGEST_COUNT}")
    return count
