import numpy as np
import pytest

from pyflux.datasets.batched import BatchedDataset


class Numbers(BatchedDataset):
    """Batches 0 … n - 1 with the labels -0 … -(n - 1); counts how often it is read."""

    def __init__(self, n):
        super().__init__(["zero", "one"])
        self.n, self.passes = n, 0

    def __iter__(self):
        self.passes += 1
        return ((i, -i) for i in range(self.n))

    def __len__(self):
        return self.n


def firsts(dataset):
    return [x for x, _ in dataset]


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda d: d.take(2), [0, 1]),
        (lambda d: d.take(-1), [0, 1, 2, 3, 4]),
        (lambda d: d.take(9), [0, 1, 2, 3, 4]),
        (lambda d: d.take(0), []),
        (lambda d: d.skip(3), [3, 4]),
        (lambda d: d.skip(9), []),
        (lambda d: d.skip(-1), []),
        (lambda d: d.skip(1).take(2), [1, 2]),
        (lambda d: d.prefetch(3), [0, 1, 2, 3, 4]),
        (lambda d: d.map(lambda x, y: (x - y, y)), [0, 2, 4, 6, 8]),
        (lambda d: d.cache(), [0, 1, 2, 3, 4]),
    ],
)
def test_each_method_gives_a_data_set_that_can_be_read_again(make, expected):
    source = Numbers(5)
    made = make(source)
    assert firsts(made) == firsts(made) == expected
    assert len(made) == len(expected)
    assert made.class_names == ["zero", "one"]
    assert firsts(source) == [0, 1, 2, 3, 4]


def test_a_cache_reads_its_source_once_and_only_whole_passes_count():
    source = Numbers(4)
    cached = source.cache()
    assert firsts(cached.take(2)) == [0, 1]
    assert firsts(cached) == [0, 1, 2, 3]
    assert source.passes == 2
    assert firsts(cached) == [0, 1, 2, 3]
    assert source.passes == 2


def test_shuffling_gives_every_batch_once_in_orders_that_the_seed_fixes():
    a, b, other = (Numbers(20).shuffle(8, seed=seed) for seed in (1, 1, 2))
    first, second = firsts(a), firsts(a)
    assert sorted(first) == sorted(second) == list(range(20))
    assert first != second
    assert [firsts(b), firsts(b)] == [first, second]
    assert firsts(other) != first
    # The next batch is drawn from 8 that have been read.
    assert all(x < i + 8 for i, x in enumerate(first))


def test_images_alone_are_mapped_too():
    class Images(Numbers):
        def __iter__(self):
            return (np.full(2, i) for i in range(self.n))

    assert [x.tolist() for x in Images(2).map(lambda x: x + 1)] == [[1, 1], [2, 2]]


@pytest.mark.parametrize(
    ("call", "argument"), [(lambda d: d.take(-2), "count"), (lambda d: d.shuffle(0), "buffer_size")]
)
def test_numbers_out_of_range_are_refused(call, argument):
    with pytest.raises(ValueError, match=argument):
        call(Numbers(3))
