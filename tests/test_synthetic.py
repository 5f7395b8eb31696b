import numpy as np
import pytest

from pyflux import synthetic
from pyflux.synthetic import synthetic_digits


def test_shapes_types_and_order():
    images, labels = synthetic_digits(13)
    assert images.shape == (13, 28, 28)
    assert labels.shape == (13,)
    assert images.dtype == labels.dtype == np.uint8
    assert images.flags.c_contiguous
    assert images.flags.writeable


@pytest.mark.parametrize("n", [1, 9, 10, 25, 200])
def test_digits_are_balanced(n):
    counts = np.bincount(synthetic_digits(n)[1], minlength=10)
    assert len(counts) == 10
    assert counts.max() - counts.min() <= 1


def test_labels_are_in_random_order():
    assert np.any(synthetic_digits(100)[1] != np.arange(100) % 10)


def test_same_seed_same_bits_and_another_seed_other_ones():
    a, b, c = (synthetic_digits(50, seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(a[0], b[0])
    np.testing.assert_array_equal(a[1], b[1])
    assert np.any(a[0] != c[0])
    assert np.any(a[1] != c[1])


def test_chunks_do_not_change_the_images(monkeypatch):
    whole = synthetic_digits(30, seed=1)[0]
    monkeypatch.setattr(synthetic, "_CHUNK", 7)
    np.testing.assert_array_equal(synthetic_digits(30, seed=1)[0], whole)


def test_every_image_has_ink_and_paper_and_differs():
    images, _ = synthetic_digits(300)
    assert np.all(images.max(axis=(1, 2)) > 150)
    assert np.all((images < 40).mean(axis=(1, 2)) > 0.4)
    assert len(np.unique(images.reshape(300, -1), axis=0)) == 300


def test_every_shape_is_drawn_whole():
    """Undisturbed, each shape stays inside the image: no stroke is lost at the border."""
    for shapes in synthetic._SHAPES:
        for shape in shapes:
            corners = np.array(list(shape.points.values()))
            assert corners.min() >= 0
            assert corners.max() <= 1
            first, last = synthetic._curves(shape)
            assert first.shape == last.shape == (synthetic._PIECES, len(corners))
            # An affine map must act on the curve as on its points, so the weights of a node sum to 1.
            np.testing.assert_allclose(first.sum(axis=1), 1, rtol=0, atol=1e-5)


def test_a_curve_passes_through_its_points():
    shape = synthetic._shape("abc", a=(0.0, 0.0), b=(0.5, 1.0), c=(1.0, 0.0))
    first, last = synthetic._curves(shape)
    points = np.array(list(shape.points.values()))
    nodes = np.concatenate([first[:1], last]) @ points
    for point in points:
        assert np.abs(nodes - point).sum(axis=1).min() < 1e-5


def softmax_regression(x, y, steps=300):
    """Weights of a linear classifier, by plain gradient descent."""
    weights = np.zeros((x.shape[1], 10))
    hot = np.eye(10)[y]
    for _ in range(steps):
        z = x @ weights
        p = np.exp(z - z.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        weights -= 0.1 * x.T @ (p - hot) / len(x)
    return weights


def test_there_is_something_to_learn():
    """A linear classifier gets far beyond chance, but a network is needed for the rest."""
    x, y = synthetic_digits(1000, seed=1)
    x_test, y_test = synthetic_digits(500, seed=2)
    weights = softmax_regression(x.reshape(-1, 784) / 255, y)
    accuracy = np.mean((x_test.reshape(-1, 784) / 255 @ weights).argmax(axis=1) == y_test)
    assert 0.6 < accuracy < 0.95


@pytest.mark.parametrize("bad", [0, -1, np.int64(-5)])
def test_too_few_images(bad):
    with pytest.raises(ValueError, match=f"n must be at least 1, got {int(bad)}"):
        synthetic_digits(bad)


@pytest.mark.parametrize("bad", [1.0, "3", None, True])
def test_n_is_a_whole_number(bad):
    with pytest.raises(TypeError, match="n must be a whole number, got"):
        synthetic_digits(bad)


def test_bad_seeds():
    with pytest.raises(ValueError, match="seed must be at least 0, got -1"):
        synthetic_digits(1, seed=-1)
    with pytest.raises(TypeError, match=r"seed must be a whole number, got 0\.5"):
        synthetic_digits(1, seed=0.5)


def test_numpy_integers_are_whole_numbers():
    np.testing.assert_array_equal(synthetic_digits(np.int32(5), np.uint8(2))[0], synthetic_digits(5, 2)[0])
