"""Every loss in a model: in both engines, saved and loaded."""

import numpy as np
import pytest

from pyflux import Sequential, layers, load
from pyflux.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Huber,
    MeanAbsoluteError,
    MeanSquaredError,
    SparseCategoricalCrossentropy,
)
from tests.losses.test_losses import Cauchy

ALL = [
    BinaryCrossentropy(),
    BinaryCrossentropy(from_logits=True, label_smoothing=0.2),
    CategoricalCrossentropy(label_smoothing=0.2),
    CategoricalCrossentropy(from_logits=True),
    Huber(),
    Huber(delta=0.2),
    MeanAbsoluteError(),
    MeanSquaredError(),
    SparseCategoricalCrossentropy(),
    SparseCategoricalCrossentropy(from_logits=True),
]

rng = np.random.default_rng(0)
X = rng.normal(size=(20, 5)).astype(np.float32)
LABELS = rng.integers(0, 3, 20)
WEIGHTS = rng.random(20)


def targets(loss):
    if loss.kind in ("absolute", "squared", "huber", "custom"):
        return 2 * X[:, :3]
    return LABELS if loss.sparse else np.eye(3)[LABELS]


def model(loss, engine):
    layer = layers.Dense(3, activation=loss.head or None, input_shape=(5,))
    made = Sequential([layer], seed=0, engine=engine)
    made.compile("sgd", loss)
    return made


@pytest.mark.parametrize("loss", [*ALL, Cauchy(2.0)], ids=str)
def test_a_loss_in_training(loss, engine, tmp_path):
    if loss.kind == "custom" and engine == "flux":
        pytest.skip("a loss of one's own is for the reference engine")
    made = model(loss, engine)
    x, y = X, targets(loss)
    # The loss that is measured is the one that the class computes from what is predicted.
    assert made.evaluate(x, y) == pytest.approx(loss(y, made.predict(x)), rel=1e-5)
    history = made.fit(x, y, sample_weight=WEIGHTS, batch_size=20, epochs=1, verbose=0, shuffle=False)
    start = model(loss, engine)
    assert history.history["loss"] == pytest.approx([loss(y, start.predict(x), WEIGHTS)], rel=1e-5)
    # One step against the gradient makes it smaller.
    assert loss(y, made.predict(x), WEIGHTS) < loss(y, start.predict(x), WEIGHTS)
    made.save(tmp_path / "model.safetensors")
    loaded = load(tmp_path / "model.safetensors", engine=engine)
    assert loaded.evaluate(x, y) == made.evaluate(x, y)


@pytest.mark.parametrize("loss", ALL, ids=str)
def test_flux_has_the_reference_s_loss_and_gradient(loss, julia):
    both = [model(loss, engine) for engine in ("flux", "reference")]
    y = targets(loss)
    start = both[0].get_weights()
    for each in both:
        each.fit(X, y, sample_weight=WEIGHTS, batch_size=20, epochs=1, verbose=0)
    flux, reference = both
    assert flux.history.history["loss"] == pytest.approx(reference.history.history["loss"], rel=1e-5)
    for before, got, expected in zip(start, flux.get_weights(), reference.get_weights(), strict=True):
        step = expected - before
        np.testing.assert_allclose(got - before, step, atol=1e-5 * np.abs(step).max() + 1e-7)


def test_flux_refuses_a_loss_of_one_s_own(julia):
    made = model(Cauchy(), "flux")
    with pytest.raises(ValueError, match="Cauchy.*reference"):
        made.fit(X, targets(Cauchy()), verbose=0)
