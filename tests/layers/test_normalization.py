import pytest

from pyflux.layers import BatchNormalization


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({}, ["gamma", "beta", "moving_mean", "moving_variance"]),
        ({"center": False}, ["gamma", "moving_mean", "moving_variance"]),
        ({"scale": False}, ["beta", "moving_mean", "moving_variance"]),
        ({"center": False, "scale": False}, ["moving_mean", "moving_variance"]),
    ],
)
def test_scale_and_shift_can_be_left_out(options, names):
    assert BatchNormalization(**options).weight_shapes((5, 4, 2)) == dict.fromkeys(names, (2,))


@pytest.mark.parametrize(
    ("options", "words"),
    [({"momentum": 1}, "momentum .*1"), ({"epsilon": 0}, "epsilon .*0"), ({"axis": -2}, "axis .*-2")],
)
def test_arguments_are_checked(options, words):
    with pytest.raises(ValueError, match=words):
        BatchNormalization(**options)
