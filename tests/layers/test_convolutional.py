import pytest

from pyflux.layers import Conv2D


@pytest.mark.parametrize(
    ("layer", "gives"),
    [
        (Conv2D(8, 3), (7, 5, 8)),
        (Conv2D(8, (3, 2), strides=(2, 1)), (4, 6, 8)),
        (Conv2D(8, 3, strides=2, padding="same"), (5, 4, 8)),
        (Conv2D(8, 3, 2, "SAME"), (5, 4, 8)),
        (Conv2D(8, 3, dilation_rate=(2, 3)), (5, 1, 8)),
    ],
)
def test_output_shapes(layer, gives):
    assert layer.output_shape((9, 7, 2)) == gives


def test_kernels_have_the_channels_of_one_group():
    assert Conv2D(8, (3, 2), groups=4).weight_shapes((9, 7, 4)) == {"kernel": (3, 2, 1, 8), "bias": (8,)}


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: Conv2D(0, 3), ValueError, "filters .*0"),
        (lambda: Conv2D(1.5, 3), TypeError, "filters .*1.5"),
        (lambda: Conv2D(4, (3, 3, 3)), ValueError, r"kernel_size .*\(3, 3, 3\)"),
        (lambda: Conv2D(4, "3"), TypeError, "kernel_size .*'3'"),
        (lambda: Conv2D(4, 3, padding="sam"), ValueError, "padding .*sam.*same"),
        (lambda: Conv2D(4, 3, groups=3), ValueError, "groups.*4 and 3"),
        (lambda: Conv2D(4, 3, 2, dilation_rate=2), ValueError, "strides and dilation_rate"),
        (lambda: Conv2D(4, 3, groups=2).output_shape((9, 9, 3)), ValueError, "2 groups.*3 channels"),
    ],
)
def test_arguments_are_checked(make, error, words):
    with pytest.raises(error, match=words):
        make()
