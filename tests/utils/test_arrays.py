import random

import numpy as np
import pytest

from pyflux import utils
from pyflux._internal import seeding


@pytest.fixture
def fixed():
    """Lets the test set the seed, and makes everything random again after it."""
    yield utils.set_random_seed
    seeding.set_seed(None)


@pytest.mark.parametrize("x", [[1, 0, 2], [[1], [0], [2]], np.array([1, 0, 2], np.uint8), [1.0, 0.0, 2.0]])
def test_one_hot(x):
    expected = np.array([[0, 1, 0], [1, 0, 0], [0, 0, 1]], np.float32)
    np.testing.assert_array_equal(utils.to_categorical(x), expected, strict=True)


def test_more_axes_and_more_classes():
    got = utils.to_categorical([[0, 3], [1, 2]], num_classes=5)
    assert got.shape == (2, 2, 5)
    np.testing.assert_array_equal(got.argmax(axis=-1), [[0, 3], [1, 2]])
    np.testing.assert_array_equal(got.sum(axis=-1), np.ones((2, 2)))


@pytest.mark.parametrize(
    ("x", "num_classes", "error", "words"),
    [
        ([0, -1], None, ValueError, "x .*-1"),
        ([0, 3], 3, ValueError, "x .*3"),
        ([0.5], None, TypeError, r"x .*0\.5"),
        (["a"], None, TypeError, "x .*<U1"),
        ([], None, ValueError, "x .*empty"),
        ([0], 0, ValueError, "num_classes .*0"),
    ],
)
def test_what_is_no_class_is_refused(x, num_classes, error, words):
    with pytest.raises(error, match=words):
        utils.to_categorical(x, num_classes)


def test_one_seed_fixes_everything(fixed):
    def draw():
        return random.random(), float(np.random.random()), seeding.draw_seed(), seeding.draw_seed()

    fixed(3)
    first = draw()
    fixed(3)
    assert draw() == first
    fixed(4)
    assert not set(draw()) & set(first)


def test_without_a_seed_every_model_s_is_another():
    assert seeding.draw_seed() != seeding.draw_seed()


@pytest.mark.parametrize(
    ("seed", "error"), [(-1, ValueError), (2**32, ValueError), (0.5, TypeError), (None, TypeError)]
)
def test_a_seed_out_of_range(seed, error):
    with pytest.raises(error, match="seed"):
        utils.set_random_seed(seed)
