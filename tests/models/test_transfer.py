"""Transfer learning: a frozen base stays as it is, its output is computed once, its last block can follow."""

import numpy as np
import pytest

from pyflux import Sequential, layers, load, optimizers, synthetic_images
from pyflux.callbacks import EarlyStopping, LambdaCallback, ReduceLROnPlateau
from pyflux.engines.flux import network as flux
from pyflux.engines.reference import network as reference
from pyflux.models.data_sources import DataSources

SHAPE = (16, 16, 3)


def base(engine, seed=3):
    """A small network in two blocks, as VGG16 is in five."""
    return Sequential(
        [
            layers.Conv2D(6, 3, padding="same", activation="relu", name="block1_conv1", input_shape=SHAPE),
            layers.MaxPooling2D(name="block1_pool"),
            layers.Conv2D(8, 3, padding="same", activation="relu", name="block2_conv1"),
            layers.MaxPooling2D(name="block2_pool"),
        ],
        name="base",
        seed=seed,
        engine=engine,
    )


def head(model, engine, **options):
    return Sequential(
        [model, layers.Flatten(), layers.Dense(16, activation="relu"), layers.Dense(4, activation="softmax")],
        seed=0,
        engine=engine,
        **options,
    )


@pytest.fixture(scope="module")
def images():
    return synthetic_images(240, size=SHAPE[:2], classes=4, seed=0)


