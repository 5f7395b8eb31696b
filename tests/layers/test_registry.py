import pytest

from pyflux import layers, networks
from pyflux.architecture import Architecture, from_config


@pytest.mark.parametrize("network", [networks.flux_mnist, networks.keras_imagenet])
def test_a_description_goes_round(network):
    architecture = Architecture(network().layers, network().input_shape[1:])
    again = from_config(architecture.config())
    assert again.config() == architecture.config()
    assert again.weight_shapes == architecture.weight_shapes


@pytest.mark.parametrize(
    ("config", "error", "words"),
    [
        ({"type": "Dence", "units": 3}, ValueError, "Dence.*Dense"),
        ({"type": "Dense", "unit": 3}, ValueError, "Dense.*unit.*units"),
        ({"type": "Dense"}, ValueError, "Dense.*units"),
        ({"units": 3}, TypeError, "layer .*None"),
        ({"type": "Dense", "units": "3"}, TypeError, "units .*'3'"),
        ({"type": "Dense", "units": 3, "kernel_initializer": {"type": "He"}}, ValueError, "He.*HeNormal"),
        ({"type": "Dense", "units": 3, "kernel_regularizer": {"l3": 1}}, ValueError, "l3"),
        ("Dense", TypeError, "Dense"),
    ],
)
def test_a_wrong_description_is_rejected(config, error, words):
    with pytest.raises(error, match=words):
        layers.from_config(config)


def test_shapes_through_flux_mnist():
    nodes = Architecture(networks.flux_mnist().layers, (28, 28, 1)).nodes
    assert [node.output_shape for node in nodes] == [
        (26, 26, 16), (13, 13, 16), (11, 11, 32), (5, 5, 32), (800,), (10,),
    ]  # fmt: skip
    assert [node.input_shape for node in nodes] == [(28, 28, 1), *(node.output_shape for node in nodes[:-1])]


def test_keras_s_other_names_are_the_same_classes():
    assert layers.MaxPool2D is layers.MaxPooling2D
    assert layers.InputLayer is layers.Input
