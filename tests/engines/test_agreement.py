"""Flux against the reference for every layer, activation, loss and optimizer, over generated shapes."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pyflux import activations, layers, losses, optimizers, regularizers
from pyflux.architecture import Architecture
from pyflux.engines import Data, build

pytestmark = pytest.mark.usefixtures("julia")

few = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
sizes = st.tuples(st.integers(6, 11), st.integers(6, 11))
pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))
paddings = st.sampled_from(["valid", "same"])


def pair(stack, shape, optimizer=None, loss=None, seed=0):
    """A network in both engines, with weights that are nowhere 0 or 1."""
    architecture = Architecture(tuple(stack), shape)
    rng = np.random.default_rng(seed)
    start = [
        w + np.float32(0.1) * rng.random(w.shape, dtype=np.float32)
        for w in architecture.initial_weights(seed)
    ]
    both = [build(engine, architecture, start, seed=7) for engine in ("flux", "reference")]
    for network in both:
        network.compile(optimizer or optimizers.SGD(), loss or losses.SparseCategoricalCrossentropy())
    return both


def samples(shape, n=5, classes=3, seed=1):
    rng = np.random.default_rng(seed)
    return Data(rng.random((n, *shape), dtype=np.float32), rng.integers(0, classes, n).astype(np.int32))


def close(got, expected, tolerance=1e-4):
    """Within a relative 1e-4 of the largest value of an array."""
    np.testing.assert_allclose(
        got, expected, rtol=tolerance, atol=tolerance * (np.abs(expected).max() + 1e-6)
    )


def agree(both, data):
    """Outputs, loss and every gradient; training with dropout and augmentation included."""
    close(*(network.predict(data.images, 3) for network in both))
    (f_loss, f_grads), (r_loss, r_grads) = (network.gradients(data) for network in both)
    assert f_loss == pytest.approx(r_loss, rel=1e-4)
    assert len(f_grads) == len(r_grads) > 0
    for got, expected in zip(f_grads, r_grads, strict=True):
        close(got, expected)
    for loss in (both[1]._loss, None):
        labelled = data if data.targets.ndim == 1 else data._replace(targets=data.targets.argmax(axis=1))
        close(*(network.input_gradients(data if loss else labelled, 3, loss) for network in both))


def classifier(*stack):
    return [*stack, layers.Flatten(), layers.Dense(3, activation="softmax")]


@few
@given(sizes, pairs, pairs, paddings, st.sampled_from([1, 2]), st.booleans())
def test_conv2d(size, kernel, strides, padding, groups, dilated):
    steps = {"dilation_rate": strides} if dilated else {"strides": strides}
    if dilated and padding == "valid":
        kernel = (min(kernel[0], 2), min(kernel[1], 2))
    conv = layers.Conv2D(4, kernel, padding=padding, groups=groups, activation="relu", **steps)
    shape = (*size, 2)
    # A first layer with weights, so that the convolution's gradient for its input is compared too.
    agree(pair(classifier(layers.Conv2D(2, 1), conv), shape), samples(shape))


@pytest.mark.parametrize("layer", [layers.MaxPooling2D, layers.AveragePooling2D])
@few
@given(sizes, pairs, pairs, paddings)
def test_pooling(layer, size, window, strides, padding):
    shape = (*size, 2)
    pooling = layer(window, strides=strides, padding=padding)
    agree(pair(classifier(layers.Conv2D(3, 1), pooling), shape), samples(shape))


@few
@given(sizes, pairs, st.integers(0, 2), st.integers(0, 2), st.sampled_from(["nearest", "bilinear"]))
def test_reshaping(size, factors, before, after, interpolation):
    shape = (*size, 2)
    agree(
        pair(
            classifier(
                layers.Conv2D(3, 2),
                layers.ZeroPadding2D(((before, after), (after, 1))),
                layers.Cropping2D(((after, 0), (before, 1))),
                layers.UpSampling2D(factors, interpolation=interpolation),
                layers.Permute((3, 1, 2)),
                layers.Reshape((3, -1, 1)),
                layers.Conv2D(2, (2, 1)),
            ),
            shape,
        ),
        samples(shape),
    )


@pytest.mark.parametrize("layer", [layers.GlobalMaxPooling2D, layers.GlobalAveragePooling2D])
def test_global_pooling(layer):
    agree(pair(classifier(layers.Conv2D(4, 2), layer()), (7, 5, 2)), samples((7, 5, 2)))


@pytest.mark.parametrize("name", activations.ACTIVATIONS)
def test_activations(name):
    shape = (6,)
    stack = [layers.Dense(5, activation=name), layers.Activation(name), layers.Dense(3, activation="softmax")]
    agree(pair(stack, shape), samples(shape))


def test_softmax_over_the_channels_of_an_image():
    agree(pair(classifier(layers.Conv2D(4, 2, activation="softmax")), (5, 4, 2)), samples((5, 4, 2)))


@pytest.mark.parametrize("trainable", [True, False])
def test_batch_normalization(trainable):
    shape = (5, 4, 2)
    # No bias before it, nor a shift alone: their gradient would be 0 but for rounding.
    stack = classifier(
        layers.Conv2D(4, 2, use_bias=False),
        layers.BatchNormalization(momentum=0.9, trainable=trainable),
        layers.Activation("tanh"),
        layers.Flatten(),
        layers.BatchNormalization(),
    )
    both = pair(stack, shape)
    agree(both, samples(shape))
    for network in both:
        network.train(samples(shape, n=12), np.arange(12), 4, [0.01] * 3)
    for got, expected in zip(*(network.weights() for network in both), strict=True):
        close(got, expected, 1e-3)


@few
@given(st.floats(0, 0.9))
def test_dropout_drops_the_same(rate):
    shape = (5, 4, 2)
    stack = classifier(layers.Conv2D(4, 2), layers.Dropout(rate), layers.Flatten(), layers.Dropout(rate / 2))
    both = pair(stack, shape)
    agree(both, samples(shape))
    seen = [network.train(samples(shape), np.arange(5), 5, [0.0]) for network in both]
    close(seen[0].outputs, seen[1].outputs)
    if rate > 0.5:
        assert not np.allclose(seen[0].outputs, both[0].predict(samples(shape).images, 5))


AUGMENTATION = [
    layers.RandomFlip("horizontal"),
    layers.RandomFlip("vertical"),
    layers.RandomFlip(),
    layers.RandomTranslation(0.3, (0.0, 0.4), fill_mode="constant", fill_value=0.5),
    layers.RandomRotation(0.2, fill_mode="reflect"),
    layers.RandomRotation((0.1, 0.3), fill_mode="nearest"),
    layers.RandomZoom(0.4),
    layers.RandomZoom((-0.3, 0.5), 0.2, fill_mode="constant"),
    layers.RandomContrast(0.5),
]


@pytest.mark.parametrize("layer", AUGMENTATION, ids=str)
def test_augmentation_changes_images_in_the_same_way(layer):
    shape = (9, 6, 2)
    both = pair(classifier(layer, layers.Conv2D(3, 2)), shape)
    agree(both, samples(shape))
    frozen = both[1]._architecture
    data = samples(shape, n=6)
    seen = [network.train(data, np.arange(6), 6, [0.0]) for network in both]
    close(seen[0].outputs, seen[1].outputs)
    assert not np.allclose(seen[0].outputs, both[0].predict(data.images, 6)), frozen


ROWS = [
    [layers.RandomRotation(0.2), layers.RandomTranslation(0.3, 0.3), layers.RandomZoom(0.4, 0.2)],
    [layers.RandomFlip(), layers.RandomRotation((0.1, 0.3), fill_mode="nearest"), layers.RandomFlip()],
    [layers.RandomZoom(0.4, fill_mode="constant"), layers.RandomTranslation(0.3, 0.3, fill_mode="nearest")],
    [layers.RandomRotation(0.2), layers.RandomContrast(0.5), layers.RandomZoom(0.4), layers.RandomFlip()],
]


@pytest.mark.parametrize("shape", [(9, 6, 2), (12, 17, 1)], ids=str)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: "-".join(type(layer).__name__ for layer in row))
def test_rows_of_augmentation_change_images_in_the_same_way(row, shape):
    agree(pair(classifier(*row, layers.Conv2D(3, 2)), shape), samples(shape))


def test_rescaling_gets_bytes_as_they_are():
    shape = (5, 4, 2)
    both = pair(classifier(layers.Rescaling(1 / 127.5, offset=-1), layers.Conv2D(3, 2)), shape)
    images = np.random.default_rng(0).integers(0, 256, (4, *shape), dtype=np.uint8)
    close(*(network.predict(images, 4) for network in both))
    as_floats = images.astype(np.float32)
    close(both[0].predict(images, 4), both[0].predict(as_floats, 4))


LOSSES = [
    (losses.SparseCategoricalCrossentropy(), "softmax", "labels"),
    (losses.SparseCategoricalCrossentropy(from_logits=True), "linear", "labels"),
    (losses.CategoricalCrossentropy(), "softmax", "columns"),
    (losses.BinaryCrossentropy(), "sigmoid", "columns"),
    (losses.BinaryCrossentropy(from_logits=True), "linear", "columns"),
    (losses.MeanSquaredError(), "tanh", "columns"),
]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("loss", "activation", "targets"), LOSSES, ids=lambda v: str(v))
def test_losses(loss, activation, targets, weighted):
    rng = np.random.default_rng(0)
    data = samples((6,))
    if targets == "columns":
        data = data._replace(targets=rng.random((5, 3), dtype=np.float32))
    if weighted:
        data = data._replace(weights=rng.random(5, dtype=np.float32))
    both = pair([layers.Dense(3, activation=activation)], (6,), loss=loss)
    agree(both, data)
    got, expected = (network.evaluate(data, 2) for network in both)
    assert got.loss == pytest.approx(expected.loss, rel=1e-4)
    close(got.outputs, expected.outputs)


def test_penalties():
    stack = classifier(
        layers.Conv2D(3, 2, kernel_regularizer=regularizers.L1L2(0.01, 0.02), bias_regularizer="l2"),
        layers.Flatten(),
        layers.Dense(4, kernel_regularizer="l1"),
    )
    both = pair(stack, (5, 4, 2))
    agree(both, samples((5, 4, 2)))
    got, expected = (network.evaluate(samples((5, 4, 2)), 3).loss for network in both)
    assert got == pytest.approx(expected, rel=1e-4)


OPTIMIZERS = [
    optimizers.SGD(),
    optimizers.SGD(momentum=0.9),
    optimizers.SGD(momentum=0.9, nesterov=True, weight_decay=0.1),
    optimizers.Adam(),
    optimizers.Adam(beta_1=0.8, beta_2=0.95, epsilon=1e-3, weight_decay=0.1),
    optimizers.AdamW(),
    optimizers.RMSprop(rho=0.8, epsilon=1e-3),
]


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=str)
def test_optimizers(optimizer):
    both = pair([layers.Dense(4, activation="tanh"), layers.Dense(3, activation="softmax")], (6,), optimizer)
    data, rates = samples((6,), n=24), [0.01, 0.02, 0.005, 0.01, 0.01, 0.03]
    for network in both:
        network.train(data, np.arange(24), 4, rates)
    for got, expected in zip(*(network.weights() for network in both), strict=True):
        close(got, expected)
    states = [network.optimizer_state() for network in both]
    assert states[0].iterations == states[1].iterations == 6
    for name in optimizer.slots:
        for got, expected in zip(states[0].slots[name], states[1].slots[name], strict=True):
            close(got, expected)
    # What is remembered in one engine goes on in the other.
    both[0].set_optimizer_state(states[1])
    both[0].set_weights(both[1].weights())
    for network in both:
        network.train(data, np.arange(24), 4, rates)
    for got, expected in zip(*(network.weights() for network in both), strict=True):
        close(got, expected)
