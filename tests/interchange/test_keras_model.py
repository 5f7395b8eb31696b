"""Whole models of Keras: as Keras itself saves them, and made by hand."""

import io
import json
import zipfile

import numpy as np
import pytest

import pyflux
from pyflux import Sequential, layers
from pyflux.errors import SavedModelError
from pyflux.interchange import match_weights, read_model, read_weights
from pyflux.interchange.keras_layers import layer_from_keras
from tests.keras_process import ask_keras

h5py = pytest.importorskip("h5py")


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A folder of models that Keras saved."""
    folder = tmp_path_factory.mktemp("keras")
    ask_keras("tests.interchange.keras_models", "save", folder)
    return folder


def built(model):
    net = Sequential(
        [layers.Input(model.architecture.input_shape), *model.architecture.layers], engine="reference"
    )
    net.set_weights(model.weights)
    return net


@pytest.mark.parametrize("name", ["stack", "chain", "branches", "shared"])
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_model_of_keras_predicts_the_same(saved, name, suffix):
    model = read_model(saved / f"{name}{suffix}")
    assert model.name == name
    with np.load(saved / f"{name}.npz") as expected:
        got = pyflux.load(saved / f"{name}{suffix}", engine="reference").predict(expected["x"])
        # A dozen layers of float32 sums, each exact to a few units of the last of 24 bits.
        scale = max(1, np.abs(expected["y"]).max())
        np.testing.assert_allclose(got, expected["y"], rtol=0, atol=1e-5 * scale)


def test_the_arguments_of_layers_are_read(saved):
    found = {type(layer).__name__: layer for layer in read_model(saved / "stack.keras").architecture.layers}
    assert found["Rescaling"].offset == -1
    assert found["RandomFlip"].mode == "horizontal"
    assert found["BatchNormalization"].scale is False
    assert found["Dropout"].rate == 0.3
    assert found["Conv2D"].kernel_regularizer.l2 == pytest.approx(0.01)
    assert found["Dense"].use_bias is False


@pytest.mark.parametrize("name", ["stack", "chain", "branches", "shared"])
def test_keras_s_files_of_weights_fit_the_same_network(saved, name):
    model = read_model(saved / f"{name}.keras")
    got = match_weights(model.architecture, read_weights(saved / f"{name}.weights.h5"))
    for a, b in zip(got, model.weights, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("name", "words"),
    [("inputs.keras", "2 inputs"), ("other.keras", "'memory'.*LSTM"), ("stack.weights.h5", "no model")],
)
def test_a_model_that_cannot_be_is_refused_with_the_reason(saved, name, words):
    with pytest.raises(SavedModelError, match=f"{name}.*{words}"):
        read_model(saved / name)


# ── By hand ──────────────────────────────────────────────────────────────────────────────────────────────

CONFIG = {
    "class_name": "Sequential",
    "config": {
        "name": "made",
        "layers": [
            {"class_name": "InputLayer", "config": {"batch_shape": [None, 3], "name": "input_layer"}},
            {"class_name": "Dense", "config": {"name": "dense", "units": 2, "activation": "relu"}},
        ],
    },
}


def archive(path, config=CONFIG, shapes=((3, 2), (2,)), text=None):
    weights = io.BytesIO()
    with h5py.File(weights, "w") as file:
        for i, shape in enumerate(shapes):
            file[f"layers/dense/vars/{i}"] = np.ones(shape, np.float32)
    with zipfile.ZipFile(path, "w") as opened:
        opened.writestr("config.json", json.dumps(config) if text is None else text)
        opened.writestr("model.weights.h5", weights.getvalue())
    return path


def changed(**arguments):
    config = json.loads(json.dumps(CONFIG))
    config["config"]["layers"][1]["config"].update(arguments)
    return config


def test_a_model_made_by_hand(tmp_path):
    model = read_model(archive(tmp_path / "made.keras"))
    assert (model.name, model.architecture.names, model.architecture.input_shape) == (
        "made",
        ("dense",),
        (3,),
    )
    assert built(model).predict([[1, 2, 3]]).tolist() == [[7, 7]]


@pytest.mark.parametrize(
    ("config", "shapes", "words"),
    [
        (changed(units=5), ((3, 2), (2,)), r"dense/kernel.*\(3, 5\).*\(3, 2\)"),
        (CONFIG, ((3, 2),), "'dense'.*bias"),
        (changed(units=-1), ((3, 2), (2,)), "'dense'.*units.*-1"),
        (changed(units=10**30), ((3, 2), (2,)), "'dense'.*units"),
        (changed(activation="nothing"), ((3, 2), (2,)), "'dense'.*nothing"),
        (changed(new_argument=3), ((3, 2), (2,)), "'dense'.*new_argument=3"),
        ({"class_name": "Sequential", "config": {"layers": []}}, ((3, 2), (2,)), "keras"),
        ({"class_name": "Custom", "config": {"layers": CONFIG["config"]["layers"]}}, ((3, 2), (2,)), "Custom"),
        ({}, ((3, 2), (2,)), "keras"), ([], ((3, 2), (2,)), "keras"), (3, ((3, 2), (2,)), "keras"),
        (None, ((3, 2), (2,)), "keras"),
    ],
)  # fmt: skip
def test_a_description_is_not_believed(tmp_path, config, shapes, words):
    with pytest.raises(SavedModelError, match=f"made.*{words}"):
        read_model(archive(tmp_path / "made.keras", config, shapes))


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '{"config": ' + "9" * 5000 + "}", "\0"])
def test_a_description_that_is_no_json(tmp_path, text):
    with pytest.raises(SavedModelError, match=r"made\.keras"):
        read_model(archive(tmp_path / "made.keras", text=text))


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\x05\x06" + bytes(18), b"\x89HDF\r\n\x1a\n", b"x" * 99])
def test_what_is_no_model(tmp_path, content):
    (tmp_path / "made.keras").write_bytes(content)
    with pytest.raises(SavedModelError, match=r"made\.keras"):
        read_model(tmp_path / "made.keras")


def test_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.keras"):
        read_model(tmp_path / "none.keras")


def test_functions_and_objects_are_read_in_keras_s_forms():
    function = {
        "module": "builtins",
        "class_name": "function",
        "config": "relu",
        "registered_name": "function",
    }
    relu = {"module": "keras.layers", "class_name": "ReLU", "config": {"name": "r", "max_value": 6.0}}
    l1 = {"module": "keras.regularizers", "class_name": "L1", "config": {"l1": 0.5}, "registered_name": None}
    assert layer_from_keras("Dense", {"units": 1, "activation": function}, "d").activation == "relu"
    assert layer_from_keras("Dense", {"units": 1, "activation": relu}, "d").activation == "relu6"
    assert layer_from_keras("Dense", {"units": 1, "kernel_regularizer": l1}, "d").kernel_regularizer.l1 == 0.5
    with pytest.raises(ValueError, match="'c'.*channels_last"):
        layer_from_keras(
            "Conv2D", {"filters": 1, "kernel_size": [3, 3], "data_format": "channels_first"}, "c"
        )


def test_a_model_loads_and_its_weights_too(tmp_path):
    path = archive(tmp_path / "made.keras")
    model = pyflux.load(path, engine="reference")
    assert model.name == "made"
    assert model.predict([[1, 2, 3]]).tolist() == [[7, 7]]
    other = Sequential([layers.Dense(2, activation="relu", input_shape=(3,))], engine="reference")
    with zipfile.ZipFile(path) as opened:
        (tmp_path / "made.weights.h5").write_bytes(opened.read("model.weights.h5"))
    other.load_weights(tmp_path / "made.weights.h5")
    assert other.predict([[1, 2, 3]]).tolist() == [[7, 7]]
    wider = Sequential([layers.Dense(5, input_shape=(3,))], engine="reference")
    with pytest.raises(SavedModelError, match=r"made\.weights\.h5.*\(3, 5\)"):
        wider.load_weights(tmp_path / "made.weights.h5")


@pytest.mark.parametrize("suffix", [".keras", ".h5", ".hdf5"])
def test_keras_s_formats_are_not_written(tmp_path, suffix):
    model = Sequential([layers.Dense(2, input_shape=(3,))], engine="reference")
    with pytest.raises(ValueError, match=f"path .*{suffix}.*safetensors"):
        model.save(tmp_path / f"m{suffix}")
    assert list(tmp_path.iterdir()) == []
