import logging
import math

import pytest
from safetensors.numpy import load_file

from pyflux.callbacks import ModelCheckpoint

from .conftest import Model, note


def saved_epoch(path):
    return int(load_file(path)["w"][0])


def test_a_file_an_epoch(model, tmp_path):
    model.train(ModelCheckpoint(tmp_path / "new" / "{epoch:02d}-{val_loss:.2f}.safetensors"), 0.125, 2)
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == [
        "01-0.12.safetensors",
        "02-2.00.safetensors",
    ]


def test_every_epoch_needs_no_monitor(model, tmp_path):
    model.train(ModelCheckpoint(str(tmp_path / "m")), {"loss": 1.0}, {"loss": 2.0}, validation=False)
    assert saved_epoch(tmp_path / "m") == 1


def test_only_the_best_is_saved(model, tmp_path, capsys):
    keep = ModelCheckpoint(tmp_path / "best", verbose=1, save_best_only=True)
    model.train(keep, 3, 1, math.nan, 2)
    assert saved_epoch(tmp_path / "best") == 1
    assert keep.best == 1
    lines = capsys.readouterr().out.splitlines()
    assert ["not saved" in line for line in lines] == [False, False, True, True]
    assert [f"Epoch {i + 1}" in line for i, line in enumerate(lines)] == [True] * 4
    model.train(keep, 2, first=4)  # the best so far outlives a training
    assert saved_epoch(tmp_path / "best") == 1


def test_the_first_value_must_beat_the_threshold(model, tmp_path):
    keep = ModelCheckpoint(tmp_path / "best", save_best_only=True, initial_value_threshold=2.0)
    model.train(keep, 3, 2)
    assert not (tmp_path / "best").exists()
    model.train(keep, 3, 2, 1)
    assert (saved_epoch(tmp_path / "best"), keep.best) == (2, 1)


def test_a_training_that_goes_on_does_not_overwrite_a_better_model(tmp_path):
    path = tmp_path / "best"
    Model().train(ModelCheckpoint(path, save_best_only=True), 3, 1, 2)
    assert note(path, "checkpoint") == {"epoch": 1, "monitor": "val_loss", "value": 1}
    keep = ModelCheckpoint(path, save_best_only=True)
    Model().train(keep, 2, 1.5, first=3)
    assert (saved_epoch(path), keep.best) == (1, 1)
    Model().train(ModelCheckpoint(path, save_best_only=True), 2, 0.5, first=3)
    assert saved_epoch(path) == 4


def test_a_new_training_replaces_the_file_of_an_old_one(tmp_path):
    path = tmp_path / "best"
    Model().train(ModelCheckpoint(path, save_best_only=True), 3, 1)
    Model().train(ModelCheckpoint(path, save_best_only=True), 5)
    assert saved_epoch(path) == 0


def test_a_file_for_another_quantity_sets_no_threshold(tmp_path):
    path = tmp_path / "best"
    Model().train(ModelCheckpoint(path, "loss", save_best_only=True), {"loss": 0.1})
    Model().train(ModelCheckpoint(path, "val_loss", save_best_only=True), 5, first=1)
    assert saved_epoch(path) == 1
    path.write_text("not a model")
    Model().train(ModelCheckpoint(path, save_best_only=True), 5, first=2)
    assert saved_epoch(path) == 2


@pytest.mark.parametrize("best_only", [False, True])
def test_weights_that_are_not_finite_leave_the_good_file(tmp_path, caplog, best_only):
    class Diverging(Model):
        def save(self, path, *, metadata=None, arrays=None):
            if self.epoch:
                self.weights[0][0] = math.nan
            super().save(path, metadata=metadata, arrays=arrays)

    keep = ModelCheckpoint(tmp_path / "m", save_best_only=best_only)
    with caplog.at_level(logging.WARNING, "pyflux"):
        assert Diverging().train(keep, 3, 2)[0] == 1
    assert saved_epoch(tmp_path / "m") == 0
    assert [record.name.split(".")[0] for record in caplog.records] == ["pyflux"]
    assert keep.best == (3 if best_only else None)


def test_only_the_weights(model, tmp_path):
    model.train(ModelCheckpoint(tmp_path / "w", save_weights_only=True), 1)
    assert "only" in load_file(tmp_path / "w")


def test_every_so_many_batches(model, tmp_path):
    keep = ModelCheckpoint(tmp_path / "{epoch}-{batch}", save_freq=3)
    assert keep.every_batch("train")
    assert not ModelCheckpoint(tmp_path / "m").every_batch("train")
    model.train(keep, 1, 1, batches=4)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["1-3", "2-2"]


def test_the_best_within_epochs(model, tmp_path):
    keep = ModelCheckpoint(tmp_path / "m", "loss", save_best_only=True, save_freq=1)
    model.train(keep, {"loss": 2.0}, {"loss": 1.0}, {"loss": 3.0}, batches=2)
    assert (saved_epoch(tmp_path / "m"), keep.best) == (1, 1.0)
    with pytest.raises(ValueError, match=r"'val_loss'.*loss"):
        model.train(ModelCheckpoint(tmp_path / "m", save_best_only=True, save_freq=1), 1, batches=1)


def test_a_file_that_could_not_be_written_is_not_the_best(model, tmp_path):
    keep = ModelCheckpoint(tmp_path, save_best_only=True)
    with pytest.raises(Exception):  # noqa: B017, PT011 - which one is the writer's affair
        model.train(keep, 1)
    assert keep.best is None


def test_a_path_that_cannot_be_filled_in(model, tmp_path):
    with pytest.raises(ValueError, match=r"filepath.*'val_los'.*'val_loss'"):
        model.train(ModelCheckpoint(tmp_path / "{val_los:.2f}"), 1)
    for name in ("{}", "{epoch", "{val_loss:02d}"):
        with pytest.raises(ValueError, match="filepath"):
            model.train(ModelCheckpoint(tmp_path / name), 1.5)
    assert list(tmp_path.iterdir()) == []


def test_only_the_first_process_speaks_and_notes(tmp_path, capsys):
    model = Model()
    model.rank = 1
    model.train(ModelCheckpoint(tmp_path / "m", verbose=1), 1)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: ModelCheckpoint(3), TypeError, "int"),
        (lambda: ModelCheckpoint("best.keras"), ValueError, r"filepath.*\.keras.*best\.safetensors"),
        (lambda: ModelCheckpoint("w.weights.h5", save_weights_only=True), ValueError, r"filepath.*\.h5"),
        (lambda: ModelCheckpoint("m", save_freq="batch"), ValueError, "save_freq.*'batch'"),
        (lambda: ModelCheckpoint("m", save_freq=0), ValueError, "save_freq.*0"),
        (
            lambda: ModelCheckpoint("m", initial_value_threshold="low"),
            TypeError,
            "initial_value_threshold.*'low'",
        ),
    ],
)
def test_arguments_out_of_range(make, error, message):
    with pytest.raises(error, match=message):
        make()
