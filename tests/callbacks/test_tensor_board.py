"""What is in the files that TensorBoard reads."""

import importlib.util
import pickle
import struct
import sys

import pytest

from pyflux.callbacks import TensorBoard
from pyflux.errors import MissingExtraError

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("tensorboardX") is None, reason="tensorboardX is missing"
)


def events(folder):
    """Return the scalars of a folder as {tag: [(step, value), …]}, and the tags of its histograms."""
    from tensorboardX.proto.event_pb2 import Event

    scalars, histograms = {}, []
    for path in sorted(folder.glob("events.*")):
        data, at = path.read_bytes(), 0
        while at < len(data):
            (length,) = struct.unpack_from("<Q", data, at)
            event = Event.FromString(data[at + 12 : at + 12 + length])
            at += length + 16
            for value in event.summary.value:
                if value.WhichOneof("value") == "simple_value":
                    scalars.setdefault(value.tag, []).append((event.step, value.simple_value))
                else:
                    histograms.append((event.step, value.tag))
    return scalars, histograms


def test_an_epoch(model, tmp_path):
    model.train(TensorBoard(tmp_path), 0.5, 0.25, batches=3)
    train, histograms = events(tmp_path / "train")
    rate = pytest.approx(0.1)
    assert train == {"epoch_loss": [(0, 1), (1, 1)], "epoch_learning_rate": [(0, rate), (1, rate)]}
    assert events(tmp_path / "validation")[0] == {"epoch_loss": [(0, 0.5), (1, 0.25)]}
    assert histograms == []


@pytest.mark.parametrize(("update_freq", "steps"), [("batch", [1, 2, 3, 4, 5, 6]), (2, [2, 4, 6]), (4, [4])])
def test_batches(model, tmp_path, update_freq, steps):
    board = TensorBoard(tmp_path, update_freq=update_freq)
    assert board.every_batch("train")
    model.train(board, {"loss": 0.5}, {"loss": 0.25}, batches=3)
    train, _ = events(tmp_path / "train")
    assert train["batch_loss"] == [(step, 0.5 if step <= 3 else 0.25) for step in steps]


def test_histograms_and_steps_a_second(model, tmp_path):
    board = TensorBoard(str(tmp_path), histogram_freq=2, write_steps_per_second=True)
    assert not board.every_batch("train")
    model.train(board, 1, 1, 1, batches=1)
    train, histograms = events(tmp_path / "train")
    assert histograms == [(0, "dense/kernel/histogram"), (2, "dense/kernel/histogram")]
    assert len(train["epoch_steps_per_second"]) == 3
    assert all(value > 0 for _, value in train["epoch_steps_per_second"])


def test_an_evaluation(model, tmp_path):
    board = TensorBoard(tmp_path)
    board.set_model(model)
    model.iterations = 7
    board.on_test_end({"loss": 0.5, "accuracy": 0.75})
    assert events(tmp_path / "validation")[0] == {
        "evaluation_loss_vs_iterations": [(7, 0.5)],
        "evaluation_accuracy_vs_iterations": [(7, 0.75)],
    }


def test_it_can_be_pickled_after_use(model, tmp_path):
    board = TensorBoard(tmp_path)
    board.set_model(model)
    board.on_epoch_end(0, {"loss": 1.0})
    assert pickle.loads(pickle.dumps(board)).log_dir == tmp_path
    board.on_train_end()


def test_without_tensorboardx(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(MissingExtraError, match=r"pyflux-julia\[tensorboard\]"):
        TensorBoard()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"write_images": True}, "write_images"),
        ({"profile_batch": 2}, "profile_batch=2"),
        ({"embeddings_freq": 1}, "embeddings_freq"),
        ({"update_freq": "never"}, "update_freq.*'never'"),
        ({"update_freq": 0}, "update_freq.*0"),
        ({"histogram_freq": -1}, "histogram_freq.*-1"),
    ],
)
def test_arguments_that_are_not_supported(options, message):
    with pytest.raises(ValueError, match=message):
        TensorBoard(**options)
