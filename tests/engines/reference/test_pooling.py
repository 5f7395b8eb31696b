import tracemalloc

import numpy as np
import pytest

from pyflux import layers
from pyflux.engines.reference import convolutional, pooling


def test_pooling_gradient_goes_to_the_first_of_the_largest():
    x = np.array([[3.0, 3.0], [1.0, 3.0]]).reshape(1, 2, 2, 1)
    layer = layers.MaxPooling2D()
    y = pooling.max_pooling2d(layer, [], x, None)
    dx, _ = pooling.max_pooling2d_backward(layer, [], x, y, np.ones_like(y), None)
    assert dx.ravel().tolist() == [1, 0, 0, 0]


def test_nan_wins_a_maximum_and_gets_its_gradient():
    x = np.array([[3.0, np.nan], [np.nan, 5.0]]).reshape(1, 2, 2, 1)
    layer = layers.MaxPooling2D()
    y = pooling.max_pooling2d(layer, [], x, None)
    assert np.isnan(y).all()
    dx, _ = pooling.max_pooling2d_backward(layer, [], x, y, np.ones_like(y), None)
    assert dx.ravel().tolist() == [0, 1, 0, 0]


def test_padding_counts_in_no_mean():
    x = np.arange(1.0, 5.0).reshape(1, 2, 2, 1)
    y = pooling.average_pooling2d(layers.AveragePooling2D(2, 1, "same"), [], x, None)
    assert y.ravel().tolist() == [2.5, 3, 3.5, 4]


@pytest.mark.parametrize("layer", [layers.MaxPooling2D, layers.AveragePooling2D])
def test_a_window_larger_than_the_image_costs_no_memory(layer):
    x = np.random.default_rng(0).random((6, 6, 6, 1))
    huge, whole = layer(30_000, strides=1, padding="same"), layer(11, strides=1, padding="same")
    forward = {
        layers.MaxPooling2D: pooling.max_pooling2d,
        layers.AveragePooling2D: pooling.average_pooling2d,
    }[layer]
    tracemalloc.start()
    y = forward(huge, [], x, None)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1e6  # bytes; the padded image would have 6 · 30,005² · 8
    np.testing.assert_allclose(y, forward(whole, [], x, None))  # both windows always reach over all of it


def test_a_dilation_larger_than_the_image_costs_no_memory():
    x = np.random.default_rng(0).random((2, 6, 6, 1))
    layer = layers.Conv2D(1, 3, padding="same", dilation_rate=30_000, use_bias=False)
    kernel = np.arange(9.0).reshape(3, 3, 1, 1)
    tracemalloc.start()
    y = convolutional.conv2d(layer, [kernel], x, None)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1e6
    np.testing.assert_allclose(y, 4 * x)  # only the kernel's middle meets the image
