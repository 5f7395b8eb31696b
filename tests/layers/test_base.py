import dataclasses
import pickle

import numpy as np
import pytest

from pyflux import initializers, layers
from pyflux.layers import Conv2D, Dense, Flatten, Input, sample_shape


@pytest.mark.parametrize(
    ("given", "shape"), [((28, 28, 1), (28, 28, 1)), ([28, 28], (28, 28)), (np.array([5]), (5,))]
)
def test_sample_shape_takes_one_to_three_axes(given, shape):
    assert sample_shape("input_shape", given) == shape


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ((), ValueError, r"input_shape .*\(\)"),
        ((4, 4, 4, 1), ValueError, r"input_shape .*\(4, 4, 4, 1\)"),
        ((None, None, 3), ValueError, "input_shape .*None"),
        ((28, 0, 1), ValueError, "input_shape .*0"),
        ((28, 2.5, 1), TypeError, "input_shape .*2.5"),
        (784, TypeError, r"input_shape .*784.*\(784,\)"),
        ("28", TypeError, "input_shape .*28"),
    ],
)
def test_sample_shape_says_what_is_wrong(given, error, words):
    with pytest.raises(error, match=words):
        sample_shape("input_shape", given)


def test_input_dim_is_a_shape_with_one_axis():
    assert Dense(4, input_dim=8) == Dense(4, input_shape=(8,))
    with pytest.raises(ValueError, match="input_shape and input_dim"):
        Dense(4, input_dim=8, input_shape=(8,))


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: Dense(4, name=3), TypeError, "name .*3"),
        (lambda: Dense(4, dtype="float16"), ValueError, "dtype .*float32.*float16"),
        (lambda: Conv2D(4, 3, data_format="channels_first"), ValueError, "data_format .*channels_last"),
        (lambda: Flatten(data_format="channels_first"), ValueError, "data_format .*channels_last"),
    ],
)
def test_options_of_every_layer_are_checked(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_the_only_type_and_layout_can_be_named():
    assert Conv2D(4, 3, dtype="float32", data_format="channels_last") == Conv2D(4, 3)
    assert Dense(4, dtype=np.float32) == Dense(4)


def test_a_layer_cannot_be_changed_but_for_trainable():
    layer = Dense(4)
    with pytest.raises(dataclasses.FrozenInstanceError, match="units"):
        layer.units = 5
    layer.trainable = False
    assert not layer.trainable
    with pytest.raises(TypeError, match="trainable .*1"):
        layer.trainable = 1


def test_a_layer_shows_what_differs_from_its_defaults():
    assert repr(Dense(4)) == "Dense(units=4)"
    assert repr(Conv2D(4, 3, 2, "same", activation="relu")) == (
        "Conv2D(filters=4, kernel_size=(3, 3), strides=(2, 2), padding='same', activation='relu')"
    )
    assert repr(Dense(4, kernel_initializer="he_normal")) == (
        "Dense(units=4, kernel_initializer=HeNormal(seed=None))"
    )


def test_a_layer_goes_through_pickle():
    layer = Conv2D(4, 3, kernel_initializer="he_normal", activation=layers.LeakyReLU(0.1), name="first")
    assert pickle.loads(pickle.dumps(layer)) == layer


def test_weights_start_with_what_their_initializers_draw():
    layer = Dense(3, kernel_initializer=initializers.Constant(2), bias_initializer="ones")
    rng = np.random.default_rng(0)
    np.testing.assert_array_equal(layer.initial_value("kernel", (2, 3), rng), np.full((2, 3), 2))
    np.testing.assert_array_equal(layer.initial_value("bias", (3,), rng), np.ones(3))


def test_input_needs_a_shape():
    assert Input((28, 28)).shape == Input(shape=(28, 28)).shape == Input(input_shape=(28, 28)).shape
    with pytest.raises(ValueError, match="shape"):
        Input()
