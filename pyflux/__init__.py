"""Flux.jl, the Julia machine-learning library, at home in Python.

>>> import pyflux
>>> result = pyflux.train_mnist(epochs=3)  # doctest: +SKIP
>>> result.test_accuracy  # doctest: +SKIP
0.98…

Importing pyflux starts nothing: Julia comes with the first `fit` or `predict`.
"""

from . import datasets, layers, losses, metrics, models, networks, optimizers
from .errors import (
    DataError,
    DownloadError,
    EngineError,
    EngineUnavailable,
    MissingExtraError,
    PyFluxError,
    SavedModelError,
)
from .history import History
from .models import Sequential, load
from .synthetic import synthetic_digits
from .training import TrainingResult, train_mnist

__version__ = "0.1.0"

__all__ = [
    "DataError",
    "DownloadError",
    "EngineError",
    "EngineUnavailable",
    "History",
    "MissingExtraError",
    "PyFluxError",
    "SavedModelError",
    "Sequential",
    "TrainingResult",
    "datasets",
    "layers",
    "load",
    "losses",
    "metrics",
    "models",
    "networks",
    "optimizers",
    "synthetic_digits",
    "train_mnist",
]
