"""Callbacks on a model that only remembers, trained by a loop that does what `fit` does between epochs."""

import math

import numpy as np
import pytest

from pyflux.callbacks import (
    Callback,
    CSVLogger,
    EarlyStopping,
    LambdaCallback,
    LearningRateScheduler,
    ModelCheckpoint,
    ReduceLROnPlateau,
    TerminateOnNaN,
)


class Model:
    """Has one weight: the number of the epoch that was trained last."""

    def __init__(self, learning_rate=0.1):
        self.weights = [np.zeros(1, np.float32)]
        self.stop_training = False
        self.learning_rate = learning_rate
        self.rates = []

    def get_weights(self):
        return [w.copy() for w in self.weights]

    def set_weights(self, weights):
        self.weights = [np.array(w) for w in weights]

    def save(self, path):
        path.write_text(str(int(self.weights[0][0])))

    def train(self, callback, *numbers, first=0, name="val_loss"):
        """Train an epoch for each of the numbers: dicts of logs, or values of `name`."""
        self.stop_training = False
        callback.set_model(self)
        callback.on_train_begin()
        for epoch, given in enumerate(numbers, first):
            logs = given if isinstance(given, dict) else {"loss": 1.0, name: given}
            callback.on_epoch_begin(epoch)
            self.rates.append(self.learning_rate)
            self.weights[0][0] = epoch
            callback.on_epoch_end(epoch, {**logs, "learning_rate": self.learning_rate})
            if self.stop_training:
                break
        callback.on_train_end()
        return epoch

    @property
    def epoch(self):
        return int(self.weights[0][0])


@pytest.fixture
def model():
    return Model()


def test_the_base_does_nothing(model):
    assert model.train(Callback(), 1.0, 2.0) == 1


# ── EarlyStopping ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("options", "values", "last"),
    [
        ({}, [3, 2, 2, 1], 2),
        ({}, [3, 2, 1, 0], 3),
        ({"patience": 1}, [3, 2, 2, 1], 2),
        ({"patience": 2}, [3, 4, 5, 1], 2),
        ({"patience": 2}, [3, 4, 2, 4, 5, 1], 4),
        ({"min_delta": 0.5}, [3, 2, 1.6, 1], 2),
        ({"min_delta": -0.5}, [3, 2, 1.6, 1], 2),
        ({"mode": "max"}, [1, 2, 2, 3], 2),
        ({"start_from_epoch": 2}, [3, 4, 5, 6, 1], 3),
        ({"patience": 2, "baseline": 1.0}, [3, 3, 3, 0.5], 1),
        ({"patience": 2, "baseline": 1.0}, [0.9, 0.95, 0.95, 0.5], 2),
        ({}, [math.nan, math.nan, 1], 1),
        ({"patience": 2}, [1, math.nan, 0.5, math.nan, math.nan, 0], 4),
    ],
)
def test_early_stopping_ends_in_time(model, options, values, last):
    stop = EarlyStopping(**options)
    assert model.train(stop, *values) == last
    assert stop.stopped_epoch == (last if last < len(values) - 1 else 0)


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("val_loss", "min"), ("loss", "min"), ("error", "min"), ("mae", "min"),
        ("accuracy", "max"), ("val_accuracy", "max"), ("acc", "max"), ("binary_accuracy", "max"), ("val_auc", "max"),
        ("top_k_categorical_accuracy", "max"), ("f1_score", "max"), ("val_precision", "max"), ("recall", "max"),
    ],
)  # fmt: skip
def test_the_name_says_what_is_better(name, mode):
    assert EarlyStopping(name).mode == ModelCheckpoint("x", name).mode == mode
    assert ReduceLROnPlateau(name).mode == mode
    assert EarlyStopping(name, mode="min").mode == "min"


def test_the_best_weights_come_back_exactly(model):
    stop = EarlyStopping(patience=2, restore_best_weights=True)
    assert model.train(stop, 3, 1, 2, 2, 0) == 3
    assert (stop.best, stop.best_epoch, stop.stopped_epoch) == (1, 1, 3)
    assert model.epoch == 1


