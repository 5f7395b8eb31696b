"""ReduceLROnPlateau and LearningRateScheduler."""

import math

import pytest

from pyflux.callbacks import LearningRateScheduler, ReduceLROnPlateau


@pytest.mark.parametrize(
    ("options", "values", "rates"),
    [
        ({"patience": 2}, [1, 1, 1, 1, 1, 1], [0.1, 0.1, 0.1, 0.01, 0.01, 0.001]),
        ({"patience": 1, "factor": 0.5}, [1, 2, 0.5, 2, 0], [0.1, 0.1, 0.05, 0.05, 0.025]),
        ({"patience": 1, "cooldown": 2}, [1, 1, 1, 1, 1, 1], [0.1, 0.1, 0.01, 0.01, 0.001, 0.001]),
        ({"patience": 1, "min_lr": 0.05}, [1, 1, 1, 1], [0.1, 0.1, 0.05, 0.05]),
        ({"patience": 1}, [1, 1 - 1e-5, 1], [0.1, 0.1, 0.01]),
        ({"patience": 1, "mode": "max"}, [1, 2, 3, 3, 3], [0.1, 0.1, 0.1, 0.1, 0.01]),
        ({"patience": 0}, [1, 1, 0.5], [0.1, 0.1, 0.01]),
        ({}, [1] * 11 + [1], [0.1] * 11 + [0.01]),
    ],
)
def test_reduce_on_plateau(model, options, values, rates):
    _, history = model.train(ReduceLROnPlateau(**options), *values)
    assert model.rates == pytest.approx(rates)
    assert history.history["learning_rate"] == pytest.approx(rates)


def test_reduce_on_plateau_prints_with_verbose_and_serves_again(model, capsys):
    reduce = ReduceLROnPlateau(patience=1, verbose=1)
    model.train(reduce, 1, 1)
    line = capsys.readouterr().out
    assert "Epoch 2" in line
    assert "0.01" in line
    model.train(reduce, 5, 4)
    assert model.learning_rate == pytest.approx(0.01)


def test_a_state_continues_the_patience(model):
    reduce = ReduceLROnPlateau(patience=2)
    model.train(reduce, 1, 1)
    other = ReduceLROnPlateau(patience=2)
    other.set_model(model)
    other.set_state(reduce.get_state())
    other.on_epoch_end(2, {"val_loss": 1.0})
    assert model.learning_rate == pytest.approx(0.01)


def one(epoch):
    return 0.1 / (epoch + 1)


class Halving:
    def __call__(self, epoch, lr):
        return lr / 2 if epoch else lr


@pytest.mark.parametrize(
    ("schedule", "rates"),
    [
        (lambda epoch, lr: lr / 2 if epoch else lr, [0.1, 0.05, 0.025]),
        (one, [0.1, 0.05, 0.1 / 3]),
        (Halving(), [0.1, 0.05, 0.025]),
        (lambda epoch, lr=None: 0.3 if lr is None else lr, [0.1, 0.1, 0.1]),
        (lambda *given: float(len(given)), [2, 2, 2]),
        (lambda epoch: [0, 0.05, 1][epoch], [0, 0.05, 1]),
    ],
)
def test_a_schedule_of_one_or_two_arguments(model, schedule, rates):
    _, history = model.train(LearningRateScheduler(schedule), 1, 1, 1)
    assert model.rates == pytest.approx(rates)
    assert history.history["learning_rate"] == pytest.approx(rates)


def test_the_scheduler_prints_with_verbose(model, capsys):
    model.train(LearningRateScheduler(one, verbose=1), 1, 1)
    assert "Epoch 2" in capsys.readouterr().out.splitlines()[1]


@pytest.mark.parametrize(
    ("bad", "error"), [(None, TypeError), (-0.1, ValueError), (math.inf, ValueError), ("0.1", TypeError)]
)
def test_a_schedule_that_returns_no_learning_rate(model, bad, error):
    with pytest.raises(error, match=r"schedule\(0, 0\.1\)"):
        model.train(LearningRateScheduler(lambda epoch, lr: bad), 1)


def test_an_error_in_a_schedule_is_not_taken_for_its_arguments(model):
    def schedule(epoch, lr):
        raise TypeError("mine")

    with pytest.raises(TypeError, match="mine"):
        model.train(LearningRateScheduler(schedule), 1)


@pytest.mark.parametrize("schedule", [0.1, lambda: 0.1, lambda a, b, c: a])
def test_what_is_no_schedule(schedule):
    with pytest.raises(TypeError, match="schedule"):
        LearningRateScheduler(schedule)
