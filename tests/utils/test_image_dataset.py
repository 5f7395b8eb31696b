import tracemalloc

import numpy as np
import pytest

from pyflux import Sequential, layers
from pyflux.errors import DataError
from pyflux.utils import image_dataset_from_directory
from tests.keras_process import ask_keras

Image = pytest.importorskip("PIL.Image")

CLASSES = {"cat": 7, "dog": 5, "eel": 4}


@pytest.fixture
def photos(tmp_path):
    """16 images of three classes, the red value of each its class, of several sizes; and other files."""
    for label, (name, count) in enumerate(CLASSES.items()):
        (tmp_path / name / "more").mkdir(parents=True)
        for i in range(count):
            colour = (60 * label, 10 * i, 0)
            place = tmp_path / name / ("more" if i == 2 else ".")
            Image.new("RGB", (8 + i, 10), colour).save(place / f"{i}.png")
        (tmp_path / name / "notes.txt").write_text("no image")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "readme.md").write_text("no class")
    return tmp_path


def read(dataset):
    """All images and labels of a data set, in order."""
    batches = list(dataset)
    return np.concatenate([x for x, _ in batches]), np.concatenate([y for _, y in batches])


def test_folders_are_classes(photos, capsys):
    data = image_dataset_from_directory(photos, image_size=(6, 5), batch_size=6, seed=0)
    assert capsys.readouterr().out == "Found 16 files belonging to 3 classes.\n"
    assert data.class_names == ["cat", "dog", "eel"]
    assert len(data) == 3
    x, y = read(data)
    assert (x.shape, x.dtype, y.dtype) == ((16, 6, 5, 3), np.uint8, np.int64)
    np.testing.assert_array_equal(x[:, 0, 0, 0], 60 * y)
    assert np.bincount(y).tolist() == list(CLASSES.values())
    assert (np.diff(y) < 0).any()  # shuffled


def test_unshuffled_they_come_in_the_order_of_their_paths(photos):
    data = image_dataset_from_directory(photos, image_size=(6, 5), shuffle=False, verbose=False)
    x, y = read(data)
    assert y.tolist() == [0] * 7 + [1] * 5 + [2] * 4
    assert [path.removeprefix(str(photos)).replace("\\", "/") for path in data.file_paths[:3]] == [
        "/cat/0.png", "/cat/1.png", "/cat/3.png",
    ]  # fmt: skip
    assert data.file_paths[6].endswith("2.png")
    assert x[:7, 0, 0, 1].tolist() == [0, 10, 30, 40, 50, 60, 20]


def test_label_modes(photos):
    options = {"image_size": (6, 5), "shuffle": False, "verbose": False}
    _, rows = read(image_dataset_from_directory(photos, label_mode="categorical", **options))
    np.testing.assert_array_equal(rows, np.eye(3)[[0] * 7 + [1] * 5 + [2] * 4])
    _, yes = read(
        image_dataset_from_directory(photos, label_mode="binary", class_names=["eel", "cat"], **options)
    )
    assert (yes.shape, yes.dtype) == ((11, 1), np.float32)
    assert yes[:, 0].tolist() == [0] * 4 + [1] * 7
    for nothing in ({"labels": None}, {"label_mode": None}):
        (images,) = list(image_dataset_from_directory(photos, **nothing, **options))
        assert images.shape == (16, 6, 5, 3)
    given = image_dataset_from_directory(photos, labels=list(range(16)), **options)
    assert read(given)[1].tolist() == list(range(16))
    assert given.class_names == [str(i) for i in range(16)]


def test_colour_modes_and_aspect_ratios(photos):
    options = {"shuffle": False, "verbose": False}
    grey = image_dataset_from_directory(photos, color_mode="grayscale", image_size=4, **options)
    assert read(grey)[0].shape == (16, 4, 4, 1)
    # 8 × 10 pixels padded to a square: black on the left and on the right.
    padded = image_dataset_from_directory(photos / "dog", labels=None, image_size=(10, 10),
                                          pad_to_aspect_ratio=True, interpolation="nearest", **options)  # fmt: skip
    first = next(iter(padded))[0]
    assert first[5, :, 0].tolist() == [0] + [60] * 8 + [0]
    cropped = image_dataset_from_directory(photos / "dog", labels=None, image_size=(10, 10),
                                           crop_to_aspect_ratio=True, **options)  # fmt: skip
    assert (next(iter(cropped))[0][..., 0] == 60).all()


def test_the_subsets_have_every_image_once(photos, capsys):
    options = {"image_size": (6, 5), "validation_split": 0.25, "seed": 7}
    training, validation = image_dataset_from_directory(photos, subset="both", **options)
    assert "12 files for training, 4 for validation" in capsys.readouterr().out
    assert len({*training.file_paths, *validation.file_paths}) == 16
    assert validation.class_names == ["cat", "dog", "eel"]
    alone = image_dataset_from_directory(photos, subset="training", **options)
    assert alone.file_paths == training.file_paths
    held_out = image_dataset_from_directory(photos, subset="validation", **options)
    assert held_out.file_paths == validation.file_paths
    np.testing.assert_array_equal(read(held_out)[1], read(held_out)[1])  # never shuffled


