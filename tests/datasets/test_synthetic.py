import numpy as np
import pytest

from pyflux import Sequential, layers, optimizers
from pyflux.datasets import drawn_digits as synthetic
from pyflux.datasets import patterns, synthetic_digits, synthetic_images


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
    with pytest.raises(ValueError, match=f"^n .*{int(bad)}"):
        synthetic_digits(bad)


@pytest.mark.parametrize("bad", [1.0, "3", None, True])
def test_n_is_a_whole_number(bad):
    with pytest.raises(TypeError, match="^n "):
        synthetic_digits(bad)


def test_bad_seeds():
    with pytest.raises(ValueError, match="^seed .*-1"):
        synthetic_digits(1, seed=-1)
    with pytest.raises(TypeError, match=r"seed must be an integer, got 0\.5"):
        synthetic_digits(1, seed=0.5)


def test_numpy_integers_are_whole_numbers():
    np.testing.assert_array_equal(synthetic_digits(np.int32(5), np.uint8(2))[0], synthetic_digits(5, 2)[0])


# ── Coloured patterns ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("size", [(8, 8), (32, 32), (9, 40), 16])
@pytest.mark.parametrize("channels", [1, 3, 5])
def test_images_of_any_size(size, channels):
    images, labels = synthetic_images(13, size=size, channels=channels)
    height, width = size if isinstance(size, tuple) else (size, size)
    assert images.shape == (13, height, width, channels)
    assert labels.shape == (13,)
    assert images.dtype == labels.dtype == np.uint8
    assert images.flags.c_contiguous
    assert images.flags.writeable


@pytest.mark.parametrize(("n", "classes"), [(1, 2), (9, 10), (25, 10), (1, 100), (250, 100)])
def test_classes_are_balanced(n, classes):
    labels = synthetic_images(n, size=(8, 8), classes=classes)[1]
    counts = np.bincount(labels, minlength=classes)
    assert len(counts) == classes
    assert counts.max() - counts.min() <= 1


def test_same_seed_same_patterns_and_another_seed_other_ones():
    a, b, c = (synthetic_images(30, seed=seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(a[0], b[0])
    np.testing.assert_array_equal(a[1], b[1])
    assert np.any(a[1] != c[1])
    assert len(np.unique(np.concatenate([a[0], c[0]]).reshape(60, -1), axis=0)) == 60


def test_chunks_do_not_change_the_patterns(monkeypatch):
    whole = synthetic_images(30, size=(16, 24), seed=1)[0]
    monkeypatch.setattr(patterns, "_CHUNK", 7 * 16 * 24 * 3)
    np.testing.assert_array_equal(synthetic_images(30, size=(16, 24), seed=1)[0], whole)
    monkeypatch.setattr(patterns, "_CHUNK", 1)
    np.testing.assert_array_equal(synthetic_images(30, size=(16, 24), seed=1)[0], whole)


@pytest.mark.parametrize("classes", [2, 3, 4, 5, 10, 37, 100])
@pytest.mark.parametrize("side", [8, 32, 224])
def test_every_class_looks_different(classes, side):
    looks = patterns._looks(classes, side)
    assert len({(look.kind, look.fineness, look.turn) for look in looks}) == classes
    assert all(0 <= look.fineness <= 1 and 0 <= look.turn < 1 and look.finest >= 2 for look in looks)
    # What an image may deviate is less than half of what lies between two classes.
    for values in ({look.fineness for look in looks}, {look.turn for look in looks}):
        if len(values) > 1:
            assert 2 * looks[0].room < np.diff(sorted(values)).min()


def nearest_mean_colours(x, y, x_test, k=15):
    """Classes of the images whose mean colours are nearest."""
    means, means_test = x.mean(axis=(1, 2)), x_test.mean(axis=(1, 2))
    near = ((means_test[:, None] - means) ** 2).sum(axis=-1).argsort(axis=1)[:, :k]
    return np.array([np.bincount(y[row]).argmax() for row in near])


def test_colours_say_nothing_and_a_small_network_learns_the_patterns():
    x, y = synthetic_images(600, size=(16, 16), classes=4, seed=1)
    x_test, y_test = synthetic_images(300, size=(16, 16), classes=4, seed=2)
    assert np.mean(nearest_mean_colours(x, y, x_test) == y_test) < 0.35
    model = Sequential(
        [
            layers.Conv2D(8, (3, 3), activation="relu", input_shape=(16, 16, 3)),
            layers.MaxPooling2D((2, 2)),
            layers.Conv2D(16, (3, 3), activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Flatten(),
            layers.Dense(4, activation="softmax"),
        ],
        seed=0,
        engine="reference",
    )
    model.compile(optimizers.Adam(0.003), metrics=["accuracy"])
    model.fit(x, y, epochs=8, verbose=0)
    assert model.evaluate(x_test, y_test)[1] > 0.65


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"n": 0}, ValueError, "^n .*0"),
        ({"n": 1.5}, TypeError, r"n must be an integer, got 1\.5"),
        ({"size": (7, 32)}, ValueError, "^size .*7×32"),
        ({"size": (32, 32, 3)}, ValueError, r"size must be one integer or two"),
        ({"channels": 0}, ValueError, "^channels .*0"),
        ({"classes": 1}, ValueError, "^classes .*1"),
        ({"classes": 101}, ValueError, "^classes .*101"),
        ({"seed": -1}, ValueError, "^seed .*-1"),
    ],
)
def test_patterns_that_are_refused(options, error, message):
    with pytest.raises(error, match=message):
        synthetic_images(**{"n": 5} | options)
