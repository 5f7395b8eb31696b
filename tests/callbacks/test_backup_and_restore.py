import logging

import numpy as np
import pytest

from pyflux.callbacks import (
    BackupAndRestore,
    Callback,
    EarlyStopping,
    LambdaCallback,
    ModelCheckpoint,
    ReduceLROnPlateau,
)
from pyflux.errors import SavedModelError

from .conftest import Model, note


class PowerCut(Exception):
    pass


def cut(epoch):
    def on_epoch_begin(current, logs):
        if current == epoch:
            raise PowerCut

    return LambdaCallback(on_epoch_begin=on_epoch_begin)


def interrupted(callbacks, *values, at, **options):
    with pytest.raises(PowerCut):
        Model().train([*callbacks, cut(at)], *values, **options)


def test_training_goes_on_where_it_was_interrupted(tmp_path):
    interrupted([BackupAndRestore(tmp_path / "b")], 5, 4, 3, 2, at=2, batches=3)
    model = Model()
    last, history = model.train(BackupAndRestore(tmp_path / "b"), 5, 4, 3, 2, batches=3)
    assert (last, history.epoch, model.iterations) == (3, [0, 1, 2, 3], 12)
    assert not (tmp_path / "b").exists()


def test_nothing_was_saved_yet(tmp_path):
    interrupted([BackupAndRestore(tmp_path / "b")], 5, 4, at=0)
    assert Model().train(BackupAndRestore(tmp_path / "b"), 5, 4)[1].epoch == [0, 1]


def test_interrupted_after_the_last_epoch(tmp_path):
    backup = BackupAndRestore(tmp_path / "b", delete_checkpoint=False)
    Model().train(backup, 5, 4)
    model = Model()
    assert model.train(BackupAndRestore(tmp_path / "b"), 5, 4)[1].epoch == [0, 1]
    assert model.epoch == 1
    assert not (tmp_path / "b").exists()


def test_the_other_callbacks_go_on_too(tmp_path):
    def callbacks(folder):
        return [
            BackupAndRestore(folder / "b"),
            EarlyStopping(patience=4, restore_best_weights=True),
            ReduceLROnPlateau(patience=2),
            ModelCheckpoint(folder / "best", save_best_only=True),
        ]

    values = [5, 3, 4, 4, 4, 4, 4, 4]
    whole = Model()
    (tmp_path / "whole").mkdir()
    last, _ = whole.train(callbacks(tmp_path / "whole"), *values)
    assert (last, whole.epoch) == (5, 1)
    for at in range(1, 6):
        folder = tmp_path / str(at)
        folder.mkdir()
        interrupted(callbacks(folder), *values, at=at)
        model = Model()
        resumed = callbacks(folder)
        assert model.train(resumed, *values)[0] == last
        assert model.epoch == whole.epoch
        assert model.learning_rate == whole.learning_rate
        assert resumed[3].best == 3
        assert resumed[1].best_epoch == 1
        assert [p.name for p in folder.iterdir()] == ["best"]


def test_a_callback_of_ones_own_with_a_state(tmp_path):
    class Sum(Callback):
        def __init__(self):
            self.total = np.zeros(2)

        def on_epoch_end(self, epoch, logs=None):
            self.total += logs["loss"]

        def get_state(self):
            return {"total": self.total, "nested": {"list": [np.float32(1), None, "x"]}}

        def set_state(self, state):
            self.total, self.nested = state["total"], state["nested"]

    numbers = [{"loss": 1.0}, {"loss": 2.0}, {"loss": 4.0}]
    interrupted([BackupAndRestore(tmp_path / "b"), Sum(), Sum()], *numbers, at=2)
    first, second = Sum(), Sum()
    Model().train([BackupAndRestore(tmp_path / "b"), first, second], *numbers)
    np.testing.assert_array_equal(first.total, [7, 7])
    np.testing.assert_array_equal(second.total, [7, 7])
    assert first.nested == {"list": [1, None, "x"]}


