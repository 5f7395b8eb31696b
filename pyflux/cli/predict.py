"""``pyflux predict``: the class of each image file, by a saved model."""

from __future__ import annotations

import argparse

import numpy as np

from .. import models
from ..datasets.image_file import read_image
from . import options, output
from .output import Report

HELP = "predict which digit an image shows"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own options."""
    parser.add_argument("model", metavar="MODEL", help="a file that `pyflux train --save` wrote")
    parser.add_argument("images", metavar="IMAGE", nargs="+", help="a PNG or JPEG file of one digit")
    options.add_engine_options(parser)


def run(a: argparse.Namespace) -> Report:
    """Predict the class of each image."""
    model = models.load(a.model, engine=a.engine, device=a.device)
    images = np.stack([read_image(path, model.input_shape[1:]) for path in a.images])
    return {
        "model": a.model,
        "engine": model.engine,
        "predictions": [
            {
                "image": path,
                "label": int(p.argmax()),
                "probability": float(p.max()),
                "probabilities": p.tolist(),
            }
            for path, p in zip(a.images, model.predict(images), strict=True)
        ],
    }


def show(report: Report) -> None:
    """Print a line for each image."""
    for p in report["predictions"]:
        output.show(f"{p['image']}: {p['label']} ({p['probability']:.1%})")
