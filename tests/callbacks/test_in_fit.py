"""Callbacks and metrics in real trainings."""

import logging
import warnings

import numpy as np
import pytest

import pyflux
from pyflux import Sequential, callbacks, layers, losses, metrics, optimizers

RNG = np.random.default_rng(0)
X = RNG.random((60, 8), dtype=np.float32)
Y = RNG.integers(0, 3, 60)


class PowerCut(Exception):
    pass


def model(
    engine="reference",
    optimizer=None,
    seed=3,
    compiled_metrics=("accuracy",),
    loss="sparse_categorical_crossentropy",
):
    made = Sequential(
        [
            layers.Input((8,)),
            layers.Dense(12, activation="relu"),
            layers.Dropout(0.3),
            layers.BatchNormalization(),
            layers.Dense(3, activation="softmax"),
        ],
        seed=seed,
        engine=engine,
    )
    made.compile(optimizer or optimizers.Adam(0.01), loss, metrics=list(compiled_metrics))
    return made


def fit(trained, *given, epochs=4, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # what diverges, overflows
        return trained.fit(X, Y, batch_size=8, epochs=epochs, verbose=0, callbacks=list(given), **options)


@pytest.mark.parametrize(
    ("epoch", "batch", "save_freq"), [(1, 0, "epoch"), (3, 5, "epoch"), (2, 3, 3), (0, 4, 2)]
)
def test_an_interrupted_training_ends_with_the_same_bits(engine, tmp_path, epoch, batch, save_freq):
    def given():
        return (
            callbacks.BackupAndRestore(tmp_path / "backup", save_freq=save_freq),
            callbacks.ReduceLROnPlateau("loss", patience=1, min_delta=0.5, factor=0.5),
        )

    class Cut(callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.epoch = epoch

        def on_train_batch_begin(self, at, logs=None):
            if (self.epoch, at) == (epoch, batch):
                raise PowerCut

    whole = model(engine)
    fit(whole, callbacks.ReduceLROnPlateau("loss", patience=1, min_delta=0.5, factor=0.5))
    with pytest.raises(PowerCut):
        fit(model(engine), *given(), Cut())
    resumed = model(engine, seed=99)  # the seed is restored too
    history = fit(resumed, *given())
    assert history.epoch == [0, 1, 2, 3]
    for ours, theirs in zip(resumed.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert resumed.learning_rate == whole.learning_rate
    assert resumed.iterations == whole.iterations == 4 * 8
    assert not (tmp_path / "backup").exists()


def test_batch_hooks_are_called_for_every_batch(engine):
    seen = []
    show = callbacks.LambdaCallback(
        on_train_batch_begin=lambda batch, logs: seen.append(batch),
        on_train_batch_end=lambda batch, logs: seen.append((batch, sorted(logs))),
    )
    history = fit(model(engine), show, epochs=1)
    expected = [item for batch in range(8) for item in (batch, (batch, ["accuracy", "loss"]))]
    assert seen == expected
    assert history.history["loss"] == [
        pytest.approx(fit(model(engine), epochs=1).history["loss"][0], rel=1e-5)
    ]


def test_a_batch_hook_can_stop_training(engine):
    seen = []

    class Stop(callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = batch == 2

        def on_epoch_end(self, epoch, logs=None):
            seen.append(epoch)

    stopped = model(engine)
    history = fit(stopped, Stop(), validation_data=(X, Y))
    assert (seen, history.epoch, stopped.iterations) == ([0], [0], 3)
    assert "val_loss" in history.history


def test_names_are_those_that_were_asked_for(engine):
    trained = model(engine, compiled_metrics=["acc", metrics.SparseTopKCategoricalAccuracy(2, "top2")])
    stop = callbacks.EarlyStopping("val_acc", patience=9)
    history = fit(trained, stop, validation_split=0.25, epochs=2)
    assert list(history.history) == ["loss", "acc", "top2", "val_loss", "val_acc", "val_top2"]
    assert stop.best == max(history.history["val_acc"])


@pytest.mark.parametrize("compiled_metrics", [[], ["accuracy", metrics.AUC(), metrics.F1Score("macro")]])
def test_a_training_that_diverges_ends(engine, compiled_metrics):
    class Diverge(callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                self.model.learning_rate = 1e30

    best = callbacks.EarlyStopping("loss", patience=9, restore_best_weights=True)
    diverged = model(engine, optimizers.SGD(0.01), compiled_metrics=compiled_metrics)
    history = fit(diverged, Diverge(), callbacks.TerminateOnNaN(), best, epochs=9)
    assert 3 <= len(history.epoch) < 9
    assert not np.isfinite(history.history["loss"][-1])
    assert all(np.isfinite(weights).all() for weights in diverged.get_weights())


def test_a_checkpoint_is_not_overwritten_by_a_diverged_model(engine, tmp_path, caplog):
    path = tmp_path / "m.safetensors"
    diverged = model(engine, optimizers.SGD(0.01))
    fit(diverged, callbacks.ModelCheckpoint(path), epochs=1)
    good = path.read_bytes()
    diverged.learning_rate = 1e30
    with caplog.at_level(logging.WARNING, "pyflux"):
        fit(diverged, callbacks.ModelCheckpoint(path), epochs=2, initial_epoch=1)
    assert path.read_bytes() == good
    assert any(str(path) in record.getMessage() for record in caplog.records)


def test_metrics_of_evaluate_are_those_of_the_outputs(engine):
    def distance(y_true, y_pred):
        return np.abs(y_true - y_pred).sum(axis=1)

    given = ["accuracy", "mae", distance, metrics.Precision(), metrics.AUC(num_thresholds=50)]
    trained = model(engine, loss=losses.CategoricalCrossentropy(label_smoothing=0.2), compiled_metrics=given)
    targets = np.eye(3, dtype=np.float32)[Y]
    results = trained.evaluate(X, targets, return_dict=True, verbose=0)
    outputs = trained.predict(X)
    assert results.pop("loss") > 0
    expected = {
        "accuracy": np.mean(outputs.argmax(axis=1) == Y),
        "mae": np.abs(outputs - targets).mean(),
        "distance": np.abs(outputs - targets).sum(axis=1).mean(),
        "precision": metrics.Precision()(targets, outputs),
        "auc": metrics.AUC(num_thresholds=50)(targets, outputs),
    }
    assert results == {name: pytest.approx(value, rel=1e-5) for name, value in expected.items()}


def test_the_learning_rate_is_in_the_history(engine):
    halve = callbacks.LearningRateScheduler(lambda epoch: 0.1 / 2**epoch)
    assert fit(model(engine), halve, epochs=3).history["learning_rate"] == [0.1, 0.05, 0.025]


def test_validation_every_other_epoch(engine):
    stop = callbacks.EarlyStopping("val_loss", patience=9)
    history = fit(model(engine), stop, validation_split=0.25, validation_freq=2)
    assert len(history.history["val_loss"]) == 2
    assert stop.best == min(history.history["val_loss"])


def test_a_monitor_without_validation_is_found_before_training(engine):
    trained = model(engine)
    with pytest.raises(ValueError, match=r"'val_loss'.*validation_data"):
        fit(trained, callbacks.EarlyStopping())
    assert trained.iterations == 0


def test_a_saved_model_has_its_metrics(engine, tmp_path):
    given = [
        "acc",
        metrics.SparseTopKCategoricalAccuracy(k=2, name="top2"),
        metrics.SparseCategoricalCrossentropy(),
    ]
    saved = model(engine, compiled_metrics=given)
    saved.save(tmp_path / "m")
    loaded = pyflux.load(tmp_path / "m", engine=engine)
    assert loaded.evaluate(X, Y, return_dict=True, verbose=0) == saved.evaluate(
        X, Y, return_dict=True, verbose=0
    )
