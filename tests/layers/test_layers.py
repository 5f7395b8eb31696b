import dataclasses

import pytest

from pyflux import layers, networks
from pyflux.architecture import Architecture, from_config
from pyflux.layers import Activation, Conv2D, Dense, Flatten, Input, MaxPooling2D


def test_shapes_through_flux_mnist():
    nodes = Architecture(networks.flux_mnist().layers, (28, 28, 1)).nodes
    assert [node.output_shape for node in nodes] == [
        (26, 26, 16), (13, 13, 16), (11, 11, 32), (5, 5, 32), (800,), (10,),
    ]  # fmt: skip
    assert [node.input_shape for node in nodes] == [(28, 28, 1), *(node.output_shape for node in nodes[:-1])]


@pytest.mark.parametrize(
    ("layer", "given", "gives"),
    [
        (Conv2D(8, 3), (9, 7, 2), (7, 5, 8)),
        (Conv2D(8, (3, 2), strides=(2, 1)), (9, 7, 2), (4, 6, 8)),
        (Conv2D(8, 3, strides=2, padding="same"), (9, 7, 2), (5, 4, 8)),
        (MaxPooling2D(), (9, 7, 2), (4, 3, 2)),
        (MaxPooling2D(3, strides=1), (9, 7, 2), (7, 5, 2)),
        (MaxPooling2D((2, 2), padding="same"), (9, 7, 2), (5, 4, 2)),
        (Flatten(), (9, 7, 2), (126,)),
        (Flatten(), (5,), (5,)),
        (Dense(4), (126,), (4,)),
        (Activation("relu"), (9, 7, 2), (9, 7, 2)),
    ],
)
def test_output_shapes_are_keras_s(layer, given, gives):
    assert layer.output_shape(given) == gives


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: Conv2D(0, 3), ValueError, "filters must be at least 1, got 0"),
        (lambda: Conv2D(1.5, 3), TypeError, "filters must be a whole number, got 1.5"),
        (lambda: Conv2D(4, (3, 3, 3)), ValueError, r"kernel_size must be one whole number or two"),
        (lambda: Conv2D(4, "3"), TypeError, "kernel_size must be a whole number, got '3'"),
        (lambda: Conv2D(4, 3, padding="sam"), ValueError, "padding 'sam' is not known, did you mean 'same'"),
        (lambda: Dense(4, activation="rellu"), ValueError, "activation 'rellu' is not known, did you mean 'relu'"),
        (lambda: Dense(4, activation=3), TypeError, "activation must be one of"),
        (lambda: Dense(True), TypeError, "units must be a whole number, got True"),
        (lambda: Dense(4, input_shape=(28, 28)), ValueError, r"use \(28, 28, 1\)"),
        (lambda: Dense(4, input_shape=3), TypeError, "input_shape must be a tuple"),
        (lambda: Dense(4, units_=3), TypeError, "units_"),
        (lambda: Input(), ValueError, "shape must be"),
    ],
)  # fmt: skip
def test_bad_arguments_are_refused_in_words(make, error, words):
    with pytest.raises(error, match=words):
        make()


@pytest.mark.parametrize(
    ("stack", "words"),
    [
        ([Conv2D(4, 30)], r"layer 'conv2d' \(Conv2D\): its height of 30 does not fit into an input of height 28"),
        ([Flatten(), Conv2D(4, 3)], r"wants samples of shape \(height, width, channels\), got \(784,\)"),
        ([Dense(4)], r"wants samples of shape \(features,\), got \(28, 28, 1\); put a Flatten\(\) before it"),
        ([MaxPooling2D(4)] * 3, r"'max_pooling2d_2'.*fewer poolings"),
        ([Dense(4, name="a"), Dense(4, name="a")], "name 'a' is given to 2 layers"),
    ],
)  # fmt: skip
def test_layers_that_do_not_fit_are_refused_when_they_are_put_together(stack, words):
    with pytest.raises(ValueError, match=words):
        Architecture(tuple(stack), (28, 28, 1))


def test_a_layer_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Dense(4).units = 5


@pytest.mark.parametrize("network", [networks.flux_mnist, networks.keras_imagenet])
def test_a_description_goes_round(network):
    architecture = Architecture(network().layers, network().input_shape[1:])
    again = from_config(architecture.config())
    assert again.config() == architecture.config()
    assert again.weight_shapes == architecture.weight_shapes


def test_an_unknown_layer_in_a_description_is_refused():
    with pytest.raises(ValueError, match="layer 'Dence' is not known, did you mean 'Dense'"):
        layers.from_config({"type": "Dence", "units": 3})
    with pytest.raises(ValueError, match="layer Dense has no argument 'unit', did you mean 'units'"):
        layers.from_config({"type": "Dense", "unit": 3})
