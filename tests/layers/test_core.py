import pytest

from pyflux import regularizers
from pyflux.architecture import Architecture
from pyflux.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D


@pytest.mark.parametrize("shape", [(9, 7, 2), (18, 7), (126,)])
def test_flatten_makes_one_row(shape):
    assert Flatten().output_shape(shape) == (126,)


@pytest.mark.parametrize("shape", [(9, 7, 2), (18, 2), (2,)])
def test_dense_acts_on_the_last_axis(shape):
    assert Dense(4).output_shape(shape) == (*shape[:-1], 4)
    assert Dense(4).weight_shapes(shape) == {"kernel": (2, 4), "bias": (4,)}
    assert Dense(4, use_bias=False).weight_shapes(shape) == {"kernel": (2, 4)}


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: Dense(0), ValueError, "units .*0"),
        (lambda: Dense(True), TypeError, "units .*True"),
        (lambda: Dense(1.5), TypeError, "units .*1.5"),
        (lambda: Dense(4, use_bias="no"), TypeError, "use_bias .*no"),
        (lambda: Dense(4, unit=3), TypeError, "unit"),
        (lambda: Dense(4, kernel_initializer="he"), ValueError, "kernel_initializer .*he"),
        (lambda: Dense(4, kernel_regularizer="l3"), ValueError, "kernel_regularizer .*l3.*l2"),
        (lambda: Dense(4, bias_constraint=3), TypeError, "bias_constraint .*3"),
        (lambda: Dropout(1.0), ValueError, "rate .*1"),
        (lambda: Dropout(0.5, seed=-1), ValueError, "seed .*-1"),
    ],
)
def test_arguments_are_checked(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_penalties_can_be_named_or_given():
    assert Dense(4, kernel_regularizer="l2") == Dense(4, kernel_regularizer=regularizers.L2(0.01))
    assert Dense(4, kernel_regularizer=regularizers.L2).kernel_regularizer == regularizers.L2()


@pytest.mark.parametrize(
    ("stack", "words"),
    [
        ([Conv2D(4, 30)], "'conv2d'.*height of 30.*height 28"),
        ([Flatten(), Conv2D(4, 3)], r"'conv2d'.*\(height, width, channels\).*\(784,\)"),
        ([MaxPooling2D(4)] * 3, "'max_pooling2d_2'"),
        ([Dense(4, name="a"), Dense(4, name="a")], "'a'.*2"),
    ],
)
def test_layers_that_do_not_fit_are_rejected_by_name(stack, words):
    with pytest.raises(ValueError, match=words):
        Architecture(tuple(stack), (28, 28, 1))


def test_grey_images_without_a_channel_axis_get_a_hint():
    with pytest.raises(ValueError, match=r"'conv2d'.*\(28, 28\).*\(28, 28, 1\)"):
        Architecture((Conv2D(4, 3),), (28, 28))
