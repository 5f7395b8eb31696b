import threading

import numpy as np
import pytest

from pyflux.datasets.image_folder import ImageFolder
from pyflux.errors import DataError


class Counting:
    """Stands for the decoding of files named by numbers: an image full of that number."""

    shape = (2, 3, 1)

    def __init__(self, broken=()):
        self.read, self.broken = [], broken

    def __call__(self, path):
        self.read.append(path)
        if path in self.broken:
            raise DataError(f"{path} cannot be read as an image")
        return np.full(self.shape, int(path), np.uint8)


def folder(n, **options):
    decoding = Counting(options.pop("broken", ()))
    labels = None if options.pop("unlabelled", False) else 10 * np.arange(n)
    return ImageFolder([str(i) for i in range(n)], labels, ["a", "b"], decoding, **options), decoding


def test_files_come_in_batches_in_their_order():
    data, _ = folder(5, batch_size=2)
    assert len(data) == 3
    for _ in range(2):
        batches = list(data)
        assert [x.shape for x, _ in batches] == [(2, 2, 3, 1), (2, 2, 3, 1), (1, 2, 3, 1)]
        assert [x[:, 0, 0, 0].tolist() for x, _ in batches] == [[0, 1], [2, 3], [4]]
        assert [y.tolist() for _, y in batches] == [[0, 10], [20, 30], [40]]
    assert batches[0][0].dtype == np.uint8


def test_without_labels_a_batch_is_its_images():
    data, _ = folder(3, batch_size=2, unlabelled=True)
    assert [x[:, 0, 0, 0].tolist() for x in data] == [[0, 1], [2]]


def test_the_seed_fixes_an_order_for_every_pass():
    def orders(seed):
        data, _ = folder(20, batch_size=8, seed=seed)
        passes = [[int(y) // 10 for x, labels in data for y in labels] for _ in range(2)]
        for x, labels in data:
            np.testing.assert_array_equal(x[:, 0, 0, 0], labels // 10)
        return passes

    first, second = orders(3)
    assert sorted(first) == sorted(second) == list(range(20))
    assert first != second
    assert orders(3) == [first, second]
    assert orders(4)[0] != first


def test_no_more_than_some_batches_are_decoded_ahead(monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    data, decoding = folder(1000, batch_size=10)
    batches = iter(data)
    for taken in range(1, 4):
        next(batches)
        assert len(decoding.read) <= 10 * (taken + 4)
    batches.close()
    assert len(decoding.read) <= 10 * 7
    assert not [t for t in threading.enumerate() if t.name.startswith("pyflux-images")]


def test_a_file_that_is_no_image_is_named():
    data, _ = folder(5, batch_size=2, broken=("3",))
    batches = iter(data)
    assert next(batches)[1].tolist() == [0, 10]
    with pytest.raises(DataError, match="^3 cannot be read"):
        list(batches)


def test_with_ignore_errors_it_is_left_out_and_counted():
    data, _ = folder(6, batch_size=2, broken=("2", "3", "5"), ignore_errors=True)
    with pytest.warns(UserWarning, match="left out: . cannot be read") as warned:
        assert [y.tolist() for _, y in data] == [[0, 10], [40]]
    assert len(warned) == 3
    assert sorted(data.skipped) == ["2", "3", "5"]
    assert [y.tolist() for _, y in data] == [[0, 10], [40]]  # said once
