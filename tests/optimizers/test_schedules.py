"""Schedules against values computed by hand from the formulas of Keras and PyTorch."""

import dataclasses
import json
import math

import numpy as np
import pytest

from pyflux import schedules
from pyflux.schedules import CosineDecay, ExponentialDecay, OneCycle, PiecewiseConstantDecay

ALL = [
    ExponentialDecay(0.1, 10, 0.5),
    ExponentialDecay(0.1, 10, 0.5, staircase=True),
    PiecewiseConstantDecay([100, 200], [1.0, 0.5, 0.1]),
    CosineDecay(0.1, 100),
    CosineDecay(0.0, 100, alpha=0.1, warmup_target=0.2, warmup_steps=10),
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


@pytest.mark.parametrize("schedule", ALL, ids=lambda schedule: type(schedule).__name__)
def test_every_schedule_is_plain_data_and_backward(schedule):
    plain = json.loads(json.dumps(schedule.config()))
    assert plain == schedule.config()
    assert schedules.from_config(plain) == schedule
    assert hash(schedules.from_config(plain)) == hash(schedule)


@pytest.mark.parametrize("schedule", ALL, ids=lambda schedule: type(schedule).__name__)
def test_every_schedule_gives_finite_floats_for_whole_numbers(schedule):
    assert all(type(schedule(step)) is float for step in (0, 1, np.int64(50), 10**9))
    assert all(0 <= schedule(step) < math.inf for step in range(300))
    with pytest.raises(ValueError, match="step must be at least 0, got -1"):
        schedule(-1)
    with pytest.raises(TypeError, match=r"step must be a whole number, got 0\.5"):
        schedule(0.5)
    with pytest.raises(dataclasses.FrozenInstanceError):
        schedule.decay_steps = 1


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: ExponentialDecay(0, 1, 1), ValueError, "initial_learning_rate must be greater than 0, got 0"),
        (lambda: ExponentialDecay(0.1, 0, 1), ValueError, "decay_steps must be at least 1, got 0"),
        (lambda: ExponentialDecay(0.1, 1.5, 1), TypeError, r"decay_steps must be a whole number, got 1\.5"),
        (lambda: ExponentialDecay(0.1, 1, -1), ValueError, "decay_rate must be greater than 0, got -1"),
        (lambda: ExponentialDecay("0.1", 1, 1), TypeError, "initial_learning_rate must be a number"),
        (lambda: PiecewiseConstantDecay([1], [1.0]), ValueError, "got 1 values and 1 boundaries"),
        (lambda: PiecewiseConstantDecay([2, 2], [1, 1, 1]), ValueError, r"boundaries must rise, got \[2, 2\]"),
        (lambda: PiecewiseConstantDecay([2], [1, 0]), ValueError, r"values\[1\] must be greater than 0"),
        (lambda: PiecewiseConstantDecay([-1], [1, 1]), ValueError, r"boundaries\[0\] must be at least 0"),
        (lambda: CosineDecay(0.1, 0), ValueError, "decay_steps must be at least 1"),
        (lambda: CosineDecay(0.0, 10), ValueError, "initial_learning_rate must be greater than 0"),
        (lambda: CosineDecay(0.1, 10, alpha=1.1), ValueError, r"alpha must be in \[0, 1\].*got 1\.1"),
        (lambda: CosineDecay(0.1, 10, warmup_steps=5), ValueError, "go together.*None and warmup_steps=5"),
        (lambda: CosineDecay(0.1, 10, warmup_target=1), ValueError, "go together.*=1 and warmup_steps=0"),
        (lambda: OneCycle(0.1, 0), ValueError, "total_steps must be at least 1, got 0"),
        (lambda: OneCycle(0.1, 10, pct_start=1.5), ValueError, r"pct_start must be in \[0, 1\].*got 1\.5"),
        (lambda: OneCycle(0.1, 10, div_factor=0), ValueError, "div_factor must be greater than 0"),
        (lambda: OneCycle(math.nan, 10), ValueError, "max_learning_rate must be finite"),
        (lambda: schedules.from_config({"type": "CosinDecay"}), ValueError, "did you mean 'CosineDecay'"),
        (lambda: schedules.from_config({}), TypeError, "schedule must be one of 'ExponentialDecay'"),
    ],
)  # fmt: skip
def test_what_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
