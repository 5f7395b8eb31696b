import numpy as np
import pytest

from pyflux.layers import Cropping2D, Permute, Reshape, UpSampling2D, ZeroPadding2D
from tests.keras_process import ask_keras


@pytest.mark.parametrize("layer", [ZeroPadding2D, Cropping2D])
@pytest.mark.parametrize(
    ("given", "amounts"),
    [(1, ((1, 1), (1, 1))), ([1, 2], ((1, 1), (2, 2))), (((0, 1), (2, 3)), ((0, 1), (2, 3)))],
)
def test_sides_are_given_in_three_ways(layer, given, amounts):
    made = layer(given)
    assert (made.padding if layer is ZeroPadding2D else made.cropping) == amounts


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: ZeroPadding2D((1, 2, 3)), ValueError, r"padding .*\(1, 2, 3\)"),
        (lambda: ZeroPadding2D(-1), ValueError, "padding .*-1"),
        (lambda: Cropping2D("1"), TypeError, "cropping .*'1'"),
        (lambda: Cropping2D(((1, 2, 3), 1)), ValueError, "cropping"),
        (lambda: Cropping2D((3, 0)).output_shape((6, 5, 1)), ValueError, "cropping .*6×5"),
        (lambda: UpSampling2D(0), ValueError, "size .*0"),
        (lambda: UpSampling2D(interpolation="bicubic"), ValueError, "interpolation .*bicubic"),
        (lambda: Reshape((-1, -1)), ValueError, r"target_shape .*\(-1, -1\)"),
        (lambda: Reshape((0, 4)), ValueError, "target_shape .*0"),
        (lambda: Reshape(4), TypeError, "target_shape .*4"),
        (lambda: Reshape((2, 2, 2, 2)), ValueError, "target_shape"),
        (lambda: Reshape((7, -1)).output_shape((6,)), ValueError, r"target_shape .*\(7, -1\).*6 values"),
        (lambda: Reshape((7, 1)).output_shape((6,)), ValueError, r"target_shape .*\(7, 1\)"),
        (lambda: Permute((0, 1)), ValueError, "dims .*0"),
        (lambda: Permute((1, 1)), ValueError, r"dims .*\(1, 1\)"),
        (lambda: Permute((2, 1)).output_shape((2, 3, 4)), ValueError, r"dims .*\(2, 3, 4\)"),
    ],
)
def test_arguments_are_checked(make, error, words):
    with pytest.raises(error, match=words):
        make()


def cases(layer, n=12):
    """Arguments and shapes of samples, drawn from a seed."""
    rng = np.random.default_rng(0)
    for i in range(n):
        shape = [int(v) for v in rng.integers(3, 9, 2)] + [int(rng.integers(1, 4))]
        sides = rng.integers(0, 2, (2, 2)).tolist()
        yield (
            {
                "ZeroPadding2D": {"padding": sides},
                "Cropping2D": {"cropping": sides},
                "UpSampling2D": {
                    "size": rng.integers(1, 5, 2).tolist(),
                    "interpolation": ("nearest", "bilinear")[i % 2],
                },
                "Reshape": {"target_shape": [shape[2], -1, shape[i % 2]]},
                "Permute": {"dims": (1 + rng.permutation(3)).tolist()},
            }[layer],
            shape,
        )


@pytest.mark.parametrize("layer", ["ZeroPadding2D", "Cropping2D", "UpSampling2D", "Reshape", "Permute"])
def test_generated_shapes_give_what_keras_gives(layer):
    given = list(cases(layer))
    for case, found in zip(
        given, ask_keras("tests.keras_layers", "generated_differences", layer, given), strict=True
    ):
        assert {what: d for what, d in found.items() if isinstance(d, str) or d > 1e-4} == {}, case
