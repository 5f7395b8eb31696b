import numpy as np
import pytest

from pyflux import Sequential, layers, plots
from pyflux.losses import BinaryCrossentropy, SparseCategoricalCrossentropy


def first_pixels(classes, activation="softmax"):
    """A network whose logits are the first pixels of an image."""
    model = Sequential(
        [layers.Flatten(input_shape=(3, 2, 1)), layers.Dense(classes, activation=activation)],
        seed=0, engine="reference",
    )  # fmt: skip
    model.set_weights([np.eye(6, classes), np.zeros(classes)])
    return model


def images(*logits):
    x = np.zeros((len(logits), 3, 2, 1), np.float32)
    for image, values in zip(x, logits, strict=True):
        image.flat[: len(values)] = values
        image.flat[5] = -1  # so that these are no bytes
    return x


X = images([4, 0, 0], [1, 0, 0], [0, 3, 0], [0, 0, 2])


def test_the_surest_mistakes_come_first_with_what_is_and_was_said(texts, pictures):
    ax = plots.worst_mistakes(first_pixels(3), X, [1, 2, 1, 0])
    sure = [np.exp(v) / (np.exp(v) + 2) for v in (4, 2, 1)]
    assert texts(ax) == [
        f"is 1, said 0\n{sure[0]:.1%}",
        f"is 0, said 2\n{sure[1]:.1%}",
        f"is 2, said 0\n{sure[2]:.1%}",
    ]
    assert ax.get_title() == "3 of 4 wrong"
    shown = pictures(ax)
    assert [image.shape for image in shown] == 3 * [(3, 2)]
    # Stretched together: -1 is black, 4 white.
    assert (shown[0][0, 0], shown[1][1, 0], shown[1][2, 1]) == pytest.approx((1.0, 0.6, 0.0))


def test_only_so_many_are_shown_by_their_names(texts):
    ax = plots.worst_mistakes(first_pixels(3), X, [1, 2, 1, 0], count=1, class_names=["cat", "horse", "dog"])
    (text,) = texts(ax)
    assert text.splitlines()[:2] == ["is horse", "said cat"]
    assert ax.get_title() == "3 of 4 wrong, the surest 1"


def test_labels_may_be_columns(texts):
    model = first_pixels(3)
    assert texts(plots.worst_mistakes(model, X, np.eye(3)[[1, 2, 1, 0]])) == texts(
        plots.worst_mistakes(model, X, [1, 2, 1, 0])
    )


def test_a_data_set_brings_its_labels_and_names(texts):
    class Batched:
        class_names = ("cat", "horse", "dog")

        def __len__(self):
            return 2

        def __getitem__(self, i):
            return X[2 * i : 2 * i + 2], np.array([1, 2, 1, 0])[2 * i : 2 * i + 2]

    model = first_pixels(3)
    got = texts(plots.worst_mistakes(model, Batched()))
    assert got == texts(plots.worst_mistakes(model, X, [1, 2, 1, 0], class_names=Batched.class_names))
    assert got[0].startswith("is horse\nsaid cat")
    with pytest.raises(ValueError, match="y must be given"):
        plots.worst_mistakes(model, X)
    with pytest.raises(ValueError, match="y must be left out"):
        plots.worst_mistakes(model, Batched(), [0])


def test_without_mistakes_it_says_so(texts, pictures):
    ax = plots.worst_mistakes(first_pixels(3), X, [0, 0, 1, 2])
    assert (texts(ax), pictures(ax)) == (["no mistakes in 4 samples"], [])


@pytest.mark.parametrize(
    ("classes", "activation", "loss"),
    [
        (1, "sigmoid", None),
        (1, "linear", BinaryCrossentropy(from_logits=True)),
        (2, "linear", SparseCategoricalCrossentropy(from_logits=True)),
    ],
)
def test_logits_and_single_outputs_become_probabilities(texts, classes, activation, loss):
    model = first_pixels(classes, activation)
    if loss is not None:
        model.compile(loss=loss)
    x = images([2]) if classes == 1 else images([0, 2])
    (text,) = texts(plots.worst_mistakes(model, x, [0]))
    assert text == f"is 0, said 1\n{1 / (1 + np.exp(-2)):.1%}"


def test_colour_images_keep_their_colours(pictures):
    model = Sequential(
        [layers.Flatten(input_shape=(2, 2, 3)), layers.Dense(2, activation="softmax")],
        seed=0, engine="reference",
    )  # fmt: skip
    x = np.random.default_rng(0).integers(0, 256, (4, 2, 2, 3), dtype=np.uint8)
    shown = pictures(plots.worst_mistakes(model, x, 1 - model.predict(x).argmax(axis=1)))
    expected = sorted((image / 255).ravel().tolist() for image in x)
    assert sorted(image.ravel().tolist() for image in shown) == expected


@pytest.mark.parametrize(
    ("model", "labels", "message"),
    [
        (first_pixels(3, "relu"), [0], "softmax"),
        (first_pixels(3), [3], "y .*3"),
        (first_pixels(3), [0, 1], "y .*2"),
        (Sequential([layers.Dense(3, activation="softmax", input_shape=(6,))]), [0], r"images.*\(6,\)"),
    ],
)
def test_what_cannot_be_drawn_is_refused(model, labels, message):
    with pytest.raises(ValueError, match=message):
        plots.worst_mistakes(model, X[:1], labels)