def test_the_best_weights_come_back_without_a_stop_too(model):
    model.train(EarlyStopping(patience=9, restore_best_weights=True), 3, 1, 2)
    assert model.epoch == 1


def test_without_the_wish_the_last_weights_stay(model):
    model.train(EarlyStopping(), 3, 1, 2)
    assert model.epoch == 2


def test_the_best_weights_behind_the_baseline(model):
    stop = EarlyStopping(patience=3, baseline=0.1, restore_best_weights=True)
    assert model.train(stop, 5, 4, 6, 6, 6) == 2
    assert model.epoch == 1


def test_nothing_but_nan_gives_the_first_weights_backward(model):
    model.train(EarlyStopping(patience=2, restore_best_weights=True), math.nan, math.nan, math.nan)
    assert model.epoch == 0


def test_an_early_stopping_serves_again(model):
    stop = EarlyStopping(patience=1)
    model.train(stop, 1, 2)
    assert model.train(stop, 5, 4, 3) == 2
    assert (stop.best, stop.best_epoch, stop.stopped_epoch) == (3, 2, 0)


def test_early_stopping_speaks_if_asked(model, capsys):
    model.train(EarlyStopping(restore_best_weights=True), 1, 2)
    assert capsys.readouterr().out == ""
    model.train(EarlyStopping(restore_best_weights=True, verbose=1), 1, 2)
    assert capsys.readouterr().out == (
        "Epoch 2: val_loss got no better, training ended early\nEpoch 1: the best weights, restored\n"
    )


# ── A quantity that is not there ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "callback",
    [EarlyStopping("val_acuracy"), ReduceLROnPlateau("val_acuracy"), ModelCheckpoint("x", "val_acuracy", save_best_only=True)],
    ids=lambda callback: type(callback).__name__,
)  # fmt: skip
def test_a_quantity_that_is_not_there(model, callback):
    with pytest.raises(
        ValueError,
        match=r"names 'val_acuracy', .* did you mean 'val_accuracy'\?; there are: loss, val_accuracy, learning_rate",
    ):
        model.train(callback, 0.5, name="val_accuracy")


def test_no_validation_at_all(model):
    with pytest.raises(
        ValueError, match=r"EarlyStopping: monitor names 'val_loss'.*give fit\(\) validation_split="
    ):
        model.train(EarlyStopping(), {"loss": 1.0})


def test_no_logs_at_all():
    with pytest.raises(ValueError, match="there are: none"):
        EarlyStopping("loss").on_epoch_end(0)


def test_the_error_comes_in_the_first_epoch(model):
    with pytest.raises(ValueError, match="val_loss"):
        model.train(EarlyStopping(start_from_epoch=10), {"loss": 1.0})


# ── ModelCheckpoint ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_checkpoint_an_epoch(model, tmp_path):
    model.train(ModelCheckpoint(tmp_path / "new" / "{epoch:02d}-{val_loss:.2f}.safetensors"), 0.125, 2)
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == [
        "01-0.12.safetensors",
        "02-2.00.safetensors",
    ]


def test_every_epoch_needs_no_monitor(model, tmp_path):
    model.train(ModelCheckpoint(str(tmp_path / "m")), {"loss": 1.0}, {"loss": 2.0})
    assert (tmp_path / "m").read_text() == "1"


def test_only_the_best_is_saved(model, tmp_path, capsys):
    keep = ModelCheckpoint(tmp_path / "best", verbose=1, save_best_only=True)
    model.train(keep, 3, 1, math.nan, 2)
    assert (tmp_path / "best").read_text() == "1"
    assert keep.best == 1
    assert capsys.readouterr().out.splitlines() == [
        f"Epoch 1: saved as {tmp_path / 'best'}",
        f"Epoch 2: saved as {tmp_path / 'best'}",
        "Epoch 3: val_loss nan is no better than 1, not saved",
        "Epoch 4: val_loss 2 is no better than 1, not saved",
    ]
    model.train(keep, 2, first=4)
    assert (tmp_path / "best").read_text() == "1"


