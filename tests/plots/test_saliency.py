import numpy as np
import pytest

from pyflux import Input, Model, Sequential, layers, networks, plots
from pyflux.plots.saliency import last_convolution


@pytest.fixture
def linear():
    """A network whose scores are sums of pixels with known weights."""
    model = Sequential(
        [layers.Flatten(input_shape=(2, 2, 2)), layers.Dense(2, activation="softmax")],
        seed=0, engine="reference",
    )  # fmt: skip
    model.set_weights([np.array([[1, 0], [-4, 0], [2, 0], [0, 0], [0, 1], [0, 3], [3, 0], [-1, 5]]), [0, 0]])
    return model


def test_saliency_is_the_largest_gradient_over_the_channels(linear, pictures):
    image = np.zeros((2, 2, 2))
    for label, expected in ((0, [[4, 2], [0, 3]]), (1, [[0, 0], [3, 5]])):
        ax = plots.saliency(linear, image, label)
        _, heat = pictures(ax)
        np.testing.assert_allclose(heat, np.array(expected) / np.max(expected))
        assert ax.get_title() == f"matters for {label} (50.0%)"
        alpha = ax.images[1].get_alpha()
        assert np.array_equal(alpha == 0, heat == 0)
        assert alpha.max() == 1


def test_by_default_it_is_about_the_most_probable_class(linear):
    image = np.zeros((2, 2, 2))
    image[1, 0, 1] = 1
    ax = plots.saliency(linear, image, class_names=["cat", "dog"])
    assert ax.get_title() == f"matters for dog ({1 / (1 + np.exp(-3)):.1%})"


def test_grad_cam_weighs_the_maps_by_their_mean_gradients(pictures):
    model = Sequential(
        [
            layers.Conv2D(2, 1, input_shape=(3, 3, 1), name="conv"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2, activation="softmax"),
        ],
        seed=0, engine="reference",
    )  # fmt: skip
    # The first map is the image, the second its negative; class 0 likes the first, class 1 the second.
    model.set_weights([np.array([1.0, -1.0]).reshape(1, 1, 1, 2), [0.0, 0.0], np.eye(2), [0.0, 0.0]])
    image = np.array([[1.0, 0.5, 0], [0, 0, 0], [0, 0, -2.0]])
    for label, expected in ((0, np.maximum(image, 0)), (1, np.maximum(-image, 0) / 2)):
        ax = plots.grad_cam(model, image, label)
        np.testing.assert_allclose(pictures(ax)[1], expected, atol=1e-6)
        assert ax.get_title().startswith(f"conv for {label} (")


def test_where_the_network_flattens_each_place_has_its_own_gradient(pictures):
    model = Sequential(
        [layers.Conv2D(1, 1, input_shape=(2, 2, 1)), layers.Flatten(), layers.Dense(2, activation="softmax")],
        seed=0, engine="reference",
    )  # fmt: skip
    kernel = np.array([[4.0, 0], [-4.0, 0], [0, 1], [0, 1]])
    model.set_weights([np.ones((1, 1, 1, 1)), [0.0], kernel, [0.0, 0.0]])
    image = np.array([[0.5, 1.0], [0.0, 1.0]])
    np.testing.assert_allclose(pictures(plots.grad_cam(model, image, 0))[1], [[1, 0], [0, 0]])
    np.testing.assert_allclose(pictures(plots.grad_cam(model, image, 1, elementwise=False))[1], image)


def test_in_a_trained_network_the_answer_comes_from_where_the_pattern_is(engine, pictures):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 200)
    x = rng.normal(0, 0.1, (200, 12, 12, 1)).astype(np.float32)
    for image, label in zip(x, y, strict=True):
        row, column = rng.integers(1, 11, 2)
        image[row - 1 : row + 2, column] += 1 if label else 0
        image[row, column - 1 : column + 2] += 0 if label else 1
    model = Sequential(
        [
            layers.Conv2D(8, 3, activation="relu", padding="same", input_shape=(12, 12, 1)),
            layers.GlobalMaxPooling2D(),
            layers.Dense(2, activation="softmax"),
        ],
        seed=0, engine=engine,
    )  # fmt: skip
    model.compile("adam", metrics=["accuracy"])
    model.fit(x, y, epochs=40, verbose=0)
    assert model.evaluate(x, y, return_dict=True, verbose=0)["accuracy"] > 0.95
    image = np.zeros((12, 12, 1), np.float32)
    image[2:5, 8] = 1
    for draw in (plots.saliency, plots.grad_cam):
        heat = pictures(draw(model, image, 1))[1]
        row, column = np.unravel_index(heat.argmax(), heat.shape)
        assert 1 <= row <= 5
        assert 7 <= column <= 9


def test_by_default_grad_cam_looks_at_the_last_convolution_outside_of_branches():
    inputs = Input((4, 4, 2))
    stem = layers.Conv2D(2, 1, name="stem")(inputs)
    joined = layers.Add(name="joined")([layers.Conv2D(2, 1, name="left")(stem), stem])
    flat = layers.Flatten()(layers.MaxPooling2D()(joined))
    model = Model(inputs, layers.Dense(2, activation="softmax")(flat), engine="reference", seed=0)
    assert model.architecture.names[last_convolution(model.architecture)] == "joined"
    assert plots.grad_cam(model, np.ones((4, 4, 2))).get_title().startswith("joined for ")
    names = networks.flux_mnist().architecture
    assert names.names[last_convolution(names)] == "conv2d_1"


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda m: plots.saliency(m, np.zeros((2, 2, 2)), 2), "label.*0 to 1.*2"),
        (lambda m: plots.saliency(m, np.zeros((3, 2, 2, 2))), "image.*3"),
        (lambda m: plots.grad_cam(m, np.zeros((2, 2, 2))), "convolution"),
        (lambda m: plots.grad_cam(m, np.zeros((2, 2, 2)), layer="flatten"), r"'flatten'.*\(8,\)"),
    ],
)
def test_what_cannot_be_drawn_is_refused(linear, draw, message):
    with pytest.raises(ValueError, match=message):
        draw(linear)
