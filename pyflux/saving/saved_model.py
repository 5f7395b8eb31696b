"""Saved models: one safetensors file with the weights, and the description of the network inside.

The tensors are named ``layer/weight`` and stored in Keras's layout, so that any reader of safetensors can use
them; what the optimizer remembers is stored as ``optimizer/m/…`` and ``optimizer/v/…``, so that training goes
on where it was. Nothing in the file is code, and reading it runs none.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .. import architecture, optimizers
from .._internal.files import atomic_write
from .._internal.safetensors_file import write_safetensors
from ..architecture import Architecture
from ..engines import OptimizerState
from ..errors import SavedModelError
from ..inputs import Floats
from ..variables import as_weights

FORMAT = 1


@dataclass(frozen=True)
class SavedModel:
    """All of a model that outlives its process."""

    name: str
    seed: int
    architecture: Architecture
    weights: list[Floats]
    epochs_trained: int = 0
    compile_config: dict[str, Any] | None = None  # as `CompileConfig.config` gives it
    optimizer_state: OptimizerState | None = None


def write(path: str | os.PathLike[str], model: SavedModel) -> None:
    """Write a model to a file: beside it first, then renamed, so that no half-written file gets its name."""
    names = list(model.architecture.weight_shapes)
    tensors = dict(zip(names, model.weights, strict=True))
    if model.optimizer_state is not None:
        for slot, arrays in model.optimizer_state.slots.items():
            for name, array in zip(trainable_names(model.architecture), arrays, strict=True):
                tensors[f"optimizer/{slot}/{name}"] = array
    with atomic_write(path) as file:
        write_safetensors(file, tensors, {"pyflux": json.dumps(_description(model))})


def read(path: str | os.PathLike[str]) -> SavedModel:
    """Read a model that `write` wrote.

    Raises:
        FileNotFoundError: There is no such file.
        SavedModelError: The file is cut short, no safetensors file, or not written by pyflux.
    """
    tensors, metadata = _read_file(Path(path))
    try:
        return _model(json.loads(metadata["pyflux"]), tensors)
    except KeyError as e:
        raise SavedModelError(
            f"{path} is a safetensors file, but {e} is missing in it; give a file that model.save() wrote"
        ) from e
    except (ValueError, TypeError) as e:
        raise SavedModelError(f"{path} holds no model that can be built: {e}") from e


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
    return description


def _read_file(path: Path) -> tuple[dict[str, Floats], dict[str, str]]:
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise FileNotFoundError(f"path: there is no saved model at {path}")
    try:
        with safe_open(path, framework="np") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except (SafetensorError, OSError) as e:
        raise SavedModelError(
            f"{path} cannot be read as a saved model ({e}); it is cut short or no safetensors file; "
            f"save the model again"
        ) from e


def _model(description: dict[str, Any], tensors: dict[str, Floats]) -> SavedModel:
    if description["format"] != FORMAT:
        raise ValueError(
            f"its format is {description['format']}, this version reads {FORMAT}; upgrade pyflux"
        )
    arch = architecture.from_config(description["architecture"])
    shapes = arch.weight_shapes

    compile_config, state = description.get("compiled"), None
    if compile_config is not None and "iterations" in description:
        names = trainable_names(arch)
        wanted = {name: shapes[name] for name in names}
        slots = {
            slot: as_weights([tensors[f"optimizer/{slot}/{name}"] for name in names], wanted)
            for slot in optimizers.from_config(compile_config["optimizer"]).slots
        }
        state = OptimizerState(description["iterations"], slots)
    return SavedModel(
        name=description["name"],
        seed=description["seed"],
        architecture=arch,
        weights=as_weights([tensors[name] for name in shapes], shapes),
        epochs_trained=description["epochs_trained"],
        compile_config=compile_config,
        optimizer_state=state,
    )


def trainable_names(arch: Architecture) -> list[str]:
    """Return the names of the weights that training changes."""
    return [weight.name for weight in arch.weights if weight.trainable]


def weights_for(path: str | os.PathLike[str], wanted: Architecture) -> list[Floats]:
    """Return the weights of a saved model for a network that must be the same.

    Raises:
        SavedModelError: The file is damaged or of another network; the error names the first difference.
    """
    saved = read(path)
    have, want = list(saved.architecture.weight_shapes.values()), list(wanted.weight_shapes.values())
    for i, name in enumerate(wanted.weight_shapes):
        found = have[i] if i < len(have) else "nothing"
        if found != want[i]:
            raise SavedModelError(
                f"{path} is of another network: {name} wants {want[i]}, the file has {found}"
            )
    if len(have) > len(want):
        raise SavedModelError(f"{path} is of another network: it has {len(have)} weights, wanted {len(want)}")
    return [np.asarray(w) for w in saved.weights]
