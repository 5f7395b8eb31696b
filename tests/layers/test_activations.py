import pytest

from pyflux import activations, layers
from pyflux.architecture import Architecture
from pyflux.layers import ELU, Activation, Conv2D, Dense, LeakyReLU, ReLU, Softmax


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (None, "linear"),
        ("relu", "relu"),
        ("swish", "silu"),
        ("hard_swish", "hard_silu"),
        (activations.gelu, "gelu"),
        (activations.swish, "silu"),
        (ReLU(), "relu"),
        (ReLU(max_value=6), "relu6"),
        (ReLU(negative_slope=0.2), "leaky_relu"),
        (LeakyReLU(0.2), "leaky_relu"),
        (ELU(), "elu"),
        (Softmax(), "softmax"),
        (Activation("tanh"), "tanh"),
        (LeakyReLU(), LeakyReLU(0.3)),
        (Activation(ELU(0.5)), ELU(0.5)),
        (LeakyReLU(0.1).config(), LeakyReLU(0.1)),
    ],
)
def test_an_activation_is_kept_by_name_or_as_a_layer(given, kept):
    for layer in (Dense(4, activation=given), Conv2D(4, 3, activation=given), Activation(given)):
        assert layer.activation == kept


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ("rellu", ValueError, "activation .*rellu.*relu"),
        (3, TypeError, "activation .*3"),
        (abs, TypeError, "activation .*abs"),
        (ReLU, TypeError, r"activation .*ReLU\(\)"),
        (Dense(3), TypeError, "activation .*Dense"),
    ],
)
def test_what_is_no_activation_is_rejected(given, error, words):
    with pytest.raises(error, match=words):
        Dense(4, activation=given)


def test_functions_of_other_libraries_are_named_in_the_hint():
    def relu(x):
        return x

    with pytest.raises(TypeError, match="activation='relu'"):
        Dense(4, activation=relu)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ReLU(max_value=-1), "max_value .*-1"),
        (lambda: ReLU(negative_slope=-0.1), "negative_slope .*-0.1"),
        (lambda: ReLU(threshold=-1), "threshold .*-1"),
        (lambda: LeakyReLU(-1), "negative_slope .*-1"),
        (lambda: ELU(-1), "alpha .*-1"),
    ],
)
def test_arguments_below_0_are_rejected(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_leaky_relu_takes_the_older_name_of_its_slope():
    assert LeakyReLU(alpha=0.1) == LeakyReLU(negative_slope=0.1)


@pytest.mark.parametrize("make", [layers.Softmax, layers.BatchNormalization])
@pytest.mark.parametrize(("shape", "last"), [((5, 4, 2), 3), ((5, 4), 2), ((5,), 1)])
def test_the_axis_must_be_the_last(make, shape, last):
    for axis in (-1, last):
        assert make(axis=axis).output_shape(shape) == shape
    for axis in (0, last + 1):
        with pytest.raises(ValueError, match=f"axis.*{last}.*axis={axis}"):
            make(axis=axis).output_shape(shape)


@pytest.mark.parametrize("last", [Softmax(), Activation("softmax"), Activation(Softmax())])
def test_a_softmax_layer_at_the_end_is_the_network_s_last_activation(last):
    architecture = Architecture((Dense(3), last), (4,))
    assert architecture.last_activation == "softmax"
    assert [type(layer) for layer in architecture.without("softmax").layers] == [Dense]
