"""A model card: one page of Markdown that says what a model is, and where it comes from."""

from __future__ import annotations

import math
from typing import Any

from .. import datasets
from ..saving.training_record import TrainingRecord
from . import summary
from .base import BaseModel


def card(model: BaseModel) -> str:
    """Return the page for a model, as `Model.card` writes it."""
    architecture = model.require_architecture("card()")
    size = sum(math.prod(shape) for shape in architecture.weight_shapes.values())
    lines = [
        f"# {model.name}",
        "",
        f"A network of {len(architecture.layers)} layers and {size:,} parameters for samples of shape "
        f"{architecture.input_shape}, made with pyflux.",
        "",
        "## Network",
        "",
        "```",
        summary.table(model.name, architecture),
        "```",
        "",
        "Images of uint8 are scaled by 1/255 on the way in."
        if architecture.scales_bytes
        else "Images of uint8 are taken as they are, from 0 to 255.",
        "",
    ]
    record = model.training_record
    if record is None:
        return "\n".join([*lines, "## Training", "", "How it was trained was not recorded.", ""])
    return "\n".join([*lines, *_training(record), *_results(record)])


def _training(record: TrainingRecord) -> list[str]:
    known = datasets.DATASETS.get(record.dataset)
    facts: dict[str, Any] = {
        "data set": record.dataset if known is None else f"{known.title} ({known.source})",
        "licence of the data": "not known" if known is None else known.licence,
        "SHA-256 of the data": f"`{record.data_sha256}`",
        "recipe": record.recipe,
        "epochs": record.epochs,
        "batch size": record.batch_size,
        "learning rate": f"{record.learning_rate:g}",
        "held out to validate": record.validation,
        "seed": record.seed,
        "engine": record.engine,
        "device": record.device,
        "precision": record.precision,
        "versions": ", ".join(f"{name} {version}" for name, version in record.versions.items()),
        "machine": record.machine,
    }
    rows = [f"| {name} | {str(value).replace('|', '/')} |" for name, value in facts.items()]
    return ["## Training", "", "| | |", "| --- | --- |", *rows, ""]


def _results(record: TrainingRecord) -> list[str]:
    matrix = record.confusion_matrix
    classes = range(len(matrix))
    return [
        "## Results on the test images",
        "",
        f"Accuracy {record.test_accuracy:.2%}, loss {record.test_loss:.4f}.",
        "",
        "Rows are true classes, columns predicted ones:",
        "",
        f"| | {' | '.join(map(str, classes))} |",
        f"| ---: |{' ---: |' * len(matrix)}",
        *(f"| **{i}** | {' | '.join(map(str, row))} |" for i, row in zip(classes, matrix, strict=True)),
        "",
        "`pyflux verify FILE` trains again from what the file remembers, and compares the weights.",
        "",
    ]
