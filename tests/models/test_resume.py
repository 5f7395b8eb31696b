"""A training that is interrupted and continued gives the same bits as one that is not."""

import numpy as np
import pytest

import pyflux
from pyflux import layers
from pyflux.callbacks import BackupAndRestore, EarlyStopping, LambdaCallback
from pyflux.errors import SavedModelError

X = np.random.default_rng(0).random((50, 6), np.float32)
Y = np.random.default_rng(1).integers(0, 3, 50)


class PowerCut(Exception):
    pass


def network(optimizer="adam", units=8):
    model = pyflux.Sequential(
        [layers.Input((6,)), layers.Dense(units, "relu"), layers.Dropout(0.3), layers.BatchNormalization(),
         layers.Dense(3, "softmax")],
        seed=4, engine="reference",
    )  # fmt: skip
    model.compile(optimizer, metrics=["accuracy", pyflux.metrics.Precision(top_k=1)])
    return model


def fit(model, callbacks=(), **options):
    return model.fit(
        X, Y, batch_size=8, epochs=4, validation_split=0.2, verbose=0, callbacks=list(callbacks), **options
    )


def cut(step):
    def on_train_batch_end(batch, logs):
        cut.steps += 1
        if cut.steps == step:
            raise PowerCut

    cut.steps = 0
    return LambdaCallback(on_train_batch_end=on_train_batch_end)


def assert_same(model, history, other, other_history):
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    states = model.optimizer_state(), other.optimizer_state()
    assert states[0].iterations == states[1].iterations
    for name, arrays in states[0].slots.items():
        for a, b in zip(arrays, states[1].slots[name], strict=True):
            np.testing.assert_array_equal(a, b)
    assert history.history == other_history.history


@pytest.mark.parametrize("options", [{}, {"steps_per_epoch": 3}])
@pytest.mark.parametrize("save_freq", ["epoch", 1, 2])
@pytest.mark.parametrize("step", [2, 6, 9])
def test_the_same_bits_wherever_it_was_interrupted(tmp_path, step, save_freq, options):
    whole = network()
    expected = fit(whole, [LambdaCallback(on_train_batch_end=lambda batch, logs: None)], **options)
    with pytest.raises(PowerCut):
        fit(network(), [BackupAndRestore(tmp_path / "b", save_freq), cut(step)], **options)
    resumed = network()
    history = fit(resumed, [BackupAndRestore(tmp_path / "b", save_freq), cut(1000)], **options)
    assert_same(resumed, history, whole, expected)
    assert not (tmp_path / "b").exists()


def test_checkpoint_of_fit_continues_and_stays(tmp_path):
    whole = network()
    expected = fit(whole)
    with pytest.raises(PowerCut):
        fit(network(), [LambdaCallback(on_epoch_begin=_cut_before_epoch_2)], checkpoint=tmp_path)
    resumed = network()
    assert_same(resumed, fit(resumed, checkpoint=tmp_path), whole, expected)
    again = network()
    assert_same(again, fit(again, checkpoint=tmp_path), whole, expected)
    assert len(list(tmp_path.iterdir())) == 2


def _cut_before_epoch_2(epoch, logs):
    if epoch == 2:
        raise PowerCut


def test_a_training_that_was_stopped_stays_stopped(tmp_path):
    stop = EarlyStopping("loss", patience=0, mode="max", restore_best_weights=True)
    whole = network()
    expected = fit(whole, [stop], checkpoint=tmp_path)
    assert len(expected.epoch) < 4
    again = network()
    assert_same(again, fit(again, [stop], checkpoint=tmp_path), whole, expected)


def test_a_state_of_another_optimizer_or_of_other_batches_is_refused(tmp_path):
    with pytest.raises(PowerCut):
        fit(network(), [BackupAndRestore(tmp_path, 2), cut(4)])
    with pytest.raises(SavedModelError, match="Adam.*SGD"):
        fit(network("sgd"), [BackupAndRestore(tmp_path, 2)])
    with pytest.raises(SavedModelError, match="5 batches.*3"):
        fit(network(), [BackupAndRestore(tmp_path, 2)], steps_per_epoch=3)


def test_checkpoint_beside_a_backup_or_a_time_limit(tmp_path):
    with pytest.raises(ValueError, match="checkpoint.*BackupAndRestore"):
        fit(network(), [BackupAndRestore(tmp_path)], checkpoint=tmp_path)
    with pytest.raises(ValueError, match="seconds and checkpoint"):
        network().fit(X, Y, seconds=1, checkpoint=tmp_path, verbose=0)


def test_an_optimizer_that_overflowed_is_not_saved_over_a_good_file(tmp_path):
    model = network()
    fit(model)
    model.save(tmp_path / "m")
    before = (tmp_path / "m").read_bytes()
    state = model.optimizer_state()
    slot = model.optimizer.slots[-1]
    state.slots[slot][0][0] = np.inf
    model.session().network.set_optimizer_state(state)
    with pytest.raises(SavedModelError, match=f"optimizer's {slot}"):
        model.save(tmp_path / "m")
    assert (tmp_path / "m").read_bytes() == before
