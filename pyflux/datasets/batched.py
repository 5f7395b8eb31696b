"""Data sets that give batches, and what can be done with them before training."""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .._internal.validation import as_int

#: A batch: images, or images and labels.
Batch = Any


class BatchedDataset(ABC):
    """A data set read batch by batch, as `Sequential.fit`, ``evaluate`` and ``predict`` take it.

    Iterating over it reads it once from its beginning. Its methods have the names that TensorFlow's data sets
    have; each returns a new data set and leaves this one as it is.

    Attributes:
        class_names: What the labels 0, 1, … stand for; empty where there are no labels.

    >>> from pyflux.datasets.batched import BatchedDataset
    >>> class Numbers(BatchedDataset):
    ...     def __iter__(self):
    ...         return iter([0, 1, 2, 3])
    ...
    ...     def __len__(self):
    ...         return 4
    >>> list(Numbers().skip(1).take(2).map(lambda x: 10 * x))
    [10, 20]
    """

    class_names: list[str]

    def __init__(self, class_names: list[str] | None = None) -> None:
        self.class_names = class_names or []

    @abstractmethod
    def __iter__(self) -> Iterator[Batch]:
        """Yield the batches of one pass over the data."""

    @abstractmethod
    def __len__(self) -> int:
        """Number of batches."""

    def take(self, count: int) -> BatchedDataset:
        """Return the first ``count`` batches; all of them if count is -1 or more than there are."""
        size = _count(count, len(self))
        return _Derived(self, lambda: itertools.islice(iter(self), size), size)

    def skip(self, count: int) -> BatchedDataset:
        """Return what follows the first ``count`` batches; nothing if count is -1."""
        size = _count(count, len(self))
        return _Derived(self, lambda: itertools.islice(iter(self), size, None), len(self) - size)

    def map(self, function: Callable[..., Batch]) -> BatchedDataset:
        """Return the data set with ``function(images, labels)`` in the place of each batch.

        Args:
            function: Takes the parts of a batch and returns a new batch.
        """
        return _Derived(self, lambda: (function(*_parts(batch)) for batch in self), len(self))

    def cache(self) -> BatchedDataset:
        """Return the data set with all batches kept in memory once they have been read.

        The order is that of the first pass from then on; follow it by `shuffle` to change it every epoch.
        """
        return _Cached(self)

    def shuffle(self, buffer_size: int, seed: int | None = None) -> BatchedDataset:
        """Return the data set with its batches in another order in every pass.

        Args:
            buffer_size: From so many batches at a time the next one is drawn.
            seed: Fixes the orders.
        """
        return _Shuffled(self, as_int("buffer_size", buffer_size), seed)

    def prefetch(self, buffer_size: int | None = None) -> BatchedDataset:
        """Return the data set as it is: image files are decoded ahead of the training anyway."""
        return self


class _Derived(BatchedDataset):
    """A data set made from another one."""

    def __init__(self, source: BatchedDataset, batches: Callable[[], Iterator[Batch]], size: int) -> None:
        super().__init__(source.class_names)
        self._batches, self._size = batches, size

    def __iter__(self) -> Iterator[Batch]:
        return iter(self._batches())

    def __len__(self) -> int:
        return self._size


class _Cached(BatchedDataset):
    def __init__(self, source: BatchedDataset) -> None:
        super().__init__(source.class_names)
        self._source = source
        self._kept: list[Batch] | None = None

    def __iter__(self) -> Iterator[Batch]:
        if self._kept is not None:
            yield from self._kept
            return
        read = []
        for batch in self._source:
            read.append(batch)
            yield batch
        self._kept = read  # only a pass to the end has everything

    def __len__(self) -> int:
        return len(self._source)


class _Shuffled(BatchedDataset):
    def __init__(self, source: BatchedDataset, buffer_size: int, seed: int | None) -> None:
        super().__init__(source.class_names)
        self._source, self._buffer_size = source, buffer_size
        self._rng = np.random.default_rng(seed)

    def __iter__(self) -> Iterator[Batch]:
        buffer: list[Batch] = []
        for batch in self._source:
            buffer.append(batch)
            if len(buffer) == self._buffer_size:
                yield buffer.pop(self._rng.integers(len(buffer)))
        while buffer:
            yield buffer.pop(self._rng.integers(len(buffer)))

    def __len__(self) -> int:
        return len(self._source)


def _parts(batch: Batch) -> tuple[Any, ...]:
    return batch if isinstance(batch, tuple) else (batch,)


def _count(count: int, size: int) -> int:
    return size if as_int("count", count, minimum=-1) == -1 else min(count, size)
