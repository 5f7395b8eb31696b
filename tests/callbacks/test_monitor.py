"""What the callbacks that watch a quantity have in common."""

import math

import pytest

from pyflux.callbacks import EarlyStopping, ModelCheckpoint, ReduceLROnPlateau


def callbacks(monitor, **options):
    return [
        EarlyStopping(monitor, **options),
        ReduceLROnPlateau(monitor, **options),
        ModelCheckpoint("never written", monitor, save_best_only=True, **options),
    ]


def each(*args, **options):
    return pytest.mark.parametrize("callback", callbacks(*args, **options), ids=lambda c: type(c).__name__)


@each("val_acuracy")
def test_a_misspelt_name_is_found_before_training(model, callback):
    with pytest.raises(
        ValueError, match=r"'val_acuracy'.*'val_accuracy'.*loss, accuracy, val_loss, val_accuracy"
    ):
        model.train(callback, 0.5, name="val_accuracy")
    assert model.rates == []


@each("mine", mode="min")
def test_a_quantity_that_no_callback_logged(model, callback):
    with pytest.raises(ValueError, match=r"'mine'.*loss, val_loss"):
        model.train(callback, 0.5)
    assert len(model.rates) == 1


@each("val_loss")
def test_no_validation_at_all_is_found_before_training(model, callback):
    with pytest.raises(ValueError, match=r"'val_loss'.*validation_data"):
        model.train(callback, {"loss": 1.0}, validation=False)
    assert model.rates == []


@each("val_loss")
def test_an_epoch_without_validation_does_not_count(model, callback, tmp_path):
    callback.filepath = str(tmp_path / "m")
    assert model.train(callback, 1.0, {"loss": 0.5}, 0.5, validation=True)[0] == 2
    assert callback.best == 0.5


def test_no_logs_at_all():
    with pytest.raises(ValueError, match=r"loss.*none"):
        EarlyStopping("loss").on_epoch_end(0)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: EarlyStopping(mode="mni"), ValueError, "mode.*'mni'.*'min'"),
        (lambda: EarlyStopping(patience=-1), ValueError, "patience.*-1"),
        (lambda: EarlyStopping(patience=1.5), TypeError, "patience.*1.5"),
        (lambda: EarlyStopping(monitor=None), TypeError, "monitor.*None"),
        (lambda: EarlyStopping(min_delta="x"), TypeError, "min_delta.*'x'"),
        (lambda: EarlyStopping(baseline=math.nan), ValueError, "baseline.*nan"),
        (lambda: ReduceLROnPlateau(factor=1), ValueError, "factor.*1"),
        (lambda: ReduceLROnPlateau(factor=0), ValueError, "factor.*0"),
        (lambda: ReduceLROnPlateau(min_lr=-1), ValueError, "min_lr.*-1"),
        (lambda: ReduceLROnPlateau(cooldown=-1), ValueError, "cooldown.*-1"),
    ],
)
def test_arguments_out_of_range(make, error, message):
    with pytest.raises(error, match=message):
        make()