def test_a_checkpoint_that_could_not_be_written_is_no_best(model, tmp_path):
    keep = ModelCheckpoint(tmp_path, save_best_only=True)
    with pytest.raises(OSError):  # noqa: PT011 - what it says differs between systems
        model.train(keep, 1)
    assert keep.best == math.inf


def test_a_name_that_cannot_be_filled_in(model, tmp_path):
    with pytest.raises(ValueError, match=r"filepath names 'val_los'.*did you mean 'val_loss'\?"):
        model.train(ModelCheckpoint(tmp_path / "{val_los:.2f}"), 1)
    for name in ("{}", "{epoch", "{val_loss:02d}"):
        with pytest.raises(ValueError, match="cannot be filled in"):
            model.train(ModelCheckpoint(tmp_path / name), 1.5)
    assert list(tmp_path.iterdir()) == []


# ── CSVLogger ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_line_is_there_as_soon_as_its_epoch_is_over(model, tmp_path):
    path, seen = tmp_path / "log.csv", []

    class Look(CSVLogger):
        def on_epoch_end(self, epoch, logs=None):
            super().on_epoch_end(epoch, logs)
            seen.append(path.read_text())

    model.train(Look(path), {"loss": 0.5, "accuracy": 0.1 + 0.2}, {"loss": 0.25, "accuracy": 1})
    first = "epoch,accuracy,learning_rate,loss\n0,0.30000000000000004,0.1,0.5\n"
    assert seen == [first, first + "1,1,0.1,0.25\n"]


def test_a_log_begins_anew_or_goes_on(model, tmp_path):
    path = tmp_path / "log.csv"
    model.train(CSVLogger(path, ";", append=True), 1)
    model.train(CSVLogger(path, ";", append=True), 2, 3, first=1)
    lines = ["epoch;learning_rate;loss;val_loss", "0;0.1;1.0;1", "1;0.1;1.0;2", "2;0.1;1.0;3"]
    assert path.read_text().splitlines() == lines
    log = CSVLogger(path)
    model.train(log, 1)
    model.train(log, 2)
    assert path.read_text() == "epoch,learning_rate,loss,val_loss\n0,0.1,1.0,2\n"


def test_what_an_epoch_does_not_have(model, tmp_path):
    path = tmp_path / "log.csv"
    model.train(CSVLogger(path), {"loss": 1, "val_loss": 2}, {"loss": 1})
    assert path.read_text().splitlines()[-1] == "1,0.1,1,NA"
    with pytest.raises(
        ValueError, match=r"log\.csv has no column for accuracy, it has epoch, learning_rate, loss"
    ):
        model.train(CSVLogger(path, append=True), {"loss": 1, "accuracy": 1})


def test_a_log_without_a_folder_fails_before_the_training(model, tmp_path):
    with pytest.raises(FileNotFoundError):
        model.train(CSVLogger(tmp_path / "no" / "log.csv"), 1)
    assert model.rates == []


# ── Learning rates ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("options", "values", "rates"),
    [
        ({"patience": 2}, [1, 1, 1, 1, 1, 1], [0.1, 0.1, 0.1, 0.01, 0.01, 0.001]),
        ({"patience": 1, "factor": 0.5}, [1, 2, 0.5, 2, 0], [0.1, 0.1, 0.05, 0.05, 0.025]),
        ({"patience": 1, "cooldown": 2}, [1, 1, 1, 1, 1, 1], [0.1, 0.1, 0.01, 0.01, 0.001, 0.001]),
        ({"patience": 1, "min_lr": 0.05}, [1, 1, 1, 1], [0.1, 0.1, 0.05, 0.05]),
        ({"patience": 1}, [1, 1 - 1e-5, 1], [0.1, 0.1, 0.01]),
        ({"patience": 1, "mode": "max"}, [1, 2, 3, 3, 3], [0.1, 0.1, 0.1, 0.1, 0.01]),
        ({"patience": 0}, [1, 1, 0.5], [0.1, 0.1, 0.01]),
        ({}, [1] * 11 + [1], [0.1] * 11 + [0.01]),
    ],
)  # fmt: skip
def test_reduce_on_plateau(model, options, values, rates):
    model.train(ReduceLROnPlateau(**options), *values)
    assert model.rates == pytest.approx(rates)


