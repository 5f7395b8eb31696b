import dataclasses

import numpy as np
import pytest

import pyflux
from pyflux import datasets, networks
from pyflux.optimizers import Adam
from pyflux.train_mnist import train_on, validation_size


@pytest.fixture
def drawn(monkeypatch, digits):
    """Drawn digits in MNIST's place."""
    monkeypatch.setattr(datasets, "load", lambda name, data_dir, verbose: digits)


def test_the_result_is_whole(engine, drawn, digits):
    result = pyflux.train_mnist(
        epochs=4, batch_size=32, learning_rate=0.005, validation=200, seed=0, engine=engine, verbose=0
    )
    _, (x_test, y_test) = digits
    assert result.test_accuracy > 0.9
    assert result.history.history["val_accuracy"][-1] > 0.9
    found = result.predictions.argmax(axis=1)
    assert result.predictions.shape == (300, 10)
    assert result.test_accuracy == pytest.approx((found == y_test).mean())
    assert result.confusion_matrix.sum() == 300
    assert np.trace(result.confusion_matrix) == (found == y_test).sum()
    assert len(result.seconds_per_epoch) == 4
    assert (result.engine, result.seed, result.dataset) == (engine, 0, "mnist")
    assert set(result.versions) >= ({"julia", "flux", "threads"} if engine == "flux" else {"numpy"})
    np.testing.assert_array_equal(result.model.predict(x_test), result.predictions)
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.seed = 1


def test_the_validation_images_are_not_trained_on(digits):
    (x, y), test = digits
    spoiled = x.copy()
    spoiled[1000:] = 255 - spoiled[1000:]
    results = []
    for images in (x, spoiled):
        model = networks.flux_mnist(seed=0, engine="reference")
        model.compile(Adam(), metrics=["accuracy"])
        results.append(
            train_on(model, (images, y), test, "drawn", epochs=1, batch_size=64, validation=200, verbose=0)
        )
    assert results[0].test_loss == results[1].test_loss
    assert results[0].history.history["val_loss"] != results[1].history.history["val_loss"]


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"recipe": "fats"}, ValueError, "recipe 'fats' .*'fast'"),
        ({"epochs": 0}, ValueError, "epochs .*at least 1.*0"),
        ({"batch_size": 2**63}, ValueError, f"batch_size .*{2**63}"),
        ({"learning_rate": 0}, ValueError, "learning_rate .*greater than 0"),
        ({"learning_rate": "fast"}, TypeError, "learning_rate .*'fast'"),
        ({"validation": 1.0}, ValueError, r"validation .*\[0, 1\).*1"),
        ({"validation": -1}, ValueError, "validation .*at least 0.*-1"),
        ({"validation": "some"}, TypeError, "validation .*'some'"),
        ({"device": "gpu"}, ValueError, "reference.*device='gpu'"),
        ({"device": "cuda"}, ValueError, "device .*'cuda'"),
        ({"engine": "numpy"}, ValueError, "engine 'numpy' .*reference"),
        ({"dataset": "cifar10"}, ValueError, "dataset 'cifar10' .*kmnist"),
        ({"dataset": None}, TypeError, "dataset .*'mnist'.*None"),
        ({"seed": 0.5}, TypeError, r"seed .*0\.5"),
        ({"seed": 2**64}, ValueError, f"seed .*{2**64}"),
        ({"verbose": 3}, ValueError, "verbose .*3"),
    ],
)
def test_bad_arguments_are_refused_before_the_data_are_loaded(options, error, words, monkeypatch):
    monkeypatch.setattr(datasets, "load", lambda *args, **options: pytest.fail("data were loaded"))
    with pytest.raises(error, match=words):
        pyflux.train_mnist(**{"engine": "reference"} | options)


def test_validation_must_leave_images_to_train_on(drawn):
    with pytest.raises(ValueError, match="validation .*1200.*1200"):
        pyflux.train_mnist(engine="reference", verbose=0, validation=1200)


@pytest.mark.parametrize(
    ("validation", "held_out"), [(0, 0), (7, 7), (0.25, 300), (np.float32(0.5), 600), (np.int64(3), 3)]
)
def test_validation_is_a_number_of_images_or_a_fraction(validation, held_out):
    assert validation_size(validation, 1200) == held_out


def test_real_mnist_gives_98_percent_in_3_epochs(julia, mnist_dir):
    result = pyflux.train_mnist(seed=0, data_dir=mnist_dir, verbose=0)
    assert result.test_accuracy >= 0.98
    assert len(result.history.epoch) == 3
