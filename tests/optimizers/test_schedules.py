"""Schedules against values computed by hand from the formulas of Keras and PyTorch."""

import dataclasses
import json
import math

import numpy as np
import pytest

from pyflux import schedules
from pyflux.optimizers.schedules import SCHEDULES
from pyflux.schedules import (
    CosineDecay,
    CosineDecayRestarts,
    ExponentialDecay,
    InverseTimeDecay,
    LearningRateSchedule,
    OneCycle,
    PiecewiseConstantDecay,
    PolynomialDecay,
)
from tests import keras_numbers

ALL = [
    ExponentialDecay(0.1, 10, 0.5),
    ExponentialDecay(0.1, 10, 0.5, staircase=True),
    PiecewiseConstantDecay([100, 200], [1.0, 0.5, 0.1]),
    PolynomialDecay(0.1, 100, 0.0, 0.5, cycle=True),
    InverseTimeDecay(0.1, 12.5, 0.5, staircase=True),
    CosineDecay(0.1, 100),
    CosineDecay(0.0, 100, alpha=0.1, warmup_target=0.2, warmup_steps=10),
    CosineDecayRestarts(0.1, 10, 1.5, 0.9, 0.1),
    OneCycle(0.1, 100),
]


def rates(schedule, *steps):
    return pytest.approx([schedule(step) for step in steps], rel=1e-12, abs=1e-15)


def test_exponential_decay():
    assert rates(ExponentialDecay(0.1, 10, 0.5), 0, 5, 10, 20) == [0.1, 0.1 * math.sqrt(0.5), 0.05, 0.025]
    assert rates(ExponentialDecay(0.1, 10, 0.5, staircase=True), 0, 9, 10, 19, 20) == [
        0.1, 0.1, 0.05, 0.05, 0.025,
    ]  # fmt: skip


def test_exponential_decay_may_end_at_nothing():
    assert ExponentialDecay(0.1, 1, 0.5)(10**6) == 0.0


def test_a_boundary_belongs_to_the_part_it_ends():
    schedule = PiecewiseConstantDecay([100, 200], [1.0, 0.5, 0.1])
    assert rates(schedule, 0, 100, 101, 200, 201, 10**9) == [1.0, 1.0, 0.5, 0.5, 0.1, 0.1]


def test_no_boundary_is_a_constant():
    assert PiecewiseConstantDecay([], [0.3])(7) == 0.3


def test_cosine_decay():
    # Halfway between the highest and the lowest after half of the steps; cos(π/4) after a quarter.
    assert rates(CosineDecay(0.2, 100), 0, 50, 100, 101) == [0.2, 0.1, 0.0, 0.0]
    quarter = 0.2 * (0.9 * 0.5 * (1 + math.sqrt(0.5)) + 0.1)
    assert rates(CosineDecay(0.2, 100, alpha=0.1), 0, 25, 50, 100, 500) == [0.2, quarter, 0.11, 0.02, 0.02]


def test_cosine_decay_after_a_warm_up():
    schedule = CosineDecay(0.02, 100, alpha=0.1, warmup_target=0.2, warmup_steps=10)
    assert rates(schedule, 0, 5, 10, 60, 110, 111) == [0.02, 0.11, 0.2, 0.11, 0.02, 0.02]


def test_polynomial_decay():
    assert rates(PolynomialDecay(0.5, 100, 0.1), 0, 25, 100, 101) == [0.5, 0.4, 0.1, 0.1]
    # A quarter of the way is left: (1/4)² of the span of 0.4.
    assert rates(PolynomialDecay(0.5, 100, 0.1, 2), 75) == [0.1 + 0.4 / 16]
    # With cycle the end is at 100, then at 200: a step after 100, 99/200 of the way are left.
    assert rates(PolynomialDecay(0.5, 100, 0.1, cycle=True), 0, 100, 101) == [0.5, 0.1, 0.1 + 0.4 * 0.495]


def test_inverse_time_decay():
    assert rates(InverseTimeDecay(0.1, 10, 0.5), 0, 10, 15) == [0.1, 0.1 / 1.5, 0.1 / 1.75]
    assert rates(InverseTimeDecay(0.1, 10, 0.5, staircase=True), 9, 19, 20) == [0.1, 0.1 / 1.5, 0.05]


