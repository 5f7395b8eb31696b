import json

import numpy as np
import pytest

from pyflux import constraints
from pyflux.constraints import CONSTRAINTS, MaxNorm, MinMaxNorm, NonNeg, UnitNorm


def norms(w, axis):
    return np.sqrt((w**2).sum(axis=axis))


@pytest.mark.parametrize(("shape", "axis"), [((5, 4), 0), ((5, 4), 1), ((3, 2, 4, 6), (0, 1, 2))])
def test_norms_are_brought_within_their_limits(shape, axis):
    w = np.random.default_rng(0).normal(size=shape)
    limit = float(np.median(norms(w, axis)))
    free = norms(w, axis)
    np.testing.assert_allclose(norms(MaxNorm(limit, axis)(w), axis), np.minimum(free, limit), rtol=1e-6)
    np.testing.assert_allclose(norms(UnitNorm(axis)(w), axis), 1, rtol=1e-6)
    low, high = 0.9 * limit, 1.1 * limit
    np.testing.assert_allclose(
        norms(MinMaxNorm(low, high, axis=axis)(w), axis), free.clip(low, high), rtol=1e-6
    )
    half = MinMaxNorm(low, high, rate=0.5, axis=axis)
    np.testing.assert_allclose(norms(half(w), axis), (free + free.clip(low, high)) / 2, rtol=1e-6)


def test_non_neg_cuts_off_at_0():
    assert NonNeg()([-1.0, 0.0, 2.0]).tolist() == [0, 0, 2]


@pytest.mark.parametrize("constraint", [MaxNorm(), UnitNorm(), MinMaxNorm(), NonNeg()])
def test_zeros_stay_finite_and_the_type_stays(constraint):
    w = np.zeros((2, 2), np.float32)
    assert constraint(w).dtype == np.float32
    assert np.isfinite(constraint(w)).all()


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_a_constraint_goes_by_name_class_and_config(name):
    cls = CONSTRAINTS[name]
    config = json.loads(json.dumps(cls().config()))
    for given in (name, cls, cls(), config):
        assert constraints.get("kernel_constraint", given) == cls()
    assert constraints.get("kernel_constraint", None) is None


def test_axes_are_described_as_a_list():
    assert MaxNorm(3, axis=(0, 1, 2)).config() == {"type": "MaxNorm", "max_value": 3, "axis": [0, 1, 2]}
    assert UnitNorm().config() == {"type": "UnitNorm", "axis": [0]}


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: MaxNorm(-1), ValueError, "max_value .*-1"),
        (lambda: MaxNorm(axis=0.5), TypeError, "axis .*0.5"),
        (lambda: MinMaxNorm(2, 1), ValueError, "max_value .*2.*1"),
        (lambda: MinMaxNorm(rate=1.5), ValueError, "rate .*1.5"),
        (lambda: constraints.get("bias_constraint", "norm"), ValueError, "bias_constraint .*norm"),
    ],
)
def test_arguments_are_checked(make, error, words):
    with pytest.raises(error, match=words):
        make()
