"""What a saved model remembers of its training: told in a card, and repeated."""

import dataclasses
import json

import numpy as np
import pytest

import pyflux
from pyflux import datasets, load, networks, verify
from pyflux.errors import SavedModelError
from pyflux.saving.training_record import TrainingRecord, data_hash, from_config


@pytest.fixture
def data(monkeypatch, digits):
    """Drawn digits in MNIST's place; a list, so that a test can change them."""
    held = [digits]
    monkeypatch.setattr(datasets, "load", lambda name, data_dir, verbose: held[0])
    return held


@pytest.fixture
def trained(data):
    return pyflux.train_mnist(
        epochs=1, batch_size=32, learning_rate=0.005, validation=200, seed=3, engine="reference", verbose=0
    )


def test_a_saved_model_remembers_its_training(trained, digits, tmp_path):
    trained.model.save(tmp_path / "m.safetensors")
    record = load(tmp_path / "m.safetensors", engine="reference").training_record
    assert record == trained.model.training_record
    assert (record.recipe, record.epochs, record.seed, record.validation) == ("tutorial", 1, 3, 200)
    assert record.data_sha256 == data_hash([*digits[0], *digits[1]])
    assert record.test_accuracy == trained.test_accuracy
    assert record.confusion_matrix == trained.confusion_matrix.tolist()
    assert {"pyflux", "numpy"} <= set(record.versions)


def test_further_training_is_not_in_the_record(trained, digits):
    trained.model.fit(*digits[0], verbose=0)
    assert trained.model.training_record is None


def test_the_same_weights_come_out_again(trained, tmp_path):
    trained.model.save(tmp_path / "m.safetensors")
    found = verify(tmp_path / "m.safetensors", verbose=0)
    assert found.same
    assert (found.largest_difference, found.circumstances) == (0, {})


def test_in_flux_too(data, julia, tmp_path):
    result = pyflux.train_mnist(recipe="fast", epochs=1, seed=0, verbose=0)
    result.model.save(tmp_path / "m.safetensors")
    found = verify(tmp_path / "m.safetensors", verbose=0)
    assert found.same, found
    assert set(found.recorded.versions) >= {"julia", "flux", "threads"}


def test_other_data_and_versions_are_named(trained, data, tmp_path):
    model = trained.model
    model.training_record = dataclasses.replace(
        model.training_record, versions=model.training_record.versions | {"numpy": "1.0"}
    )
    model.save(tmp_path / "m.safetensors")
    (x, y), test = data[0]
    data[0] = (255 - x, y), test
    found = verify(tmp_path / "m.safetensors", verbose=0)
    assert not found.same
    assert found.largest_difference > 0
    assert set(found.circumstances) == {"data_sha256", "versions"}
    assert found.circumstances["versions"] == ({"numpy": "1.0"}, {"numpy": np.__version__})


def test_changed_weights_have_no_other_explanation(trained, tmp_path):
    weights = trained.model.get_weights()
    weights[0].flat[0] += 1
    trained.model.set_weights(weights)
    trained.model.save(tmp_path / "m.safetensors")
    found = verify(tmp_path / "m.safetensors", verbose=0)
    assert not found.same
    assert found.largest_difference == pytest.approx(1, abs=1e-5)
    assert found.circumstances == {}


def test_a_file_that_remembers_too_little_says_what(tmp_path):
    networks.flux_mnist(seed=0).save(tmp_path / "m.safetensors")
    with pytest.raises(SavedModelError, match=r"m\.safetensors.*recipe.*seed"):
        verify(tmp_path / "m.safetensors")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", -1),
        ("seed", True),
        ("versions", {"julia": 1}),
        ("confusion_matrix", [[1, 2]]),
        ("recipe", None),
    ],
)
def test_a_wrong_record_is_refused(trained, name, value):
    config = json.loads(json.dumps(trained.model.training_record.config()))
    assert from_config(config) == trained.model.training_record
    with pytest.raises(ValueError, match=f"{name}"):
        from_config(config | {name: value})
    del config[name]
    with pytest.raises(ValueError, match=f"lacks {name}"):
        from_config(config)


def test_a_card_tells_of_the_network_the_data_and_the_results(trained, tmp_path):
    trained.model.card(tmp_path / "README.md")
    text = (tmp_path / "README.md").read_text(encoding="utf-8")
    record = trained.model.training_record
    assert isinstance(record, TrainingRecord)
    for part in (
        "# flux_mnist", "│ conv2d (Conv2D)", f"`{record.data_sha256}`", datasets.mnist.licence, "| recipe | tutorial |",
        "| seed | 3 |", f"Accuracy {record.test_accuracy:.2%}", f"| **7** | {' | '.join(map(str, record.confusion_matrix[7]))} |",
    ):  # fmt: skip
        assert part in text


def test_a_card_without_a_record_says_so(tmp_path):
    networks.keras_mnist(seed=0).card(tmp_path / "README.md")
    assert "not recorded" in (tmp_path / "README.md").read_text(encoding="utf-8")
