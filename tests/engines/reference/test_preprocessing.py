import numpy as np

from pyflux import layers
from pyflux.engines.reference.preprocessing import contrast


def test_contrast_is_clipped_to_the_range_of_values():
    x = np.random.default_rng(0).random((20, 3, 3, 2)).astype(np.float32)
    y = contrast(layers.RandomContrast(1.0, value_range=(0.1, 0.8)), [], x, 1)
    free = contrast(layers.RandomContrast(1.0, value_range=(-9, 9)), [], x, 1)
    assert free.min() < 0.1
    assert free.max() > 0.8
    np.testing.assert_allclose(y, free.clip(0.1, 0.8))


def test_contrast_keeps_the_means_and_scales_what_is_left():
    x = np.random.default_rng(0).random((20, 3, 3, 2)).astype(np.float32)
    y = contrast(layers.RandomContrast((0.5, 0.2), value_range=(-9, 9)), [], x, 1)
    mean = x.mean(axis=(1, 2), keepdims=True)
    np.testing.assert_allclose(y.mean(axis=(1, 2), keepdims=True), mean, atol=1e-6)
    ratios = ((y - mean) / (x - mean)).reshape(20, -1)
    factor = ratios.mean(axis=1)
    np.testing.assert_allclose(ratios, factor[:, None] * np.ones_like(ratios), rtol=1e-2)
    assert 0.5 <= factor.min() < 0.75
    assert 1.1 < factor.max() <= 1.2
