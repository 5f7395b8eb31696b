"""Flux.jl, the Julia machine-learning library, at home in Python.

>>> import pyflux
>>> result = pyflux.train_mnist(epochs=3)  # doctest: +SKIP
>>> result.test_accuracy  # doctest: +SKIP
0.98…

Importing pyflux starts nothing: Julia comes with the first `fit` or `predict`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from . import (
    activations,
    applications,
    callbacks,
    constraints,
    datasets,
    initializers,
    layers,
    losses,
    metrics,
    models,
    networks,
    optimizers,
    recipes,
    regularizers,
    schedules,
    utils,
)
from .datasets import synthetic_digits, synthetic_images
from .errors import (
    DataError,
    DownloadError,
    EngineError,
    EngineUnavailable,
    MissingExtraError,
    PyFluxError,
    SavedModelError,
    ScaleWarning,
)
from .interchange import export_html, export_onnx, from_keras, from_torch, to_keras, to_torch
from .label_errors import LabelErrors, find_label_errors
from .layers import Input
from .lr_find import lr_find
from .models import History, Model, Sequential, load
from .train_mnist import TrainingResult, train_mnist
from .verify import Verification, verify

if TYPE_CHECKING:
    from . import plots

__version__ = "0.1.0"

__all__ = [
    "DataError",
    "DownloadError",
    "EngineError",
    "EngineUnavailable",
    "History",
    "Input",
    "LabelErrors",
    "MissingExtraError",
    "Model",
    "PyFluxError",
    "SavedModelError",
    "ScaleWarning",
    "Sequential",
    "TrainingResult",
    "Verification",
    "activations",
    "applications",
    "callbacks",
    "constraints",
    "datasets",
    "export_html",
    "export_onnx",
    "find_label_errors",
    "from_keras",
    "from_torch",
    "initializers",
    "layers",
    "load",
    "losses",
    "lr_find",
    "metrics",
    "models",
    "networks",
    "optimizers",
    "plots",
    "recipes",
    "regularizers",
    "schedules",
    "synthetic_digits",
    "synthetic_images",
    "to_keras",
    "to_torch",
    "train_mnist",
    "utils",
    "verify",
]


def __getattr__(name: str) -> Any:
    """Import what few programs need when it is first used."""
    if name == "plots":
        return import_module(".plots", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
