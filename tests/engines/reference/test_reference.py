"""The reference engine against finite differences and against sums written out."""

import numpy as np
import pytest

from pyflux import layers, losses, optimizers
from pyflux.architecture import Architecture
from pyflux.engines import Data
from pyflux.engines.reference import convolutional, network, pooling
from pyflux.engines.reference.augmentation import transform_images

NETWORKS = {
    "convolutions": [
        layers.Conv2D(4, (3, 2), activation="tanh"),
        layers.Conv2D(3, 2, use_bias=False),
        layers.Flatten(),
        layers.Dense(3, activation="softmax"),
    ],
    "strides and same padding": [
        layers.Conv2D(3, (3, 4), strides=(2, 3), padding="same", activation="sigmoid"),
        layers.Conv2D(3, (2, 1), padding="same"),
        layers.Flatten(),
        layers.Dense(3, activation="softmax"),
    ],
    "pooling": [
        layers.MaxPooling2D((2, 3)),
        layers.Conv2D(4, (2, 1), activation="relu"),
        layers.MaxPooling2D((2, 2), strides=1, padding="same"),
        layers.Flatten(),
        layers.Dense(3, activation="softmax"),
    ],
    "dilation and groups": [
        layers.Conv2D(4, (3, 2), dilation_rate=(2, 1), groups=2, padding="same", activation="elu"),
        layers.Conv2D(4, 2, groups=4, activation="gelu"),
        layers.AveragePooling2D((3, 2), strides=(2, 1), padding="same"),
        layers.Flatten(),
        layers.Dense(3, activation="softmax"),
    ],
    "normalization and dropout": [
        layers.Rescaling(2.0, offset=-1.0),
        layers.Conv2D(4, 2, activation="leaky_relu"),
        layers.BatchNormalization(),
        layers.Dropout(0.3),
        layers.GlobalAveragePooling2D(),
        layers.BatchNormalization(),
        layers.Dense(3, activation="softmax"),
    ],
    "global maximum and penalties": [
        layers.Conv2D(4, 2, kernel_regularizer="l1_l2", bias_regularizer="l2"),
        layers.GlobalMaxPooling2D(),
        layers.Dense(3, activation="softmax", kernel_regularizer="l2"),
    ],
    "dense": [
        layers.Flatten(),
        layers.Dense(7, activation="relu"),
        layers.Activation("softmax"),
        layers.Dense(5, activation="tanh", use_bias=False),
        layers.Dense(3),
        layers.Activation("softmax"),
    ],
}
SHAPE = (7, 6, 2)


def double(stack, seed=0):
    """A network in float64, where finite differences are good to nine digits."""
    architecture = Architecture(tuple(stack), SHAPE)
    rng = np.random.default_rng(seed)
    given = [w + rng.normal(0, 0.1, w.shape) for w in architecture.initial_weights(seed)]
    made = network.Network(architecture, given)
    made.compile(optimizers.Adam(), losses.SparseCategoricalCrossentropy())
    return made, given


@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_are_those_of_finite_differences(name):
    network, given = double(NETWORKS[name])
    architecture = Architecture(tuple(NETWORKS[name]), SHAPE)
    trained = [i for i, yes in enumerate(architecture.trainable) if yes]
    rng = np.random.default_rng(1)
    images, labels = rng.random((4, *SHAPE), dtype=np.float32), np.array([0, 2, 1, 2], np.int32)
    _, grads = network.gradients(Data(images, labels))
    step = 1e-6
    assert len(grads) == len(trained)
    for g, i in zip(grads, trained, strict=True):
        w = given[i]
        for index in rng.permutation(w.size)[:25]:
            changed = [a.copy() for a in given]
            changed[i].flat[index] += step
            network.set_weights(changed)
            up = network.gradients(Data(images, labels))[0]
            changed[i].flat[index] -= 2 * step
            network.set_weights(changed)
            down = network.gradients(Data(images, labels))[0]
            assert g.flat[index] == pytest.approx((up - down) / (2 * step), rel=1e-5, abs=1e-8)


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


def test_pooling_gradient_goes_to_the_first_of_the_largest():
    x = np.array([[3.0, 3.0], [1.0, 3.0]]).reshape(1, 2, 2, 1)
    layer = layers.MaxPooling2D()
    y = pooling.max_pooling2d(layer, [], x, None)
    dx, _ = pooling.max_pooling2d_backward(layer, [], x, y, np.ones_like(y), None)
    assert dx.ravel().tolist() == [1, 0, 0, 0]


def test_a_row_of_moves_cuts_nothing_off_between_them():
    away, back = (
        layers.RandomTranslation((f, f), (f, f), fill_mode="constant", fill_value=0.5) for f in (0.8, -0.8)
    )
    images = np.random.default_rng(0).random((3, 10, 10, 2), dtype=np.float32)
    together = transform_images([(away, 1), (back, 2)], images)
    one_by_one = transform_images([(back, 2)], transform_images([(away, 1)], images))
    np.testing.assert_allclose(together, images, atol=1e-5)
    assert (one_by_one == 0.5).mean() > 0.9
