import pytest

from pyflux.layers import (
    AveragePooling2D,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    MaxPooling2D,
)


@pytest.mark.parametrize("pooling", [MaxPooling2D, AveragePooling2D])
@pytest.mark.parametrize(
    ("arguments", "gives"),
    [((), (4, 3, 2)), ((3, 1), (7, 5, 2)), ((2, None, "same"), (5, 4, 2)), (((3, 2), 2), (4, 3, 2))],
)
def test_output_shapes(pooling, arguments, gives):
    assert pooling(*arguments).output_shape((9, 7, 2)) == gives


@pytest.mark.parametrize("pooling", [GlobalMaxPooling2D, GlobalAveragePooling2D])
def test_global_pooling_gives_a_row_or_one_pixel(pooling):
    assert pooling().output_shape((9, 7, 2)) == (2,)
    assert pooling(keepdims=True).output_shape((9, 7, 2)) == (1, 1, 2)


def test_arguments_are_checked():
    with pytest.raises(ValueError, match="pool_size .*0"):
        MaxPooling2D(0)
    with pytest.raises(ValueError, match="padding .*full"):
        AveragePooling2D(2, padding="full")
