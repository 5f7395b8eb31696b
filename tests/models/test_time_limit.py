"""Trainings that are laid out over a time, by a clock that moves as far as a batch is said to take."""

import numpy as np
import pytest

from pyflux import Sequential, layers
from pyflux.callbacks import LambdaCallback
from pyflux.models import time_limit, trainer
from pyflux.models.sources import Chunk
from pyflux.models.time_limit import TimeLimit
from pyflux.optimizers import SGD
from pyflux.optimizers.schedules import InverseTimeDecay, OneCycle


class Clock:
    """Stands for the module `time`."""

    def __init__(self):
        self.now = 100.0

    def perf_counter(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(time_limit, "time", clock)
    monkeypatch.setattr(trainer, "time", clock)
    return clock


CHUNK = Chunk(None, np.arange(600), np.arange(600), 6)


def train(limit, clock, seconds, optimizer, evaluation=0.0):
    """Train epochs of 100 batches until the time is over; return the learning rate of every batch."""
    rates = []
    limit.start()
    while not limit.finished:
        for part in limit.parts([CHUNK]):
            assert len(part.order) == len(part.y_true) == 6 * part.batches
            rates += limit.rates(optimizer, len(rates), part.batches)
            clock.now += sum(seconds(len(rates) - part.batches + i) for i in range(part.batches))
        clock.now += evaluation
        if evaluation:
            limit.evaluated(evaluation)
    return np.array(rates)


# Seconds of a batch by its number: steady, with a first one that is compiled, slower and slower, uneven.
SPEEDS = {
    "steady": lambda i: 0.01,
    "compiled": lambda i: 1.0 if i == 0 else 0.003,
    "slower": lambda i: 0.005 + 1e-5 * i,
    "uneven": lambda i: 0.002 + 0.004 * (i % 7),
    "slow": lambda i: 0.4,
}


@pytest.mark.parametrize("speed", SPEEDS)
@pytest.mark.parametrize("validation", [0, 20])
def test_training_ends_with_the_time(clock, speed, validation):
    limit = TimeLimit(10.0, validation)
    # A sample takes 0.4 times as long when it is evaluated.
    rates = train(limit, clock, SPEEDS[speed], SGD(0.1), 0.4 * validation * SPEEDS[speed](400))
    assert clock.now == pytest.approx(110.0, abs=0.5)
    # One cycle: from a 25th up to the highest rate after 30 % of the time, and down to almost nothing.
    assert rates[0] == pytest.approx(0.1 / 25)
    assert rates.max() == pytest.approx(0.1, rel=0.03)
    assert rates[-1] < 0.01
    # The speed is never known exactly: of two parts the second may begin a little earlier than was thought.
    peak = rates.argmax()
    assert (np.diff(rates[: peak + 1]) >= -0.005).all()
    assert (np.diff(rates[peak:]) <= 0.005).all()


def test_rates_follow_the_time_and_not_the_steps(clock):
    limit = TimeLimit(10.0)
    rates = train(limit, clock, lambda i: 0.01 if i < 500 else 0.1, SGD(0.1))
    cycle = OneCycle(0.1, total_steps=10_000)
    # In the middle of the time 500 batches are done, of 550 in all.
    assert len(rates) == pytest.approx(550, abs=2)
    assert rates[499] == pytest.approx(cycle(4_990), rel=0.02)
    assert rates[525] == pytest.approx(cycle(7_550), rel=0.05)


def test_a_cycle_keeps_its_shape_and_other_schedules_are_followed_step_by_step(clock):
    early = train(TimeLimit(10.0), clock, SPEEDS["steady"], SGD(OneCycle(0.1, 5, pct_start=0.1)))
    assert early.argmax() == pytest.approx(100, abs=2)
    inverse = InverseTimeDecay(0.1, 10, 1.0)
    rates = train(TimeLimit(2.0), clock, SPEEDS["steady"], SGD(inverse))
    np.testing.assert_allclose(rates, [inverse(i) for i in range(len(rates))])
    assert train(TimeLimit(2.0), clock, SPEEDS["steady"], SGD(0.0)).max() == 0


def test_parts_are_short_enough_to_measure_and_long_enough_to_be_quick(clock):
    limit, sizes = TimeLimit(10.0), []
    limit.start()
    for part in limit.parts([CHUNK] * 3):
        sizes.append(part.batches)
        clock.now += 0.002 * part.batches
    assert sum(sizes) == 300
    assert sizes[:6] == [1, 2, 4, 8, 16, 32]
    assert max(sizes) == 50  # a hundredth of the time


def test_fit_trains_for_the_time_and_validates_last(clock, engine, monkeypatch):
    rng = np.random.default_rng(0)
    x, y = rng.random((120, 4), np.float32), rng.random((120, 2), np.float32)
    model = Sequential([layers.Dense(2, input_shape=(4,))], seed=0, engine=engine)
    model.compile(SGD(0.1), "mse")
    network, steps = model.session().network, []

    def slow_train(data, order, batch_size, rates):
        clock.now += 0.05 * len(rates)
        steps.extend(rates)
        return type(network).train(network, data, order, batch_size, rates)

    monkeypatch.setattr(network, "train", slow_train)
    before = model.get_weights()[0]
    history = model.fit(x, y, 10, validation_data=(x, y), validation_freq=4, seconds=1.9, verbose=0)
    # 0.24 s are left for the validation of 12 batches: the third epoch is cut short.
    assert len(steps) == 33
    assert len(history.history["loss"]) == 3
    assert len(history.history["val_loss"]) == 1
    assert history.history["val_loss"][-1] == pytest.approx(model.evaluate(x, y, verbose=0), rel=1e-6)
    assert not np.array_equal(before, model.get_weights()[0])
    assert max(steps) == pytest.approx(0.1, rel=0.05)


def test_an_epoch_that_has_begun_trains_though_the_time_ran_out_meanwhile(clock, small):
    model = small(engine="reference")
    model.compile()

    def wait(epoch, logs):
        clock.now += 100

    x, y = np.zeros((80, 6, 5, 2), np.float32), np.zeros(80, np.int64)
    history = model.fit(x, y, 8, seconds=1, callbacks=LambdaCallback(on_epoch_begin=wait), verbose=0)
    assert len(history.history["loss"]) == 1
    assert model.iterations == 1


def test_progress_shows_epochs_without_their_number(small, capsys):
    x, y = np.zeros((8, 6, 5, 2), np.float32), np.zeros(8, np.int64)
    model = small(engine="reference")
    model.compile()
    model.fit(x, y, seconds=0.01, verbose=2)
    assert capsys.readouterr().out.startswith("Epoch 1 - ")


@pytest.mark.parametrize(
    ("options", "error", "parts"),
    [
        ({"seconds": 0}, ValueError, "seconds.*0"),
        ({"seconds": -1.0}, ValueError, "seconds.*-1"),
        ({"seconds": "long"}, TypeError, "seconds.*long"),
        ({"seconds": float("inf")}, ValueError, "seconds.*inf"),
        ({"seconds": 1, "epochs": 3}, ValueError, "epochs.*seconds.*epochs=3.*seconds=1"),
    ],
)
def test_what_cannot_be_is_refused(small, options, error, parts):
    model = small(engine="reference")
    model.compile()
    with pytest.raises(error, match=parts):
        model.fit(np.zeros((8, 6, 5, 2), np.float32), np.zeros(8, np.int64), verbose=0, **options)
