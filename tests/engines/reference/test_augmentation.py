import numpy as np

from pyflux import layers
from pyflux.engines.reference.augmentation import fused, transform_images


def test_a_row_of_moves_cuts_nothing_off_between_them():
    away, back = (
        layers.RandomTranslation((f, f), (f, f), fill_mode="constant", fill_value=0.5) for f in (0.8, -0.8)
    )
    images = np.random.default_rng(0).random((3, 10, 10, 2), dtype=np.float32)
    together = transform_images([(away, 1), (back, 2)], images)
    one_by_one = transform_images([(back, 2)], transform_images([(away, 1)], images))
    np.testing.assert_allclose(together, images, atol=1e-5)
    assert (one_by_one == 0.5).mean() > 0.9


def test_layers_that_fill_with_another_value_are_not_fused():
    black, reflect = layers.RandomZoom(0.1, fill_mode="constant"), layers.RandomRotation(0.1)
    assert fused([black, layers.RandomFlip(), reflect]) == [[], [0, 1], [2]]
    assert fused([layers.Rescaling(2), reflect, reflect]) == [[0], [], [1, 2]]


def test_a_translation_by_whole_pixels_moves_them():
    x = np.arange(16.0).reshape(1, 4, 4, 1)
    down = layers.RandomTranslation((0.25, 0.25), (0, 0), fill_mode="constant", fill_value=-1)
    np.testing.assert_allclose(transform_images([(down, 1)], x)[0, 1:], x[0, :3])
    assert (transform_images([(down, 1)], x)[0, 0] == -1).all()


def test_a_quarter_turn_is_anticlockwise():
    x = np.random.default_rng(0).random((1, 5, 5, 2))
    turned = transform_images([(layers.RandomRotation((0.25, 0.25)), 1)], x)
    np.testing.assert_allclose(turned, np.rot90(x, axes=(1, 2)), atol=1e-5)
