"""The learning-rate range test."""

import numpy as np
import pytest

from pyflux import Sequential, layers, lr_find, optimizers
from pyflux.optimizers import schedules


@pytest.fixture
def model(engine):
    """A network with all that training changes or draws: moving averages, moments, dropout, augmentation."""
    made = Sequential(
        [
            layers.RandomFlip("vertical", input_shape=(6, 5, 2)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.Flatten(),
            layers.Dropout(0.2),
            layers.Dense(3, activation="softmax"),
        ],
        seed=0, engine=engine,
    )  # fmt: skip
    made.compile(optimizers.Adam(0.01), metrics=["accuracy"])
    return made


def test_the_loss_falls_where_the_network_learns_and_rises_where_it_is_too_much(small, samples):
    model = small()
    model.compile(optimizers.SGD(momentum=0.9))
    x, y = samples(300)
    wrong = y.copy()
    wrong[::4] = (y[::4] + 1) % 3  # labels that cannot be learned, so that nothing is right at any rate
    found = lr_find(model, x, wrong, start=1e-5, end=1e3, steps=80, verbose=0)
    assert found.learning_rates[0] == pytest.approx(1e-5)
    factors = found.learning_rates[1:] / found.learning_rates[:-1]
    np.testing.assert_allclose(factors, 1e8 ** (1 / 79))
    assert found.losses.shape == found.smoothed.shape == found.learning_rates.shape
    assert np.mean(found.losses[:5]) == pytest.approx(np.log(3), rel=0.3)
    assert found.smoothed.min() < 0.9 * found.smoothed[0]
    assert found.smoothed[-1] > 2 * found.smoothed.min()
    near = found.smoothed <= 0.9 * found.smoothed.min() + 0.1 * found.smoothed[0]
    assert found.suggestion == pytest.approx(found.learning_rates[near.argmax()] / 10)
    # The suggestion is one that the network learns with.
    model.learning_rate = found.suggestion
    model.fit(x, y, epochs=10, verbose=0)
    assert model.evaluate(*samples(100, seed=1), verbose=0) < 0.5


def test_the_model_is_as_it_was_and_trains_as_without_the_test(model, samples):
    x, y = samples()
    before = model.fit(x, y, epochs=1, verbose=0)
    weights, state = model.get_weights(), model.optimizer_state()
    found = lr_find(model, x, y, steps=20, verbose=0)
    assert len(found.losses) > 0
    assert model.history is before
    assert (model.epochs_trained, model.learning_rate) == (1, 0.01)
    for mine, kept in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(mine, kept)
    assert model.optimizer_state().iterations == state.iterations
    for name, arrays in state.slots.items():
        for mine, kept in zip(model.optimizer_state().slots[name], arrays, strict=True):
            np.testing.assert_array_equal(mine, kept)
    after = model.fit(x, y, epochs=1, verbose=0).history

    other = Sequential.from_config(model.get_config(), seed=0, engine=model.engine)
    other.compile(optimizers.Adam(0.01), metrics=["accuracy"])
    other.fit(x, y, epochs=1, verbose=0)
    assert other.fit(x, y, epochs=1, verbose=0).history == after


def test_the_first_loss_is_that_of_the_model_and_its_batch(small, samples):
    model = small()
    x, y = samples(32)
    model.compile(optimizers.SGD(schedules.ExponentialDecay(0.1, 10, 0.5)))
    found = lr_find(model, x, y, steps=10, batch_size=32, verbose=0)
    assert found.losses[0] == pytest.approx(model.evaluate(x, y, verbose=0), rel=1e-5)
    assert found.smoothed[0] == pytest.approx(found.losses[0])
    assert found.smoothed[1] == pytest.approx((0.9 * found.losses[0] + found.losses[1]) / 1.9)


def test_the_same_is_found_again(small, samples):
    model = small()
    model.compile("adam")
    first, second = (lr_find(model, *samples(), steps=15, verbose=0) for _ in range(2))
    np.testing.assert_array_equal(first.losses, second.losses)


def test_batches_may_come_from_a_generator(small, samples):
    model = small()
    model.compile("adam")
    x, y = samples(400)
    found = lr_find(model, ((x[i : i + 8], y[i : i + 8]) for i in range(0, 400, 8)), steps=20, verbose=0)
    assert len(found.losses) == 20
    with pytest.raises(ValueError, match="x .*batches"):
        lr_find(model, iter([(x[:8], y[:8])] * 12), steps=20, verbose=0)


def test_losses_that_are_not_finite_end_the_test(samples):
    model = Sequential([layers.Flatten(input_shape=(6, 5, 2)), layers.Dense(1)], seed=0, engine="reference")
    model.compile("sgd", "mean_squared_error")
    x, y = samples()
    found = lr_find(model, x / 255, y.astype(np.float32), start=1e-9, end=1e60, verbose=0)
    assert 0 < len(found.losses) < 100
    assert np.isfinite(found.losses).all()


def test_a_loss_that_only_rises_suggests_nothing(small, samples):
    model = small()
    model.compile("sgd")
    model.fit(*samples(), epochs=1, verbose=0)
    assert lr_find(model, *samples(), start=1e3, end=1e6, steps=10, verbose=0).suggestion is None


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"start": 0}, ValueError, "start.*0"),
        ({"start": 1.0, "end": 0.1}, ValueError, "end.*1.*0.1"),
        ({"steps": 5}, ValueError, "steps.*10.*5"),
        ({"batch_size": 0}, ValueError, "batch_size.*0"),
    ],
)
def test_arguments_are_checked(small, samples, options, error, message):
    model = small()
    model.compile("adam")
    with pytest.raises(error, match=message):
        lr_find(model, *samples(), **options)


def test_a_model_that_is_not_compiled_is_refused(small, samples):
    with pytest.raises(ValueError, match="compile"):
        lr_find(small(), *samples())


def test_the_picture_has_both_curves_and_the_suggestion(small, samples):
    pytest.importorskip("matplotlib")
    model = small()
    model.compile("adam")
    found = lr_find(model, *samples(), verbose=0)
    ax = found.plot()
    batches, smoothed, suggestion = ax.lines
    np.testing.assert_array_equal(
        batches.get_xydata(), np.stack([found.learning_rates, found.losses], axis=1)
    )
    np.testing.assert_array_equal(smoothed.get_ydata(), found.smoothed)
    assert set(suggestion.get_xdata()) == {found.suggestion}
    assert ax.get_xscale() == "log"
