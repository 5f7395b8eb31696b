"""Every optimizer and schedule in a model: in both engines, saved and loaded, and refused where wrong."""

import numpy as np
import pytest

from pyflux import Sequential, layers, load
from pyflux.optimizers import SGD
from tests.optimizers.test_optimizers import ALL
from tests.optimizers.test_schedules import ALL as SCHEDULES

rng = np.random.default_rng(0)
# Columns of all sizes, so that the kernel's gradients are of all sizes too.
X = (rng.normal(size=(24, 6)) * 10.0 ** np.arange(-5, 1)).astype(np.float32)
Y = rng.integers(0, 3, 24)


def model(optimizer, engine):
    stack = [layers.Dense(4, activation="tanh", input_shape=(6,)), layers.Dense(3, activation="softmax")]
    made = Sequential(stack, seed=0, engine=engine)
    made.compile(optimizer)
    return made


def fit(model, epochs, initial_epoch=0):
    model.fit(X, Y, batch_size=8, epochs=epochs, initial_epoch=initial_epoch, shuffle=False, verbose=0)


@pytest.mark.parametrize("optimizer", [*ALL, *map(SGD, SCHEDULES)], ids=str)
def test_a_training_that_goes_on_after_saving_is_one_training(optimizer, engine, tmp_path):
    whole, part = model(optimizer, engine), model(optimizer, engine)
    start = whole.get_weights()
    fit(whole, 4)
    fit(part, 2)
    part.save(tmp_path / "model.safetensors")
    loaded = load(tmp_path / "model.safetensors", engine=engine)
    assert loaded.learning_rate == part.learning_rate == optimizer.rate(6)
    fit(loaded, 4, initial_epoch=2)
    for before, a, b in zip(start, whole.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
        assert np.isfinite(a).all()
        assert (a != before).any()


@pytest.mark.parametrize("optimizer", ALL, ids=str)
def test_flux_takes_the_reference_s_steps(optimizer, julia):
    trained = [model(optimizer, engine) for engine in ("flux", "reference")]
    start = trained[0].get_weights()
    for each in trained:
        fit(each, 4)
    for before, got, expected in zip(start, *(each.get_weights() for each in trained), strict=True):
        moved = np.abs(expected - before).max(axis=-1, keepdims=True)
        assert (np.abs(got - expected) <= 1e-4 * moved + 1e-7).all()


def test_saved_slots_have_keras_s_names(tmp_path):
    from safetensors.numpy import load_file

    made = model("adam", "reference")
    fit(made, 1)
    made.save(tmp_path / "model.safetensors")
    names = {name for name in load_file(tmp_path / "model.safetensors") if name.startswith("optimizer/")}
    assert names == {
        f"optimizer/{slot}/{layer}/{weight}"
        for slot in ("momentum", "velocity")
        for layer in ("dense", "dense_1")
        for weight in ("kernel", "bias")
    }
