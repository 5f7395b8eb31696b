import importlib.util
import subprocess
import sys

import numpy as np
import pytest

from pyflux.inputs import Batches, is_batched

BATCHES = [(np.full((2, 3), i), np.full(2, i)) for i in range(3)]


class Sequence:
    """As Keras's: it knows its length, and is told when an epoch ends."""

    def __init__(self):
        self.epochs = 0

    def __len__(self):
        return len(BATCHES)

    def __getitem__(self, i):
        return BATCHES[i]

    def on_epoch_end(self):
        self.epochs += 1


class Iterable:
    """As tf.data's Dataset: it can begin anew."""

    def __iter__(self):
        return iter(BATCHES)


def firsts(batches):
    return [int(batch.x[0, 0]) for batch in batches]


@pytest.mark.parametrize("x", [iter([]), (i for i in ()), Sequence(), Iterable(), map(str, ())])
def test_what_gives_batches(x):
    assert is_batched(x)


@pytest.mark.parametrize(
    "x",
    [np.ones(3), [1], (1, 2), range(3), "abc", b"abc", {"a": 1}, {1}, None, 3, memoryview(b"a"), object()],
)
def test_what_does_not(x):
    assert not is_batched(x)
    with pytest.raises(TypeError, match=type(x).__name__):
        Batches(x)


PYTORCH = """
import torch
from torch.utils.data import DataLoader, TensorDataset
from pyflux.inputs import Batches, is_batched
data = TensorDataset(torch.arange(6).reshape(6, 1), torch.arange(6))
batches = Batches(DataLoader(data, batch_size=4))
assert batches.steps == 2
for _ in range(2):
    assert [batch.y.tolist() for batch in batches] == [[0, 1, 2, 3], [4, 5]]
assert not is_batched(torch.ones(3))
try:
    Batches(data)
except TypeError as e:
    assert "DataLoader" in str(e)
else:
    raise AssertionError
"""


def test_a_data_loader_of_pytorch():
    if importlib.util.find_spec("torch") is None:
        pytest.skip("PyTorch is not installed")
    done = subprocess.run([sys.executable, "-c", PYTORCH], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_data_frame_is_an_array():
    pd = pytest.importorskip("pandas")
    assert not is_batched(pd.DataFrame({"a": [1]}))


@pytest.mark.parametrize("make", [Sequence, Iterable])
def test_every_epoch_begins_anew(make):
    batches = Batches(make())
    assert firsts(batches) == firsts(batches) == [0, 1, 2]


def test_a_sequence_has_steps_and_is_told_of_the_end_of_an_epoch():
    sequence = Sequence()
    batches = Batches(sequence)
    assert batches.steps == 3
    list(batches)
    list(batches)
    assert sequence.epochs == 2


def test_a_generator_is_one_epoch_or_goes_on_by_steps():
    batches = Batches(iter(BATCHES))
    assert batches.steps is None
    assert firsts(batches) == [0, 1, 2]
    with pytest.raises(ValueError, match="x .*steps"):
        list(batches)

    def forever():
        while True:
            yield from BATCHES

    batches = Batches(forever(), steps=2)
    assert batches.steps == 2
    assert firsts(batches) == [0, 1]
    assert firsts(batches) == [2, 0]


@pytest.mark.parametrize("make", [Sequence, Iterable])
def test_steps_go_on_where_the_last_epoch_ended(make):
    batches = Batches(make(), steps=2)
    assert firsts(batches) == [0, 1]
    assert firsts(batches) == [2, 0]
    assert firsts(batches) == [1, 2]
    assert firsts(Batches(make(), steps=7)) == [0, 1, 2, 0, 1, 2, 0]


def test_a_generator_that_ends_early_gives_a_warning():
    with pytest.warns(UserWarning, match="x .*3 of 5"):
        assert firsts(Batches(iter(BATCHES), steps=5)) == [0, 1, 2]


def test_samples_alone_and_with_weights():
    x = np.ones((2, 3))
    alone, pair, weighted = Batches(iter([x, (x, 1), [x, 1, 2]]))
    assert (alone.y, alone.sample_weight) == (None, None)
    assert (pair.y, pair.sample_weight) == (1, None)
    assert (weighted.y, weighted.sample_weight) == (1, 2)


@pytest.mark.parametrize("batch", [(), (1, 2, 3, 4), ({"a": 1}, 2)])
def test_a_batch_of_another_form_is_named(batch):
    with pytest.raises(TypeError, match="data: batch 1 "):
        list(Batches(iter([BATCHES[0], batch]), argument="data"))


def test_targets_that_are_needed_or_given_twice():
    with pytest.raises(ValueError, match="x: batch 0 "):
        list(Batches(iter([np.ones((2, 3))]), labelled=True))
    with pytest.raises(ValueError, match="y .*x"):
        Batches(iter(BATCHES), y=[1, 2])


@pytest.mark.parametrize("steps", [0, -1])
def test_steps_are_positive(steps):
    with pytest.raises(ValueError, match=f"steps .*{steps}"):
        Batches(iter(BATCHES), steps=steps)


def test_a_generator_function_must_be_called():
    def generate():
        yield from BATCHES

    with pytest.raises(TypeError, match=r"generate.*\(\)"):
        Batches(generate)


def test_an_error_of_the_user_s_own_is_the_one_that_is_seen():
    def breaks():
        yield BATCHES[0]
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        list(Batches(breaks()))
