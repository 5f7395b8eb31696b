"""The reference engine against finite differences and against sums written out."""

import numpy as np
import pytest

from pyflux import layers, losses, optimizers, weights
from pyflux.architecture import Architecture
from pyflux.engines import reference

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
    given = [w + rng.normal(0, 0.1, w.shape) for w in weights.initial(architecture, seed)]
    network = reference.Network(architecture, given)
    network.compile(optimizers.Adam(), losses.SparseCategoricalCrossentropy())
    return network, given


@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_are_those_of_finite_differences(name):
    network, given = double(NETWORKS[name])
    rng = np.random.default_rng(1)
    images, labels = rng.random((4, *SHAPE), dtype=np.float32), np.array([0, 2, 1, 2], np.int32)
    _, grads = network.gradients(images, labels)
    step = 1e-6
    for i, w in enumerate(given):
        for index in rng.permutation(w.size)[:25]:
            changed = [a.copy() for a in given]
            changed[i].flat[index] += step
            network.set_weights(changed)
            up = network.gradients(images, labels)[0]
            changed[i].flat[index] -= 2 * step
            network.set_weights(changed)
            down = network.gradients(images, labels)[0]
            assert grads[i].flat[index] == pytest.approx((up - down) / (2 * step), rel=1e-5, abs=1e-8)


def test_convolution_is_a_correlation_written_out():
    rng = np.random.default_rng(0)
    x, kernel, bias = rng.normal(size=(2, 5, 6, 3)), rng.normal(size=(3, 2, 3, 4)), rng.normal(size=4)
    y = reference.conv2d(layers.Conv2D(4, (3, 2), strides=(2, 1)), [kernel, bias], x)
    assert y.shape == (2, 2, 5, 4)
    for n, h, w, f in np.ndindex(y.shape):
        window = x[n, 2 * h : 2 * h + 3, w : w + 2]
        assert y[n, h, w, f] == pytest.approx((window * kernel[..., f]).sum() + bias[f])


def test_same_padding_with_a_stride_puts_the_odd_zero_after():
    # TensorFlow: ceil(4 / 2) = 2 windows of 3 need 5 pixels; the one missing is added at the end.
    x = np.arange(1.0, 5.0).reshape(1, 1, 4, 1)
    layer = layers.Conv2D(1, (1, 3), strides=(1, 2), padding="same", use_bias=False)
    y = reference.conv2d(layer, [np.ones((1, 3, 1, 1))], x)
    assert y.ravel().tolist() == [1 + 2 + 3, 3 + 4]


def test_pooling_gradient_goes_to_the_first_of_the_largest():
    x = np.array([[3.0, 3.0], [1.0, 3.0]]).reshape(1, 2, 2, 1)
    layer = layers.MaxPooling2D()
    y = reference.max_pooling2d(layer, [], x)
    dx, _ = reference.max_pooling2d_back(layer, [], x, y, np.ones_like(y))
    assert dx.ravel().tolist() == [1, 0, 0, 0]


def test_adam_takes_the_paper_s_first_steps():
    # One weight, gradients 1 and then 3: m̂ and v̂ by hand from algorithm 1 of Kingma and Ba.
    architecture = Architecture((layers.Dense(1, use_bias=False),), (1,))
    network = reference.Network(architecture, [np.zeros((1, 1))])
    network._optimizer = optimizers.Adam(0.1, epsilon=1e-8)
    network._state = reference.OptimizerState(0, [np.zeros((1, 1))], [np.zeros((1, 1))])
    network._step([np.array([[1.0]])])
    assert network.weights()[0][0, 0] == pytest.approx(-0.1)
    network._step([np.array([[3.0]])])
    m_hat = (0.9 * 0.1 * 1 + 0.1 * 3) / (1 - 0.9**2)
    v_hat = (0.999 * 0.001 * 1 + 0.001 * 9) / (1 - 0.999**2)
    assert network.weights()[0][0, 0] == pytest.approx(-0.1 - 0.1 * m_hat / np.sqrt(v_hat))


def test_loss_of_certain_and_hopeless_predictions_is_finite():
    logits = np.array([[1000.0, 0.0], [1000.0, 0.0]])
    loss, gradient = reference.cross_entropy(logits, np.array([0, 1], np.int32))
    assert loss == pytest.approx(1000.0)
    assert np.isfinite(gradient).all()
