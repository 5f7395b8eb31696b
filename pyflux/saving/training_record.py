"""What a saved model remembers of its training, so that somebody can tell of it, and repeat it."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._internal import validation


@dataclass(frozen=True)
class TrainingRecord:
    """How a model was trained by `pyflux.train_mnist`, and what came out.

    Attributes:
        dataset: The data set's name.
        data_sha256: The hash of its images and labels, see `data_hash`.
        recipe: The recipe's name.
        epochs: Passes over the training images.
        batch_size: Images per step.
        learning_rate: The learning rate, or its maximum.
        validation: How many training images were held out, or their fraction.
        seed: The seed of initial weights, order and augmentation.
        engine: ``"flux"`` or ``"reference"``.
        device: The device that was asked for.
        precision: The precision that was asked for.
        versions: Versions of all that computed, the number of threads among them.
        machine: The system and the processor's kind.
        test_loss: Mean loss on the test images.
        test_accuracy: Fraction of the test images that are classified correctly.
        confusion_matrix: Rows of counts: row ``i``, column ``j`` is how many of class ``i`` were taken for
            ``j``.
    """

    dataset: str
    data_sha256: str
    recipe: str
    epochs: int
    batch_size: int
    learning_rate: float
    validation: int | float
    seed: int
    engine: str
    device: str
    precision: str
    versions: dict[str, str]
    machine: str
    test_loss: float
    test_accuracy: float
    confusion_matrix: list[list[int]]

    def config(self) -> dict[str, Any]:
        """Return the record as plain data."""
        return asdict(self)


def from_config(config: Any) -> TrainingRecord:
    """Make a record from what `TrainingRecord.config` gave, which may come from anybody.

    Raises:
        ValueError: Something is missing, or not what it should be; the error names it.
    """
    if not isinstance(config, Mapping):
        raise ValueError(f"its training record must be a dictionary, got {validation.show(config)}")
    texts = ("dataset", "data_sha256", "recipe", "engine", "device", "precision", "machine")
    checks: dict[str, Callable[[Any], bool]] = {
        **dict.fromkeys(texts, _is_text),
        **dict.fromkeys(("epochs", "batch_size", "seed"), _is_count),
        **dict.fromkeys(("learning_rate", "validation", "test_loss", "test_accuracy"), _is_number),
        "versions": lambda value: (
            isinstance(value, Mapping) and all(map(_is_text, [*value, *value.values()]))
        ),
        "confusion_matrix": lambda value: (
            isinstance(value, list)
            and all(isinstance(row, list) and len(row) == len(value) for row in value)
            and all(_is_count(count) for row in value for count in row)
        ),
    }
    missing = [name for name in checks if name not in config]
    if missing:
        raise ValueError(f"its training record lacks {', '.join(missing)}")
    for name, is_right in checks.items():
        if not is_right(config[name]):
            raise ValueError(f"its training record has a wrong {name}: {validation.show(config[name])}")
    return TrainingRecord(**{name: config[name] for name in checks})


def data_hash(arrays: Iterable[ArrayLike]) -> str:
    """Return the SHA-256 of arrays: their types, shapes and values, in row-major order.

    >>> data_hash([np.zeros(2, np.uint8)])[:8], data_hash([np.zeros((2, 1), np.uint8)])[:8]
    ('31f8ca2f', '36f75f4b')
    """
    found = hashlib.sha256()
    for given in arrays:
        array = np.ascontiguousarray(given)
        found.update(f"{array.dtype.str} {array.shape};".encode())
        found.update(array.data)
    return found.hexdigest()


def machine() -> str:
    """Return what this machine is, such as ``"Linux x86_64"``."""
    return f"{platform.system()} {platform.machine()}"


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and bool(np.isfinite(value))