def test_reduce_on_plateau_speaks_if_asked_and_serves_again(model, capsys):
    reduce = ReduceLROnPlateau(patience=1, verbose=1)
    model.train(reduce, 1, 1)
    assert capsys.readouterr().out == "Epoch 2: learning rate lowered to 0.01\n"
    model.train(reduce, 5, 4)
    assert model.learning_rate == pytest.approx(0.01)


def test_a_rate_for_each_epoch(model, capsys):
    model.train(LearningRateScheduler(lambda epoch, lr: lr / 2 if epoch else lr, verbose=1), 1, 1, 1)
    assert model.rates == [0.1, 0.05, 0.025]
    assert capsys.readouterr().out.splitlines()[1] == "Epoch 2: learning rate set to 0.05"


@pytest.mark.parametrize(("bad", "error"), [(None, TypeError), (0, ValueError), (math.inf, ValueError)])
def test_a_rate_that_is_none(model, bad, error):
    with pytest.raises(error, match=r"what schedule\(0, 0\.1\) returns must be"):
        model.train(LearningRateScheduler(lambda epoch, lr: bad), 1)


# ── The rest ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("loss", [math.nan, math.inf, np.float32("nan")])
def test_a_lost_loss_ends_the_training(model, capsys, loss):
    assert model.train(TerminateOnNaN(), {"loss": 1}, {"loss": loss}, {"loss": 1}) == 1
    assert f"Epoch 2: the loss is {float(loss)}, training ended" in capsys.readouterr().out


def test_functions_are_called(model):
    seen = []
    call = LambdaCallback(
        on_epoch_begin=lambda epoch, logs: seen.append(("begin", epoch)),
        on_epoch_end=lambda epoch, logs: seen.append(("end", epoch, logs["val_loss"])),
        on_train_begin=lambda logs: seen.append("train"),
        on_train_end=lambda logs: seen.append("done"),
    )
    model.train(call, 0.5)
    assert seen == ["train", ("begin", 0), ("end", 0, 0.5), "done"]
    model.train(LambdaCallback(), 0.5)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: EarlyStopping(mode="mni"), ValueError, "mode 'mni' is not known, did you mean 'min'"),
        (lambda: EarlyStopping(patience=-1), ValueError, "patience must be at least 0, got -1"),
        (lambda: EarlyStopping(patience=1.5), TypeError, "patience must be a whole number"),
        (lambda: EarlyStopping(monitor=None), TypeError, "monitor must be a name such as 'val_loss', got None"),
        (lambda: EarlyStopping(min_delta="x"), TypeError, "min_delta must be a number"),
        (lambda: EarlyStopping(baseline=math.nan), ValueError, "baseline must be finite"),
        (lambda: ReduceLROnPlateau(factor=1), ValueError, "factor must be less than 1, got 1"),
        (lambda: ReduceLROnPlateau(factor=0), ValueError, "factor must be greater than 0, got 0"),
        (lambda: ReduceLROnPlateau(min_lr=-1), ValueError, "min_lr must be at least 0, got -1"),
        (lambda: ReduceLROnPlateau(cooldown=-1), ValueError, "cooldown must be at least 0"),
        (lambda: ModelCheckpoint(3), TypeError, "str, bytes or os.PathLike"),
        (lambda: CSVLogger("x", separator=", "), ValueError, "separator must be one character, got ', '"),
        (lambda: CSVLogger("x", separator=None), TypeError, "separator must be one character, got None"),
        (lambda: LearningRateScheduler(0.1), TypeError, r"schedule must be a function, got 0\.1"),
        (lambda: LambdaCallback(on_epoch_end=3), TypeError, "on_epoch_end must be a function, got 3"),
    ],
)  # fmt: skip
def test_what_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
