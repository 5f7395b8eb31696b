"""Prediction of one sample at a time, which enters Julia without juliacall."""

import threading

import numpy as np
import pytest

import pyflux
from pyflux import layers
from pyflux.engines.flux import julia
from pyflux.engines.flux.sample_predictor import SamplePredictor

pytestmark = pytest.mark.usefixtures("julia")


@pytest.fixture
def direct_calls(monkeypatch):
    """The outputs of the calls that were made without juliacall, and None for each that could not be."""
    found = []
    predict = SamplePredictor.predict

    def spy(self, sample):
        found.append(predict(self, sample))
        return found[-1]

    monkeypatch.setattr(SamplePredictor, "predict", spy)
    return found


def images(dtype, count=4):
    x = np.random.default_rng(0).integers(0, 256, (count, 28, 28, 1)).astype(np.uint8)
    return x if dtype == "uint8" else x.astype(np.float32) / 255


def one_by_one(model, x):
    return np.concatenate([model.predict(x[i : i + 1]) for i in range(len(x))])


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize("compiled", [False, True])
def test_samples_alone_and_together_give_the_same(direct_calls, dtype, compiled):
    model = pyflux.networks.flux_mnist(seed=0)
    if compiled:
        model.compile("adam")
    x = images(dtype)
    expected = pyflux.networks.flux_mnist(seed=0, engine="reference").predict(x)
    np.testing.assert_allclose(one_by_one(model, x), expected, atol=1e-6)
    assert len(direct_calls) == 4
    assert all(outputs is not None for outputs in direct_calls)


@pytest.mark.parametrize(
    "network",
    [
        [layers.Dense(3, input_shape=(5,))],
        [layers.Dense(3, input_shape=(4, 5))],
        [layers.Conv2D(3, 3, input_shape=(7, 6, 2))],
        [layers.Conv2D(3, 3, input_shape=(7, 6, 2)), layers.BatchNormalization(), layers.Dropout(0.5)],
    ],
    ids=["features", "rows", "images", "layers of Flux"],
)
def test_every_shape_of_input_and_output(direct_calls, network):
    model = pyflux.Sequential(network, seed=0)
    x = np.random.default_rng(0).normal(size=(3, *model.input_shape[1:])).astype(np.float32)
    np.testing.assert_allclose(one_by_one(model, x), model.predict(x), atol=1e-6)
    assert len(direct_calls) == 3


def test_outputs_are_the_caller_s():
    model, x = pyflux.networks.flux_mnist(seed=0), images("uint8")
    first = model.predict(x[:1])
    kept = first.copy()
    model.predict(x[1:2])
    np.testing.assert_array_equal(first, kept)


def test_new_weights_are_used(direct_calls):
    x, y = pyflux.synthetic_digits(64)
    model = pyflux.networks.flux_mnist(seed=0)
    model.compile("adam")
    before = model.predict(x[:1])
    model.fit(x, y, verbose=0)
    after = model.predict(x[:1])
    np.testing.assert_allclose(after, model.predict(x)[:1], atol=1e-6)
    assert np.abs(after - before).max() > 1e-4
    model.set_weights([np.zeros_like(w) for w in model.get_weights()])
    np.testing.assert_allclose(model.predict(x[:1]), np.full((1, 10), 0.1), atol=1e-6)
    model.compile("sgd")
    np.testing.assert_allclose(model.predict(x[:1]), np.full((1, 10), 0.1), atol=1e-6)
    assert all(outputs is not None for outputs in direct_calls)


def test_other_threads_make_ordinary_calls(direct_calls):
    model, x, found = pyflux.networks.flux_mnist(seed=0), images("uint8"), []
    thread = threading.Thread(target=lambda: found.append(model.predict(x[:1])))
    thread.start()
    thread.join()
    assert direct_calls == [None]
    np.testing.assert_array_equal(found[0], model.predict(x[:1]))


def test_julia_s_thread_has_precedence():
    bridge = julia.start()
    thread = bridge._thread
    entered = thread.call(lambda: bridge.call_directly(lambda n: n, 1))
    assert entered is None  # in Julia's own thread, which is busy with this call
    assert bridge.call_directly(lambda n: n + 1, 1) == 2


def test_errors_in_julia_are_those_of_an_ordinary_call(monkeypatch):
    model, x = pyflux.networks.flux_mnist(seed=0), images("uint8")
    model.predict(x[:1])
    predictor = model.session().network._sample_predictor[1]
    monkeypatch.setattr(predictor, "_function", lambda address, is_bytes: 0)
    np.testing.assert_allclose(model.predict(x[:1]), model.predict(x)[:1], atol=1e-6)
