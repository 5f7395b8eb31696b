import pytest

from pyflux.layers import RandomContrast, RandomFlip, RandomRotation, RandomTranslation, RandomZoom


@pytest.mark.parametrize(
    ("given", "factor"), [(0.2, (-0.2, 0.2)), (-0.2, (-0.2, 0.2)), ((0.3, 0.1), (0.1, 0.3)), (1, (-1, 1))]
)
def test_a_factor_is_a_range(given, factor):
    assert RandomRotation(given).factor == factor
    assert RandomTranslation(given, 0).height_factor == factor


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: RandomRotation(20), "factor .*20.*degrees / 360"),
        (lambda: RandomRotation((-20, 20)), "factor .*20"),
        (lambda: RandomTranslation(4, 4), "height_factor .*4.*pixels / height"),
        (lambda: RandomTranslation(0.1, 1.5), "width_factor .*1.5"),
        (lambda: RandomZoom(20), "height_factor .*20"),
        (lambda: RandomZoom((-1, 0.5)), "height_factor .*-1"),
        (lambda: RandomContrast(20), "factor .*20"),
        (lambda: RandomContrast(-0.1), "factor .*-0.1"),
        (lambda: RandomContrast(0.2, (1, 0)), "value_range"),
        (lambda: RandomFlip("diagonal"), "mode .*diagonal"),
        (lambda: RandomZoom(0.1, fill_mode="wrap"), "fill_mode .*wrap"),
        (lambda: RandomZoom(0.1, interpolation="nearest"), "interpolation .*nearest"),
        (lambda: RandomRotation((0.1, 0.2, 0.3)), "factor .*3"),
    ],
)
def test_factors_and_modes_are_checked(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_contrast_of_one_number_goes_both_ways():
    assert RandomContrast(0.2).factor == RandomContrast((0.2, 0.2)).factor == (0.2, 0.2)
    assert RandomContrast((0.2, 0.5)).factor == (0.2, 0.5)
