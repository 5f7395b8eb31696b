"""Flux.jl, the Julia machine-learning library, at home in Python.

>>> import pyflux
>>> result = pyflux.train_mnist(epochs=3)  # doctest: +SKIP
>>> result.test_accuracy  # doctest: +SKIP
0.98…

Importing pyflux starts nothing: Julia comes with the first `fit` or `predict`.
"""

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
from .layers import Input
from .models import History, Model, Sequential, load
from .train_mnist import TrainingResult, train_mnist

__version__ = "0.1.0"

__all__ = [
    "DataError",
    "DownloadError",
    "EngineError",
    "EngineUnavailable",
    "History",
    "Input",
    "MissingExtraError",
    "Model",
    "PyFluxError",
    "SavedModelError",
    "ScaleWarning",
    "Sequential",
    "TrainingResult",
    "activations",
    "applications",
    "callbacks",
    "constraints",
    "datasets",
    "export_html",
    "export_onnx",
    "from_keras",
    "from_torch",
    "initializers",
    "layers",
    "load",
    "losses",
    "metrics",
    "models",
    "networks",
    "optimizers",
    "recipes",
    "regularizers",
    "schedules",
    "synthetic_digits",
    "synthetic_images",
    "to_keras",
    "to_torch",
    "train_mnist",
    "utils",
]
