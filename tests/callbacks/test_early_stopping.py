import math

import numpy as np
import pytest

from pyflux.callbacks import EarlyStopping

from .conftest import Model


@pytest.mark.parametrize(
    ("options", "values", "last"),
    [
        ({}, [3, 2, 2, 1], 2),
        ({}, [3, 2, 1, 0], 3),
        ({"patience": 1}, [3, 2, 2, 1], 2),
        ({"patience": 2}, [3, 4, 5, 1], 2),
        ({"patience": 2}, [3, 4, 2, 4, 5, 1], 4),
        ({"min_delta": 0.5}, [3, 2, 1.6, 1], 2),
        ({"min_delta": -0.5}, [3, 2, 1.6, 1], 2),
        ({"mode": "max"}, [1, 2, 2, 3], 2),
        ({"start_from_epoch": 2}, [3, 4, 5, 6, 1], 3),
        ({"patience": 2, "baseline": 1.0}, [3, 3, 3, 0.5], 1),
        ({"patience": 2, "baseline": 1.0}, [0.9, 0.95, 0.95, 0.5], 2),
        ({}, [math.nan, math.nan, 1], 1),
        ({"patience": 2}, [math.nan, 0.5, 0.4, 0.3], 3),
        ({"patience": 2}, [1, math.nan, 0.5, math.nan, math.nan, 0], 4),
    ],
)
def test_training_stops_after_the_patience(model, options, values, last):
    stop = EarlyStopping(**options)
    assert model.train(stop, *values)[0] == last
    assert stop.stopped_epoch == (last if last < len(values) - 1 else 0)


def test_auto_mode_asks_the_metric():
    values = [0.5, 0.6, 0.7]
    assert Model().train(EarlyStopping("val_accuracy"), *values, name="val_accuracy")[0] == 2
    falling = Model(metrics=["my_error"])
    falling.metrics[0].direction = "down"
    assert falling.train(EarlyStopping("val_my_error"), *values, name="val_my_error")[0] == 1


def test_auto_mode_with_a_metric_that_does_not_tell():
    model = Model(metrics=["mine"])
    model.metrics[0].direction = None
    with pytest.raises(ValueError, match=r"'val_mine'.*mode='min'"):
        model.train(EarlyStopping("val_mine"), 1, name="val_mine")
    assert model.rates == []
    assert model.train(EarlyStopping("val_mine", mode="max"), 1, 2, 1, name="val_mine")[0] == 2


def test_the_weights_of_the_best_epoch_are_restored(model):
    stop = EarlyStopping(patience=2, restore_best_weights=True)
    assert model.train(stop, 3, 1, 2, 2, 0)[0] == 3
    assert (stop.best, stop.best_epoch, stop.stopped_epoch) == (1, 1, 3)
    assert model.epoch == 1


def test_the_best_weights_are_restored_without_an_early_stop_too(model):
    model.train(EarlyStopping(patience=9, restore_best_weights=True), 3, 1, 2)
    assert model.epoch == 1


def test_without_restore_best_weights_the_last_weights_stay(model):
    model.train(EarlyStopping(), 3, 1, 2)
    assert model.epoch == 2


def test_the_best_epoch_is_restored_even_if_it_missed_the_baseline(model):
    stop = EarlyStopping(patience=3, baseline=0.1, restore_best_weights=True)
    assert model.train(stop, 5, 4, 6, 6, 6)[0] == 2
    assert model.epoch == 1


def test_a_nan_value_with_finite_weights_restores_the_first_epoch(model):
    model.train(EarlyStopping(patience=2, restore_best_weights=True), math.nan, math.nan, math.nan)
    assert model.epoch == 0


def test_weights_that_are_not_finite_are_never_the_best():
    """A loss can be finite although the last step of its epoch made the weights NaN."""

    class Diverging(Model):
        def get_weights(self):
            return [np.full(1, math.nan if self.epoch >= 2 else self.epoch, np.float32)]

    model = Diverging()
    stop = EarlyStopping(patience=5, restore_best_weights=True)
    model.train(stop, 3, 2, 1, 0.5)
    assert (stop.best, stop.best_epoch, model.epoch) == (2, 1, 1)


def test_fit_ends_if_no_epoch_had_finite_weights():
    class Diverged(Model):
        def get_weights(self):
            return [np.full(1, math.nan, np.float32)]

    model = Diverged()
    assert (
        model.train(
            EarlyStopping("loss", patience=5, restore_best_weights=True),
            {"loss": math.nan},
            {"loss": math.nan},
        )[0]
        == 1
    )
    assert model.epoch == 1


def test_one_object_serves_several_trainings(model):
    stop = EarlyStopping(patience=1)
    model.train(stop, 1, 2)
    assert model.train(stop, 5, 4, 3)[0] == 2
    assert (stop.best, stop.best_epoch, stop.stopped_epoch) == (3, 2, 0)


def test_it_prints_only_with_verbose(model, capsys):
    model.train(EarlyStopping(restore_best_weights=True), 1, 2)
    assert capsys.readouterr().out == ""
    model.train(EarlyStopping(restore_best_weights=True, verbose=1), 1, 2)
    first, second = capsys.readouterr().out.splitlines()
    assert "Epoch 2" in first
    assert "val_loss" in first
    assert "1" in second


def test_a_state_continues_the_patience(model):
    stop = EarlyStopping(patience=2, restore_best_weights=True)
    model.train(stop, 1, 2)
    other = EarlyStopping(patience=2, restore_best_weights=True)
    other.set_model(model)
    other.set_state(stop.get_state())
    other.on_epoch_end(2, {"val_loss": 3.0})
    assert (other.best, other.best_epoch, model.stop_training) == (1, 0, True)
    np.testing.assert_array_equal(other.best_weights[0], [0])
