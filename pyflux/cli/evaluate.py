"""``pyflux evaluate``: the accuracy of a saved model on a data set's test images."""

from __future__ import annotations

import argparse

from .. import datasets, models
from ..metrics import confusion_matrix
from ..optimizers import Adam
from ..train_mnist import IMAGE_SHAPE, evaluate
from . import options, output
from .output import Report

HELP = "evaluate a saved model on the test images"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own options."""
    parser.add_argument("model", metavar="MODEL", help="a file that `pyflux train --save` wrote")
    options.add_data_options(parser)
    options.add_engine_options(parser)


def run(a: argparse.Namespace) -> Report:
    """Evaluate a saved model."""
    model = models.load(a.model, engine=a.engine, device=a.device)
    if model.input_shape[1:] != IMAGE_SHAPE:
        raise ValueError(
            f"{a.model} is a network for samples of shape {model.input_shape[1:]}, but the images of "
            f"{a.dataset} are {IMAGE_SHAPE}"
        )
    model.compile(Adam(), metrics=["accuracy"])
    _, (x, y) = datasets.load(a.dataset, a.data_dir, verbose=not a.json)
    loss, accuracy = evaluate(model, x, y)
    predictions = model.predict(x)
    return {
        "model": a.model,
        "dataset": a.dataset,
        "engine": model.engine,
        "test_loss": loss,
        "test_accuracy": accuracy,
        "confusion_matrix": confusion_matrix(y, predictions.argmax(axis=1), predictions.shape[1]).tolist(),
    }


def show(report: Report) -> None:
    """Print the accuracy and the confusion matrix."""
    output.show_evaluation(report)
