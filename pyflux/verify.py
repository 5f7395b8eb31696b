"""Train again what a saved model remembers, and see whether the same weights come out."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np

from .errors import SavedModelError
from .models import load
from .saving.training_record import TrainingRecord
from .train_mnist import train_mnist

# What of a record may differ when the training is repeated, and explain other weights.
CIRCUMSTANCES = ("data_sha256", "versions", "machine")


@dataclass(frozen=True)
class Verification:
    """The result of `verify`.

    Attributes:
        same: Whether all weights are the same, to the bit.
        largest_difference: Between two weights.
        circumstances: What was different from the recorded training, each with what was recorded and what it
            is now; ``"versions"`` has the versions that differ.
        recorded: What the file remembers.
        repeated: The record of the training that was done now.
    """

    same: bool
    largest_difference: float
    circumstances: dict[str, tuple[Any, Any]]
    recorded: TrainingRecord
    repeated: TrainingRecord


def verify(
    path: str | os.PathLike[str],
    *,
    data_dir: str | os.PathLike[str] | None = None,
    verbose: int | str | bool = "auto",
) -> Verification:
    """Repeat the training of a saved model, and compare the weights.

    On one machine with one number of threads the same seed gives the same bits. Where they differ, the result
    says which of the data, the versions and the machine is another than it was.

    Args:
        path: A file that ``pyflux train --save`` wrote, or ``result.model.save`` of a `train_mnist`.
        data_dir: A folder that has the data set's files; by default they are downloaded once and cached.
        verbose: As for `train_mnist`.

    Raises:
        FileNotFoundError: There is no such file.
        SavedModelError: The file is damaged, or does not remember how the model was trained.

    >>> verify("digits.safetensors").same  # doctest: +SKIP
    True
    """
    model = load(path, engine="reference")
    record: TrainingRecord | None = model.training_record
    if record is None:
        raise SavedModelError(
            f"{os.fspath(path)} remembers nothing of its training: data set, recipe, seed and versions are "
            f"missing in it; give a file that `pyflux train --save` wrote, not trained on since"
        )
    result = train_mnist(
        recipe=record.recipe,
        epochs=record.epochs,
        batch_size=record.batch_size,
        learning_rate=record.learning_rate,
        validation=record.validation,
        seed=record.seed,
        dataset=record.dataset,
        data_dir=data_dir,
        engine=record.engine,
        device=record.device,
        precision=record.precision,
        verbose=verbose,
    )
    repeated = result.model.training_record
    assert repeated is not None
    pairs = list(zip(model.get_weights(), result.model.get_weights(), strict=True))
    return Verification(
        same=all(np.array_equal(a, b) for a, b in pairs),
        largest_difference=max((float(np.abs(a - b).max()) for a, b in pairs), default=0.0),
        circumstances=_differences(record, repeated),
        recorded=record,
        repeated=repeated,
    )


def _differences(recorded: TrainingRecord, repeated: TrainingRecord) -> dict[str, tuple[Any, Any]]:
    found: dict[str, tuple[Any, Any]] = {}
    for name in CIRCUMSTANCES:
        then, now = getattr(recorded, name), getattr(repeated, name)
        if name == "versions":
            names = sorted({key for key in {*then, *now} if then.get(key) != now.get(key)})
            then, now = ({key: each.get(key) for key in names} for each in (then, now))
        if then != now:
            found[name] = then, now
    return found
