"""The reference engine as a whole, against finite differences."""

import numpy as np
import pytest

from pyflux import constraints, layers, losses, optimizers
from pyflux.architecture import Architecture
from pyflux.engines import Data
from pyflux.engines.reference import network

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


@pytest.mark.parametrize("of", ["loss", "score"])
@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_for_the_input_are_those_of_finite_differences(name, of):
    network, _ = double([layers.Rescaling(1.0), *NETWORKS[name]])  # which takes images in float64 as they are
    rng = np.random.default_rng(1)
    images, labels = rng.random((4, *SHAPE)), np.array([0, 2, 1, 2], np.int32)
    loss = losses.SparseCategoricalCrossentropy() if of == "loss" else None
    found = network.input_gradients(Data(images, labels), 3, loss)

    def value(x):
        p = network.predict(x, 4).astype(np.float64)
        logs = np.log(p)
        if of == "loss":
            return -logs[np.arange(4), labels]
        # A softmax gives the scores but for what is the same for all: their mean is taken away here and there.
        return logs[np.arange(4), labels] - logs.mean(axis=1)

    if of == "score":  # likewise
        every = [network.input_gradients(Data(images, np.full(4, k, np.int32)), 3, None) for k in range(3)]
        found = found - np.mean(every, axis=0)
    step = 1e-6
    for index in rng.permutation(images[0].size)[:25]:
        up, down = images.copy(), images.copy()
        up.reshape(4, -1)[:, index] += step
        down.reshape(4, -1)[:, index] -= step
        expected = (value(up) - value(down)) / (2 * step)
        np.testing.assert_allclose(found.reshape(4, -1)[:, index], expected, rtol=1e-5, atol=1e-7)


def trained(layer, optimizer=None, steps=3, seed=0):
    """The weights of a one-layer network after some steps at a large rate."""
    architecture = Architecture((layer, layers.Flatten()), SHAPE)
    made = network.Network(architecture, architecture.initial_weights(seed))
    made.compile(optimizer or optimizers.SGD(), losses.MeanSquaredError())
    rng = np.random.default_rng(1)
    images = rng.random((4, *SHAPE), dtype=np.float32)
    data = Data(images, rng.normal(size=(4, architecture.output_shape[0])).astype(np.float32))
    made.train(data, np.arange(4), 4, [5.0])
    made.train(data, np.arange(4), 2, [5.0] * (steps - 1))
    return made.weights()


def test_constraints_hold_after_every_step():
    layer = layers.Conv2D(
        4, 2, kernel_constraint=constraints.MaxNorm(0.1, axis=(0, 1, 2)), bias_constraint="non_neg"
    )
    kernel, bias = trained(layer)
    free_kernel, free_bias = trained(layers.Conv2D(4, 2))
    norms = np.sqrt((kernel**2).sum(axis=(0, 1, 2)))
    assert norms.max() <= 0.1 * (1 + 1e-6)
    assert bias.min() >= 0
    assert np.sqrt((free_kernel**2).sum(axis=(0, 1, 2))).max() > 0.1
    assert free_bias.min() < 0


@pytest.mark.parametrize("place", [0, 1, 2])
def test_bytes_are_scaled_once_wherever_rescaling_stands(place):
    stack = [layers.RandomFlip(), layers.MaxPooling2D()]
    stack.insert(place, layers.Rescaling(1 / 255))
    made = network.Network(Architecture(tuple(stack), (4, 4, 1)), [])
    white = np.full((2, 4, 4, 1), 255, np.uint8)
    np.testing.assert_allclose(made.predict(white, 2), 1, rtol=1e-6)


def dropped(network_seed, **options):
    """What a Dropout lets through in the first step of a network with a seed."""
    made = network.Network(Architecture((layers.Dropout(0.5, **options),), (100,)), [], network_seed)
    made.compile(optimizers.SGD(), losses.MeanSquaredError())
    ones = np.ones((1, 100), np.float32)
    return made.train(Data(ones, ones), np.arange(1), 1, [0.0]).outputs


def test_a_layer_s_own_seed_takes_the_place_of_the_network_s():
    assert np.array_equal(dropped(0, seed=7), dropped(1, seed=7))
    assert np.array_equal(dropped(7), dropped(1, seed=7))
    assert not np.array_equal(dropped(0), dropped(1))


def test_rows_go_through_a_network():
    stack = (
        layers.Dense(4, activation="relu"),
        layers.BatchNormalization(),
        layers.Flatten(),
        layers.Dense(3),
    )
    architecture = Architecture(stack, (5, 6))
    made = network.Network(architecture, architecture.initial_weights(0))
    made.compile(optimizers.SGD(0.01), losses.SparseCategoricalCrossentropy(from_logits=True))
    x = np.random.default_rng(0).random((8, 5, 6), dtype=np.float32)
    data = Data(x, np.arange(8, dtype=np.int32) % 3)
    before = made.evaluate(data, 8).loss
    for _ in range(5):
        made.train(data, np.arange(8), 8, [0.05])
    assert made.predict(x, 8).shape == (8, 3)
    assert made.gradients(data)[0] * 8 < before
