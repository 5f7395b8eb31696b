import csv

import numpy as np
import pytest

from pyflux.callbacks import CSVLogger, LambdaCallback

from .conftest import Model


def read(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_line_is_written_as_soon_as_its_epoch_is_over(model, tmp_path):
    path, seen = tmp_path / "log.csv", []

    class Look(CSVLogger):
        def on_epoch_end(self, epoch, logs=None):
            super().on_epoch_end(epoch, logs)
            seen.append(path.read_text())

    model.train(Look(path), {"loss": 0.5, "val_loss": 0.1 + 0.2}, {"loss": 0.25, "val_loss": np.float32(1)})
    first = "epoch,loss,val_loss\n0,0.5,0.30000000000000004\n"
    assert seen == [first, first + "1,0.25,1.0\n"]


def test_without_validation_its_columns_are_there_too(model, tmp_path):
    """As in Keras: with validation_freq=2 the first epoch does not tell."""
    path = tmp_path / "log.csv"
    model.train(
        CSVLogger(path),
        {"loss": 1, "accuracy": 0.5},
        {"loss": 2, "accuracy": 0.6, "val_loss": 3, "val_accuracy": 0.1},
    )
    assert path.read_text().splitlines() == [
        "epoch,accuracy,loss,val_accuracy,val_loss",
        "0,0.5,1,NA,NA",
        "1,0.6,2,0.1,3",
    ]


def test_a_log_begins_anew_or_goes_on(model, tmp_path):
    path = tmp_path / "log.csv"
    model.train(CSVLogger(path, ";", append=True), 1)
    model.train(CSVLogger(path, ";", append=True), 2, 3, first=1)
    assert path.read_text().splitlines() == ["epoch;loss;val_loss", "0;1.0;1", "1;1.0;2", "2;1.0;3"]
    log = CSVLogger(path)
    model.train(log, 1)
    model.train(log, 2)
    assert path.read_text() == "epoch,loss,val_loss\n0,1.0,2\n"


def test_a_quantity_that_comes_later_gets_a_column(model, tmp_path):
    path = tmp_path / "log.csv"
    late = LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(extra=epoch) if epoch else None)
    model.train([late, CSVLogger(path)], 1, 2)
    model.train(CSVLogger(path, append=True), {"loss": 1, "other": 2}, first=2)
    assert read(path) == [
        {"epoch": "0", "loss": "1.0", "val_loss": "1", "extra": "NA", "other": "NA"},
        {"epoch": "1", "loss": "1.0", "val_loss": "2", "extra": "1", "other": "NA"},
        {"epoch": "2", "loss": "1", "val_loss": "NA", "extra": "NA", "other": "2"},
    ]
    assert [p.name for p in tmp_path.iterdir()] == ["log.csv"]


@pytest.mark.parametrize(
    ("left", "kept"),
    [
        ("epoch,loss,val_loss\n0,1.0,1\n1,0.", ["0", "2"]),
        ("epoch,loss,val_loss\n0,1.0,1\n1,0.5,2", ["0", "1", "2"]),
        ("epoch,lo", ["2"]),
        ("", ["2"]),
    ],
)
def test_a_line_that_was_cut_off_is_removed(model, tmp_path, left, kept):
    path = tmp_path / "log.csv"
    path.write_text(left)
    model.train(CSVLogger(path, append=True), 3, first=2)
    assert [row["epoch"] for row in read(path)] == kept


@pytest.mark.parametrize("content", ["a,b\n1,2\n", "epoch;loss\n0;1\n"])
def test_a_file_of_another_kind_is_refused_before_training(model, tmp_path, content):
    path = tmp_path / "log.csv"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"filename.*log\.csv.*epoch"):
        model.train(CSVLogger(path, append=True), 1)
    assert model.rates == []
    assert path.read_text() == content


@pytest.mark.parametrize("append", [False, True])
def test_a_missing_folder_fails_before_training(model, tmp_path, append):
    with pytest.raises(FileNotFoundError):
        model.train(CSVLogger(tmp_path / "no" / "log.csv", append=append), 1)
    assert model.rates == []


def test_values_that_are_not_numbers(model, tmp_path):
    model.train(CSVLogger(tmp_path / "log.csv"), {"loss": np.array(0.5), "val_x": [1, 2], "val_y": "a,b"})
    assert read(tmp_path / "log.csv") == [{"epoch": "0", "loss": "0.5", "val_x": "[1, 2]", "val_y": "a,b"}]


def test_only_the_first_process_writes(tmp_path):
    model = Model()
    model.rank = 1
    model.train(CSVLogger(tmp_path / "log.csv"), 1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("separator", "error"), [(", ", ValueError), ("", ValueError), (None, TypeError)])
def test_the_separator_is_one_character(separator, error):
    with pytest.raises(error, match=f"separator.*{separator!r}"):
        CSVLogger("x", separator=separator)
