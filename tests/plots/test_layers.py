"""Filters, feature maps and augmented samples."""

import numpy as np
import pytest

from pyflux import Sequential, layers, networks, plots, synthetic_digits


@pytest.fixture
def two_maps():
    """A convolution with a kernel that keeps an image and one that turns it upside down."""
    model = Sequential(
        [
            layers.Conv2D(2, 1, input_shape=(4, 4, 1)),
            layers.Conv2D(3, (1, 2)),
            layers.Flatten(),
            layers.Dense(2, activation="softmax"),
        ],
        seed=0, engine="reference",
    )  # fmt: skip
    model.layers[0].set_weights([np.array([1.0, -1.0]).reshape(1, 1, 1, 2), [0.5, 0.5]])
    return model


IMAGE = np.arange(16, dtype=np.float32).reshape(4, 4) / 15


def test_a_feature_map_is_stretched_from_its_lowest_to_its_highest_value(two_maps, pictures):
    first, second = pictures(plots.feature_maps(two_maps, IMAGE))
    np.testing.assert_allclose(first, IMAGE, atol=1e-6)
    np.testing.assert_allclose(second, 1 - IMAGE, atol=1e-6)


@pytest.mark.parametrize("image", [IMAGE, IMAGE[None], IMAGE[..., None], IMAGE[None, ..., None]])
def test_one_image_may_have_axes_of_length_one(two_maps, pictures, image):
    np.testing.assert_allclose(pictures(plots.feature_maps(two_maps, image))[0], IMAGE, atol=1e-6)


def test_a_layer_is_chosen_by_name_or_index(two_maps, pictures):
    by_name = plots.feature_maps(two_maps, IMAGE, "conv2d_1")
    by_index = plots.feature_maps(two_maps, IMAGE, 1, count=2)
    assert by_name.get_title() == "conv2d_1: 3 maps of 4 × 3"
    assert by_index.get_title() == "conv2d_1: 2 of 3 maps of 4 × 3"
    np.testing.assert_array_equal(pictures(by_name)[:2], pictures(by_index))


def test_filters_have_one_scale_with_zero_in_its_middle(two_maps, pictures):
    ax = plots.filters(two_maps)
    assert [image.tolist() for image in pictures(ax)] == [[[1.0]], [[-1.0]]]
    assert [image.get_clim() for image in ax.images] == 2 * [(-1.0, 1.0)]


def test_the_channels_of_a_deeper_filter_stand_side_by_side(two_maps, pictures):
    kernel = two_maps.get_weights()[2]
    shown = pictures(plots.filters(two_maps, "conv2d_1"))
    assert len(shown) == 3
    for i, image in enumerate(shown):
        np.testing.assert_array_equal(image[:, :2], kernel[:, :, 0, i])
        np.testing.assert_array_equal(image[:, 3:], kernel[:, :, 1, i])


def test_filters_of_colour_images_are_coloured(pictures):
    model = networks.keras_cifar(seed=0)
    kernel = model.get_weights()[0]
    shown = np.stack(pictures(plots.filters(model)))
    assert shown.shape == (32, 3, 3, 3)
    np.testing.assert_allclose(2 * shown - 1, kernel.transpose(3, 0, 1, 2) / np.abs(kernel).max(), atol=1e-6)


def test_a_transposed_convolution_has_a_filter_for_each_output(pictures):
    model = Sequential([layers.Conv2DTranspose(5, (2, 3), input_shape=(4, 4, 1))], seed=0)
    shown = pictures(plots.filters(model))
    np.testing.assert_array_equal(shown[3], model.get_weights()[0][:, :, 3, 0])
    assert len(shown) == 5


@pytest.mark.parametrize(
    "layer",
    [lambda **o: layers.DepthwiseConv2D((2, 3), **o), lambda **o: layers.SeparableConv2D(7, (2, 3), **o)],
)
def test_a_depthwise_convolution_has_a_filter_for_each_channel(pictures, layer):
    model = Sequential([layer(input_shape=(5, 5, 4))], seed=0)
    shown = pictures(plots.filters(model))
    np.testing.assert_array_equal(shown[2], model.get_weights()[0][:, :, 2, 0])
    assert len(shown) == 4


def test_augmentation_is_drawn_beside_the_image(pictures):
    model = networks.flux_mnist([layers.RandomFlip("vertical")], seed=0)
    x, _ = synthetic_digits(2, seed=0)
    shown = np.stack(pictures(plots.augmented_samples(model, x, variants=6))).reshape(2, 7, 28, 28)
    np.testing.assert_allclose(shown[:, 0], x / 255, atol=1e-6)
    kinds = {
        (np.allclose(each, image / 255, atol=1e-5), np.allclose(each, image[::-1] / 255, atol=1e-5))
        for image, row in zip(x, shown, strict=True)
        for each in row
    }
    assert kinds == {(True, False), (False, True)}  # some as they are, some flipped, nothing else


def test_augmentation_is_that_of_the_training(pictures, engine):
    shape = (6, 5, 1)
    augment = layers.RandomRotation(0.2)
    model = Sequential([augment, layers.Flatten()], seed=3, engine=engine)
    model.build((None, *shape))
    model.compile("sgd", "mean_squared_error")
    x = np.random.default_rng(0).random((2, *shape), dtype=np.float32)
    trained = model.session().network.train
    from pyflux.engines import Data

    data = Data(x, np.zeros((2, 30), np.float32))
    seen = trained(data, np.arange(2), 2, [0.0]).outputs.reshape(2, 6, 5)
    shown = np.stack(pictures(plots.augmented_samples(model, x, variants=1, seed=3))).reshape(2, 2, 6, 5)
    np.testing.assert_allclose(shown[:, 1], seen, atol=1e-5)


def test_a_rescaling_before_the_augmentation_counts_for_both(pictures):
    model = Sequential(
        [layers.Rescaling(1 / 127.5, offset=-1, input_shape=(4, 4, 1)), layers.RandomFlip("horizontal"),
         layers.Flatten(), layers.Dense(2)],
        seed=0,
    )  # fmt: skip
    x = np.random.default_rng(0).integers(0, 256, (1, 4, 4, 1), dtype=np.uint8)
    first, second = pictures(plots.augmented_samples(model, x, variants=1))
    values = (x[0, ..., 0] - x.min()) / (x.max() - x.min())
    np.testing.assert_allclose(first, values, atol=1e-5)
    assert np.allclose(second, values, atol=1e-5) or np.allclose(second, values[:, ::-1], atol=1e-5)


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda m: plots.feature_maps(m, IMAGE, "flatten"), r"layer.*'flatten'.*\(24,\)|layer.*flatten"),
        (lambda m: plots.feature_maps(m, IMAGE, "conv"), "layer 'conv'.*'conv2d'"),
        (lambda m: plots.feature_maps(m, IMAGE, 4), "layer.*4"),
        (lambda m: plots.feature_maps(m, np.zeros((2, 4, 4))), "image.*2"),
        (lambda m: plots.feature_maps(m, np.zeros((3, 3))), r"image.*\(3, 3\)"),
        (lambda m: plots.filters(m, "dense"), "'dense'.*conv2d, conv2d_1"),
        (lambda m: plots.augmented_samples(m, IMAGE[None]), "RandomRotation"),
        (lambda m: plots.filters(Sequential([layers.Dense(2, input_shape=(3,))])), "convolution"),
    ],
)
def test_what_cannot_be_drawn_is_refused(two_maps, draw, message):
    with pytest.raises(ValueError, match=message):
        draw(two_maps)
