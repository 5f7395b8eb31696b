"""The decisions of callbacks against those of Keras's, value by value."""

import tempfile
from pathlib import Path

import numpy as np

from pyflux import callbacks

from ..keras_process import ask_keras
from .conftest import Model

SEEDS = range(40)


class Optimizer:
    """As much of an optimizer as Keras's callbacks use."""

    def __init__(self, model):
        self.model = model

    @property
    def learning_rate(self):
        return np.float32(self.model.learning_rate)

    @learning_rate.setter
    def learning_rate(self, value):
        self.model.learning_rate = float(value)


def decisions(library, seed):
    """Return what EarlyStopping and ReduceLROnPlateau make of random values.

    NaN is among them, but not where the first one is looked at: Keras never recovers from that one. The values
    are multiples of 0.1, and the smallest change that counts lies between these.
    """
    rng = np.random.default_rng(seed)
    values = np.round(rng.random(30), 1)
    values[rng.random(30) < 0.1] = np.nan
    values[:4] = [0.9, 0.3, 0.6, 0.5]
    mode = str(rng.choice(["min", "max"]))
    stop = library.EarlyStopping(
        "val_loss", patience=int(rng.integers(0, 6)), min_delta=float(rng.choice([0, 0.15])), mode=mode,
        baseline=[None, 0.42][rng.integers(2)], restore_best_weights=bool(rng.integers(2)),
        start_from_epoch=int(rng.integers(0, 4)),
    )  # fmt: skip
    reduce = library.ReduceLROnPlateau(
        "val_loss", factor=0.5, patience=int(rng.integers(0, 4)), mode=mode, cooldown=int(rng.integers(0, 3)),
        min_delta=float(rng.choice([1e-4, 0.15])), min_lr=0.004,
    )  # fmt: skip
    model = Model()
    model.optimizer = Optimizer(model)
    rates = []
    for callback in (stop, reduce):
        callback.set_model(model)
        callback.on_train_begin()
    for epoch, value in enumerate(values):
        model.weights[0][0] = epoch
        for callback in (stop, reduce):
            callback.on_epoch_end(epoch, {"loss": 1.0, "val_loss": value})
        rates.append(round(model.learning_rate, 6))
        if model.stop_training:
            break
    stop.on_train_end()
    best = [float(stop.best), float(reduce.best)]
    return [epoch, stop.stopped_epoch, stop.best_epoch, model.epoch, best, rates]


def csv_log(library):
    """Return the columns and lines of a log whose first epoch has no validation."""
    path = Path(tempfile.mkdtemp()) / "log.csv"
    log = library.CSVLogger(path)
    log.set_model(Model())
    log.on_train_begin()
    log.on_epoch_end(0, {"loss": 0.5, "accuracy": 0.1 + 0.2})
    log.on_epoch_end(1, {"loss": 0.25, "accuracy": 1, "val_loss": 2.0, "val_accuracy": 0.0})
    log.on_train_end()
    return path.read_text().split()


def everything(keras):
    return [[decisions(keras.callbacks, seed) for seed in SEEDS], csv_log(keras.callbacks)]


def test_callbacks_decide_as_keras_s_do():
    theirs, log = ask_keras(__name__, "everything")
    assert [decisions(callbacks, seed) for seed in SEEDS] == theirs
    assert csv_log(callbacks) == log