def keras_split(keras, directory, seed):
    from keras.src.utils import dataset_utils

    files, labels, _ = dataset_utils.index_directory(
        directory, "inferred", (".png",), shuffle=True, seed=seed, verbose=False
    )
    return files, [int(label) for label in labels]


def test_the_split_is_keras_s(photos):
    files, labels = ask_keras(__name__, "keras_split", str(photos), 123)
    ours = image_dataset_from_directory(
        photos, image_size=(6, 5), validation_split=0.25, subset="both", seed=123, verbose=False
    )
    assert [*ours[0].file_paths, *ours[1].file_paths] == files
    assert read(ours[1])[1].tolist() == labels[12:]


def test_a_network_is_trained_evaluated_and_asked(photos, engine):
    training, validation = image_dataset_from_directory(
        photos, image_size=(6, 5), batch_size=4, validation_split=0.25, subset="both", seed=0, verbose=False
    )
    model = Sequential(
        [layers.Flatten(input_shape=(6, 5, 3)), layers.Dense(3, activation="softmax")], seed=0, engine=engine
    )
    model.compile("adam", metrics=["accuracy"])
    history = model.fit(training, validation_data=validation, epochs=3, verbose=0).history
    assert list(history) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert history["loss"][-1] < history["loss"][0]
    x, y = read(validation)
    assert model.evaluate(validation, verbose=0) == pytest.approx(model.evaluate(x, y, verbose=0), rel=1e-5)
    np.testing.assert_allclose(model.predict(validation), model.predict(x), rtol=1e-6)
    np.testing.assert_allclose(model.predict(validation.map(lambda x, y: x)), model.predict(x), rtol=1e-6)


def test_a_file_that_is_no_image_is_named_when_it_is_read(photos):
    (photos / "dog" / "1.png").write_bytes(b"not at all")
    options = {"image_size": (6, 5), "shuffle": False, "verbose": False}
    with pytest.raises(DataError, match=r"dog.1\.png"):
        read(image_dataset_from_directory(photos, **options))
    data = image_dataset_from_directory(photos, ignore_errors=True, **options)
    with pytest.warns(UserWarning, match=r"dog.1\.png"):
        x, y = read(data)
    assert len(x) == 15
    np.testing.assert_array_equal(x[:, 0, 0, 0], 60 * y)
    assert [path.endswith("1.png") for path in data.skipped] == [True]


@pytest.mark.parametrize(
    ("options", "error", "parts"),
    [
        ({"labels": "guessed"}, ValueError, "labels.*guessed"),
        ({"labels": [0, 1]}, ValueError, "labels.*16.*2"),
        ({"labels": [0.5] * 16}, TypeError, "labels.*0.5"),
        ({"label_mode": "one-hot"}, ValueError, "label_mode.*one-hot"),
        ({"label_mode": "binary"}, ValueError, "label_mode.*two.*3"),
        ({"class_names": ["cat", "cow"]}, ValueError, "class_names.*cow.*cat, dog, eel"),
        ({"class_names": ["cat"], "labels": None}, ValueError, "class_names"),
        ({"color_mode": "bgr"}, ValueError, "color_mode.*bgr"),
        ({"batch_size": 0}, ValueError, "batch_size.*0"),
        ({"image_size": (1, 2, 3)}, ValueError, "image_size"),
        ({"interpolation": "lanczos5"}, ValueError, "interpolation.*lanczos5.*lanczos3"),
        ({"crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True}, ValueError, "aspect_ratio"),
        ({"validation_split": 0.2}, ValueError, "validation_split.*subset"),
        ({"subset": "training"}, ValueError, "validation_split.*subset"),
        ({"validation_split": 0.2, "subset": "test", "seed": 0}, ValueError, "subset.*test"),
        ({"validation_split": 0.2, "subset": "training"}, ValueError, "seed.*training"),
        ({"validation_split": 0.01, "subset": "both"}, ValueError, "validation_split.*0.01.*16"),
        ({"validation_split": 1.5, "subset": "both"}, ValueError, "validation_split.*1.5"),
    ],
)
def test_what_cannot_be_is_refused(photos, options, error, parts):
    with pytest.raises(error, match=parts):
        image_dataset_from_directory(photos, verbose=False, **options)


def test_folders_without_images_are_refused(photos):
    with pytest.raises(NotADirectoryError, match=r"readme\.md"):
        image_dataset_from_directory(photos / "readme.md")
    with pytest.raises(ValueError, match="directory.*no folder"):
        image_dataset_from_directory(photos / "cat" / "more")
    (photos / "fox").mkdir()
    with pytest.raises(ValueError, match="no image in .*fox"):
        image_dataset_from_directory(photos)


def test_a_folder_takes_the_memory_of_some_batches_alone(tmp_path, monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    for i in range(100):
        Image.new("RGB", (100, 100), (i, 0, 0)).save(tmp_path / f"{i:02}.png")
    data = image_dataset_from_directory(tmp_path, labels=None, image_size=100, batch_size=4, verbose=False)
    tracemalloc.start()
    try:
        images = sum(len(x) for x in data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert images == 100
    # Of 25 batches of 120 kB: three ahead, the one that is used, and as many that are being decoded.
    assert peak < 10 * 4 * 100 * 100 * 3