def test_a_state_that_cannot_be_saved(model, tmp_path):
    class Odd(Callback):
        def get_state(self):
            return {"file": object()}

    with pytest.raises(TypeError, match=r"get_state.*object"):
        model.train([BackupAndRestore(tmp_path / "b"), Odd()], 1)


def test_within_an_epoch(tmp_path):
    class Stop(Callback):
        def on_train_batch_begin(self, batch, logs=None):
            if self.model.iterations == 8:
                raise PowerCut

    backup = BackupAndRestore(tmp_path / "b", save_freq=2)
    assert backup.every_batch("train")
    with pytest.raises(PowerCut):
        Model().train([backup, Stop()], 1, 1, 1, batches=5)
    saved = note(tmp_path / "b" / "state-000001-000000003.safetensors", "backup")
    assert (saved["epoch"], saved["batch"]) == (1, 3)
    batches = []
    model = Model()
    show = LambdaCallback(on_train_batch_begin=lambda batch, logs: batches.append(batch))
    model.train([BackupAndRestore(tmp_path / "b", save_freq=2), show], 1, 1, 1, batches=5)
    assert batches == [3, 4, 0, 1, 2, 3, 4]
    assert model.iterations == 15


def test_the_state_before_the_last_is_kept_on_request(tmp_path, caplog):
    options = {"double_checkpoint": True}
    stop = EarlyStopping(patience=9, restore_best_weights=True)
    interrupted([BackupAndRestore(tmp_path / "b", **options), stop], 5, 4, 3, 2, at=3)
    files = sorted(p.name for p in (tmp_path / "b").iterdir())
    assert files == ["state-000002-000000000.safetensors", "state-000003-000000000.safetensors"]
    (tmp_path / "b" / files[1]).write_bytes(b"cut short")
    with caplog.at_level(logging.WARNING, "pyflux"):
        _, history = Model().train([BackupAndRestore(tmp_path / "b", **options), stop], 5, 4, 3, 2)
    assert history.epoch == [0, 1, 2, 3]
    assert len(caplog.records) == 1
    assert [p.name for p in (tmp_path / "b").iterdir()] == ["state-000003-000000000.damaged"]


def test_a_damaged_file(tmp_path):
    damage = "state-000002-000000000.safetensors"
    stop = EarlyStopping(patience=9, restore_best_weights=True)
    interrupted([BackupAndRestore(tmp_path), stop], 5, 4, 3, at=2)
    path = tmp_path / damage
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(SavedModelError, match=damage):
        Model().train([BackupAndRestore(tmp_path), stop], 5, 4, 3)


def test_a_model_that_was_saved_by_other_means(model, tmp_path):
    model.save(tmp_path / "state-000001-000000000.safetensors")
    with pytest.raises(SavedModelError, match="backup"):
        model.train(BackupAndRestore(tmp_path), 1)


def test_weights_that_are_not_finite_leave_the_good_file(tmp_path, caplog):
    class Diverging(Model):
        def save(self, path, *, metadata=None, arrays=None):
            if self.epoch == 1:
                self.weights[0][0] = np.nan
            super().save(path, metadata=metadata, arrays=arrays)

    with pytest.raises(PowerCut), caplog.at_level(logging.WARNING, "pyflux"):
        Diverging().train([BackupAndRestore(tmp_path / "b"), cut(2)], 5, 4, 3)
    assert note(tmp_path / "b" / "state-000001-000000000.safetensors", "backup")["epoch"] == 1
    assert len(caplog.records) == 1


def test_other_files_in_the_folder_stay(model, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    model.train(BackupAndRestore(tmp_path), 1)
    assert [p.name for p in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"backup_dir": ""}, ValueError, "backup_dir"),
        ({"backup_dir": 3}, TypeError, "int"),
        ({"backup_dir": "b", "save_freq": "batch"}, ValueError, "save_freq.*'batch'"),
        ({"backup_dir": "b", "save_freq": False}, TypeError, "save_freq.*False"),
    ],
)
def test_arguments_out_of_range(options, error, message):
    with pytest.raises(error, match=message):
        BackupAndRestore(**options)
