import numpy as np
import pytest

from pyflux import layers
from pyflux.engines.reference import convolutional


def test_convolution_is_a_correlation_written_out():
    rng = np.random.default_rng(0)
    x, kernel, bias = rng.normal(size=(2, 5, 6, 3)), rng.normal(size=(3, 2, 3, 4)), rng.normal(size=4)
    y = convolutional.conv2d(layers.Conv2D(4, (3, 2), strides=(2, 1)), [kernel, bias], x, None)
    assert y.shape == (2, 2, 5, 4)
    for n, h, w, f in np.ndindex(y.shape):
        window = x[n, 2 * h : 2 * h + 3, w : w + 2]
        assert y[n, h, w, f] == pytest.approx((window * kernel[..., f]).sum() + bias[f])


def test_same_padding_with_a_stride_puts_the_odd_zero_after():
    # TensorFlow: ceil(4 / 2) = 2 windows of 3 need 5 pixels; the one missing is added at the end.
    x = np.arange(1.0, 5.0).reshape(1, 1, 4, 1)
    layer = layers.Conv2D(1, (1, 3), strides=(1, 2), padding="same", use_bias=False)
    y = convolutional.conv2d(layer, [np.ones((1, 3, 1, 1))], x, None)
    assert y.ravel().tolist() == [1 + 2 + 3, 3 + 4]