def test_cosine_decay_restarts():
    # Periods of 10, 20 and 40 steps, each from 0.9 of the height of the one before down to 0.
    schedule = CosineDecayRestarts(0.1, 10, m_mul=0.9)
    assert rates(schedule, 0, 5, 10, 20, 30, 50) == [0.1, 0.05, 0.09, 0.045, 0.081, 0.0405]
    assert rates(CosineDecayRestarts(0.1, 10, 1.0, 0.5), 0, 10, 25) == [0.1, 0.05, 0.0125]
    # alpha is a fraction of the first rate, whatever the period.
    assert rates(CosineDecayRestarts(0.1, 10, 1.0, 0.5, 0.2), 10, 15) == [0.02 + 0.08 / 2, 0.02 + 0.08 / 4]


def test_a_restart_is_not_missed_by_rounding():
    # The logarithm of 243 to the base 3 is 5, but in floats a little less.
    schedule = CosineDecayRestarts(0.1, 2, t_mul=3.0)
    assert rates(schedule, 2 * (243 - 1) // 2) == [0.1]


def test_one_cycle():
    # 25 lower at first, highest at step 0.3·10 - 1 = 2, 25·10⁴ lower at step 9, halfway in both middles.
    schedule = OneCycle(1.0, 10)
    assert rates(schedule, 0, 1, 2) == [0.04, 0.52, 1.0]
    assert rates(schedule, 9, 10, 1000) == [4e-6, 4e-6, 4e-6]
    third = 4e-6 + (1 - 4e-6) * (1 + math.cos(math.pi * 3 / 7)) / 2
    assert rates(schedule, 5) == [third]
    assert rates(OneCycle(1.0, 9, pct_start=1 / 3), 5) == [(1 + 4e-6) / 2]


def test_one_cycle_with_factors():
    schedule = OneCycle(0.8, 20, pct_start=0.25, div_factor=4, final_div_factor=10)
    assert rates(schedule, 0, 2, 4, 19) == [0.2, 0.5, 0.8, 0.02]


def test_one_cycle_with_a_peak_between_two_steps():
    # PyTorch: phase 1 ends at 0.3·11 - 1 = 2.3, phase 2 at 10.
    schedule = OneCycle(1.0, 11)
    assert rates(schedule, 2) == [1 + (0.04 - 1) * (1 + math.cos(math.pi * 2 / 2.3)) / 2]
    assert rates(schedule, 3) == [4e-6 + (1 - 4e-6) * (1 + math.cos(math.pi * 0.7 / 7.7)) / 2]


@pytest.mark.parametrize("total", [1, 2, 3])
def test_a_very_short_cycle_begins_at_the_top(total):
    schedule = OneCycle(0.1, total)
    assert schedule(0) == 0.1
    assert schedule(total) == schedule(total - 1)


def test_a_cycle_that_only_rises():
    assert rates(OneCycle(1.0, 5, pct_start=1.0), 0, 2, 4, 9) == [0.04, 0.52, 1.0, 1.0]


@pytest.mark.parametrize("case", keras_numbers.SCHEDULES)
def test_rates_are_keras_s(case):
    kind, values = keras_numbers.SCHEDULES[case]
    positional, named = keras_numbers.arguments(values)
    schedule = getattr(schedules, kind)(*positional, **named)
    ours = [schedule(step) for step in keras_numbers.SCHEDULE_STEPS]
    # Keras computes in float32.
    theirs = np.array(keras_numbers.kept()["schedules"][case])
    np.testing.assert_allclose(ours, theirs, atol=1e-6 * theirs.max(), rtol=0)


def test_the_rates_kept_are_those_of_the_keras_that_is_installed():
    for case, kept in keras_numbers.kept()["schedules"].items():
        np.testing.assert_allclose(keras_numbers.computed()["schedules"][case], kept, atol=1e-6 * max(kept))


def test_every_schedule_is_among_these():
    assert {type(schedule) for schedule in ALL} == set(SCHEDULES.values())
    cases = {kind for kind, _ in keras_numbers.SCHEDULES.values()}
    assert cases == set(SCHEDULES) - {"OneCycle"}


def test_a_schedule_of_one_s_own():
    class Halves(LearningRateSchedule):
        def __init__(self, first):
            self.first = first

        def __call__(self, step):
            return self.first / 2**step

        def get_config(self):
            return {"first": self.first}

    again = schedules.from_config(json.loads(json.dumps(Halves(0.4).config())))
    assert type(again) is Halves
    assert again(2) == 0.1


def test_a_schedule_of_one_s_own_says_what_it_lacks():
    class Silent(LearningRateSchedule):
        def __init__(self, first):
            self.first = first

    with pytest.raises(NotImplementedError, match="Silent.*__call__"):
        Silent(0.1)(0)
    with pytest.raises(NotImplementedError, match="Silent.*get_config"):
        Silent(0.1).config()


def test_a_rate_that_grows_out_of_bounds_is_refused():
    with pytest.raises(ValueError, match="ExponentialDecay.*decay_rate=2.0.*100000"):
        ExponentialDecay(0.1, 1, 2.0)(100_000)


@pytest.mark.parametrize("schedule", ALL, ids=str)
def test_every_schedule_is_plain_data_and_backward(schedule):
    plain = json.loads(json.dumps(schedule.config()))
    assert plain == schedule.config()
    assert schedules.from_config(plain) == schedule
    assert hash(schedules.from_config(plain)) == hash(schedule)


@pytest.mark.parametrize("schedule", ALL, ids=str)
def test_every_schedule_gives_finite_floats_for_whole_numbers(schedule):
    assert all(type(schedule(step)) is float for step in (0, 1, np.int64(50), 10**9))
    assert all(0 <= schedule(step) < math.inf for step in range(300))
    with pytest.raises(ValueError, match="step.*-1"):
        schedule(-1)
    with pytest.raises(TypeError, match=r"step.*0\.5"):
        schedule(0.5)
    with pytest.raises(dataclasses.FrozenInstanceError):
        schedule.decay_steps = 1


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: ExponentialDecay(0, 1, 1), ValueError, "initial_learning_rate.*0"),
        (lambda: ExponentialDecay(0.1, 0, 1), ValueError, "decay_steps.*0"),
        (lambda: ExponentialDecay(0.1, "1", 1), TypeError, "decay_steps.*'1'"),
        (lambda: ExponentialDecay(0.1, 1, -1), ValueError, "decay_rate.*-1"),
        (lambda: ExponentialDecay("0.1", 1, 1), TypeError, r"initial_learning_rate.*0\.1"),
        (lambda: ExponentialDecay(10**400, 1, 1), ValueError, r"initial_learning_rate.*10\*\*400"),
        (lambda: InverseTimeDecay(0.1, 1, -1), ValueError, "decay_rate.*-1"),
        (lambda: PolynomialDecay(0.1, 1, -1), ValueError, "end_learning_rate.*-1"),
        (lambda: PolynomialDecay(0.1, 1, power=0), ValueError, "power.*0"),
        (lambda: PiecewiseConstantDecay([1], [1.0]), ValueError, "values.*1 values.*1 boundaries"),
        (lambda: PiecewiseConstantDecay([2, 2], [1, 1, 1]), ValueError, r"boundaries.*\[2, 2\]"),
        (lambda: PiecewiseConstantDecay([2], [1, 0]), ValueError, r"values\[1\].*0"),
        (lambda: PiecewiseConstantDecay([-1], [1, 1]), ValueError, r"boundaries\[0\].*-1"),
        (lambda: CosineDecay(0.1, 0), ValueError, "decay_steps.*0"),
        (lambda: CosineDecay(0.0, 10), ValueError, "initial_learning_rate.*0"),
        (lambda: CosineDecay(0.1, 10, alpha=1.1), ValueError, r"alpha.*1\.1"),
        (lambda: CosineDecay(0.1, 10, warmup_steps=5), ValueError, "warmup_target=None.*warmup_steps=5"),
        (lambda: CosineDecay(0.1, 10, warmup_target=1), ValueError, "warmup_target=1.*warmup_steps=0"),
        (lambda: CosineDecayRestarts(0.1, 10, t_mul=0.5), ValueError, r"t_mul.*0\.5"),
        (lambda: CosineDecayRestarts(0.1, 10, m_mul=0), ValueError, "m_mul.*0"),
        (lambda: OneCycle(0.1, 0), ValueError, "total_steps.*0"),
        (lambda: OneCycle(0.1, 10, pct_start=1.5), ValueError, r"pct_start.*1\.5"),
        (lambda: OneCycle(0.1, 10, div_factor=0), ValueError, "div_factor.*0"),
        (lambda: OneCycle(math.nan, 10), ValueError, "max_learning_rate.*nan"),
        (lambda: schedules.from_config({"type": "CosinDecay"}), ValueError, "CosinDecay.*'CosineDecay'"),
        (lambda: schedules.from_config({"type": "CosineDecay", "steps": 1}), ValueError, "CosineDecay.*'steps'"),
        (lambda: schedules.from_config({}), TypeError, "schedule"),
    ],
)  # fmt: skip
def test_what_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
