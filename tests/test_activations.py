import numpy as np
import pytest

from pyflux import activations
from pyflux.activations import ACTIVATIONS

FINITE = sorted(set(ACTIVATIONS) - {"exponential"})  # which is infinite where it must be


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_shape_and_type_stay(name, dtype):
    x = np.linspace(-4, 4, 24, dtype=dtype).reshape(2, 3, 4)
    y = ACTIVATIONS[name](x)
    assert y.shape == x.shape
    assert y.dtype == dtype


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_integers_become_float32(name):
    assert ACTIVATIONS[name](np.arange(3)).dtype == np.float32


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_nan_stays_nan(name):
    assert np.isnan(ACTIVATIONS[name](np.array([np.nan, 1.0]))[0])


@pytest.mark.parametrize("name", FINITE)
def test_large_values_do_not_overflow(name):
    y = ACTIVATIONS[name](np.array([-1e4, -100, 100, 1e4], np.float32))
    assert np.isfinite(y).all()


def test_variants_of_relu():
    x = np.array([-2.0, 0.5, 1.0, 3.0, 7.0])
    assert activations.relu(x, max_value=5).tolist() == [0, 0.5, 1, 3, 5]
    assert activations.relu(x, negative_slope=0.5).tolist() == [-1, 0.5, 1, 3, 7]
    assert activations.relu(x, 0.5, threshold=1).tolist() == [-1.5, -0.25, 0, 3, 7]
    assert activations.relu([-np.inf, np.inf]).tolist() == [0, np.inf]
    assert activations.relu([-np.inf, np.inf], max_value=2).tolist() == [0, 2]


def test_softmax_sums_to_1_over_an_axis():
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    np.testing.assert_allclose(activations.softmax(x).sum(axis=-1), 1)
    np.testing.assert_allclose(activations.softmax(x, axis=1).sum(axis=1), 1)
    np.testing.assert_allclose(np.exp(activations.log_softmax(x, axis=1)), activations.softmax(x, axis=1))


def test_gelu_and_its_approximation_are_near_each_other():
    x = np.linspace(-5, 5, 101)
    difference = np.abs(activations.gelu(x) - activations.gelu(x, approximate=True)).max()
    assert 1e-5 < difference < 1e-3
