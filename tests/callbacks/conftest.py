"""A model that only remembers, trained by a loop that calls the hooks as `fit` does."""

import json
import math
from types import SimpleNamespace

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from pyflux.callbacks import CallbackList
from pyflux.errors import SavedModelError


class Model:
    """Has one weight: the number of the epoch that was trained last."""

    def __init__(self, learning_rate=0.1, metrics=("accuracy",)):
        self.weights = [np.zeros(1, np.float32)]
        self.stop_training = False
        self.learning_rate = learning_rate
        self.rates = []
        self.metrics = [SimpleNamespace(name=name, direction="up") for name in metrics]
        self.architecture = SimpleNamespace(weights=[SimpleNamespace(name="dense/kernel")])
        self.iterations = 0

    def get_weights(self):
        return [w.copy() for w in self.weights]

    def set_weights(self, weights):
        assert all(np.isfinite(w).all() for w in weights)
        self.weights = [np.array(w) for w in weights]

    def save(self, path, *, metadata=None, arrays=None):
        if not np.isfinite(self.weights[0]).all():
            raise SavedModelError(f"{path} was not written: the weights are not finite")
        note = {"learning_rate": str(self.learning_rate), "iterations": str(self.iterations)}
        save_file({"w": self.weights[0], **(arrays or {})}, str(path), metadata={**(metadata or {}), **note})

    def save_weights(self, path, *, metadata=None):
        save_file({"w": self.weights[0], "only": np.zeros(1)}, str(path), metadata=dict(metadata or {}))

    def restore(self, path):
        note = header(path)
        self.weights = [load_file(path)["w"]]
        self.learning_rate, self.iterations = float(note["learning_rate"]), int(note["iterations"])

    def train(self, callbacks, *numbers, first=0, name="val_loss", batches=0, validation=None):
        """Train an epoch for each of the numbers: dicts of logs, or values of `name`.

        `batches` hooks are called in each epoch, with the loss. Returns the last epoch and the history.
        """
        self.stop_training = False
        called = CallbackList(
            callbacks,
            model=self,
            history=True,
            epochs=first + len(numbers),
            steps=batches,
            validation=validation,
        )
        called.on_train_begin()
        begin = first if called.initial_epoch is None else called.initial_epoch
        first_batch = called.initial_batch or 0
        epoch = begin - 1
        for epoch in range(begin, first + len(numbers)):
            if self.stop_training:
                break
            given = numbers[epoch - first]
            logs = dict(given) if isinstance(given, dict) else {"loss": 1.0, name: given}
            called.on_epoch_begin(epoch)
            self.rates.append(self.learning_rate)
            self.weights[0][0] = math.nan if given == "nan" else epoch
            for batch in range(first_batch, batches):
                called.on_train_batch_begin(batch)
                self.iterations += 1
                called.on_train_batch_end(batch, {"loss": logs["loss"]})
                if self.stop_training:
                    break
            first_batch = 0
            called.on_epoch_end(epoch, logs)
            if self.stop_training:
                break
        called.on_train_end(logs if epoch >= begin else None)
        return epoch, called.history

    @property
    def epoch(self):
        return int(self.weights[0][0])


def header(path):
    """Return the metadata of a safetensors file."""
    from safetensors import safe_open

    with safe_open(path, framework="np") as file:
        return dict(file.metadata())


def note(path, key):
    """Return what a callback noted in a saved model."""
    return json.loads(header(path)[key])


@pytest.fixture
def model():
    return Model()