def test_a_run_of_transfer_learning(engine, images):
    frozen = base(engine)
    before = frozen.get_weights()
    frozen.trainable = False
    model = head(frozen, engine)
    model.compile(optimizers.Adam(0.01), metrics=["accuracy"])
    history = model.fit(*images, epochs=25, batch_size=16, verbose=0, validation_split=0.2).history
    assert history["loss"][-1] < 0.8 * history["loss"][0]
    for a, b in zip(before, frozen.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    for a, b in zip(before, model.get_weights()[:4], strict=True):
        np.testing.assert_array_equal(a, b)

    # Fine-tuning: the last block learns too, the first does not.
    frozen.get_layer("block2_conv1").trainable = True
    model.compile(optimizers.Adam(0.001), metrics=["accuracy"])
    model.fit(*images, epochs=1, batch_size=16, verbose=0)
    after = frozen.get_weights()
    for a, b in zip(before[:2], after[:2], strict=True):
        np.testing.assert_array_equal(a, b)
    assert all((a != b).any() for a, b in zip(before[2:], after[2:], strict=True))


def test_what_a_frozen_base_gives_is_computed_once_for_all_epochs(engine, images, monkeypatch):
    network = {"reference": reference.Network, "flux": flux.Network}[engine]
    calls, compute = [], network.features

    def features(self, given, batch_size):
        calls.append(len(given))
        return compute(self, given, batch_size)

    monkeypatch.setattr(network, "features", features)
    frozen = base(network.engine)
    frozen.trainable = False
    model = head(frozen, network.engine)
    model.compile(optimizers.Adam(0.01))
    model.fit(*images, epochs=3, verbose=0, validation_split=0.25)
    assert calls == [180, 60]


def test_computing_it_once_changes_nothing(engine, images, monkeypatch):
    histories = []
    for once in (True, False):
        frozen = base(engine)
        frozen.trainable = False
        model = head(frozen, engine)
        model.compile(optimizers.Adam(0.01))
        if not once:
            monkeypatch.setattr(DataSources, "features", lambda self, data, batch_size: data)
        histories.append(model.fit(*images, epochs=2, verbose=0).history["loss"])
    assert histories[0] == pytest.approx(histories[1], rel=1e-5)


def test_augmentation_before_a_frozen_base_is_not_computed_once(images):
    frozen = base("reference")
    frozen.trainable = False
    model = Sequential(
        [
            layers.RandomFlip(input_shape=SHAPE),
            frozen,
            layers.Flatten(),
            layers.Dense(4, activation="softmax"),
        ],
        engine="reference",
    )
    model.compile()
    model.fit(*images, epochs=1, verbose=0)
    assert model._architecture.frozen > 0


def test_a_model_with_a_model_in_it_is_saved_whole(engine, images, tmp_path):
    frozen = base(engine)
    frozen.trainable = False
    model = head(frozen, engine)
    model.compile(optimizers.Adam(0.01))
    model.fit(*images, epochs=1, verbose=0)
    model.save(tmp_path / "m.safetensors")
    again = load(tmp_path / "m.safetensors", engine=engine)
    np.testing.assert_array_equal(again.predict(images[0][:5]), model.predict(images[0][:5]))
    assert not again.get_layer("base/block1_conv1").trainable
    a, b = (m.fit(*images, epochs=1, verbose=0).history for m in (model, again))
    assert a == b


# ── Callbacks in a real fit ──────────────────────────────────────────────────────────────────────────────


def test_early_stopping_restores_exactly_the_best_epoch(engine, small, samples):
    kept = {}
    model = small(engine=engine)
    model.compile(optimizers.Adam(0.1))
    stop = EarlyStopping(monitor="val_loss", patience=3, restore_best_weights=True)
    keep = LambdaCallback(on_epoch_end=lambda epoch, logs: kept.update({epoch: model.get_weights()}))
    x_val, y_val = samples(30, seed=9)
    history = model.fit(
        *samples(30),
        epochs=60,
        batch_size=4,
        verbose=0,
        validation_data=(x_val, np.roll(y_val, 1)),  # mostly wrong: soon learning more makes it worse
        callbacks=[keep, stop],
    )
    losses = history.history["val_loss"]
    best = int(np.argmin(losses))
    assert len(losses) == best + 4 < 60
    for a, b in zip(model.get_weights(), kept[best], strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_plateau_lowers_the_learning_rate(engine, small, samples):
    rates = []
    model = small(engine=engine)
    model.compile(optimizers.SGD(0.5))
    plateau = ReduceLROnPlateau(monitor="loss", factor=0.1, patience=1, min_delta=10.0)
    log = LambdaCallback(on_epoch_end=lambda epoch, logs: rates.append(model.learning_rate))
    history = model.fit(*samples(16), epochs=4, batch_size=8, verbose=0, callbacks=[log, plateau])
    assert history.history["learning_rate"] == pytest.approx(rates)
    assert rates == pytest.approx([0.5, 0.5, 0.05, 0.005])
    assert model.learning_rate == pytest.approx(0.0005)


def test_a_schedule_sets_the_rate_of_every_step(engine, small, samples):
    from pyflux.schedules import PiecewiseConstantDecay

    x, y = samples(16)
    scheduled, by_hand = small(engine=engine), small(engine=engine)
    scheduled.compile(optimizers.SGD(PiecewiseConstantDecay([1, 3], [0.1, 0.01, 0.2])))
    scheduled.fit(x, y, epochs=2, batch_size=8, shuffle=False, verbose=0)
    by_hand.compile(optimizers.SGD(1.0))
    # Step 1 is still in the first piece: boundaries belong to what is before them.
    for rate, part in zip([0.1, 0.1, 0.01, 0.01], [0, 1, 0, 1], strict=True):
        by_hand.learning_rate = rate
        here = slice(8 * part, 8 * part + 8)
        by_hand.fit(x[here], y[here], batch_size=8, shuffle=False, verbose=0)
    for a, b in zip(scheduled.get_weights(), by_hand.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_class_and_sample_weights_multiply(engine, small, samples):
    x, y = samples(24)
    weights = np.linspace(0, 2, 24)
    models = [small(engine=engine) for _ in range(2)]
    for model in models:
        model.compile(optimizers.SGD(0.1))
    models[0].fit(x, y, verbose=0, sample_weight=weights, class_weight={0: 0.0, 2: 3.0})
    models[1].fit(x, y, verbose=0, sample_weight=weights * np.array([0.0, 1.0, 3.0])[y])
    for a, b in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
