import numpy as np
import pytest

from pyflux import layers
from pyflux.engines.reference.normalization import batch_normalization


def weights(channels=3):
    return [np.ones(channels), np.zeros(channels), np.zeros(channels), np.ones(channels)]


def test_moving_averages_follow_the_batch_s_mean_and_population_variance():
    x = np.random.default_rng(0).normal(2, 3, (5, 4, 4, 3))
    w = weights()
    batch_normalization(layers.BatchNormalization(momentum=0.9), w, x, 1)
    np.testing.assert_allclose(w[2], 0.1 * x.mean(axis=(0, 1, 2)))
    np.testing.assert_allclose(w[3], 0.9 + 0.1 * x.var(axis=(0, 1, 2)))  # divided by n


def test_a_batch_of_one_row_has_variance_0():
    x, w = np.array([[1.0, -2.0, 3.0]]), weights()
    y = batch_normalization(layers.BatchNormalization(momentum=0.5), w, x, 1)
    assert y.tolist() == [[0, 0, 0]]
    assert w[2].tolist() == [0.5, -1, 1.5]
    assert w[3].tolist() == [0.5, 0.5, 0.5]


@pytest.mark.parametrize("key", [None, 1])
def test_a_frozen_layer_is_the_same_in_training_as_in_prediction(key):
    x, w = np.random.default_rng(0).normal(size=(4, 3)), weights()
    w[2][:], w[3][:] = 0.5, 4
    kept = [a.copy() for a in w]
    y = batch_normalization(layers.BatchNormalization(trainable=False), w, x, key)
    np.testing.assert_allclose(y, (x - 0.5) / np.sqrt(4 + 0.001))
    assert all((a == b).all() for a, b in zip(w, kept, strict=True))
