"""Where batches come from: arrays, or a stream."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..engines import Data
from ..inputs import Targets
from .training_data import LabelledData

# An epoch is about this many calls of the engine: between two of them the progress bar moves.
CHUNKS = 8


class Chunk(NamedTuple):
    """Some batches that one call of the engine trains on or evaluates.

    Attributes:
        data: The samples that ``order`` picks from.
        order: Indices of the samples, batch after batch.
        y_true: The targets of these samples, as metrics take them.
        batch_size: Samples per batch; the last one may be smaller.
    """

    data: Data
    order: NDArray[np.int64]
    y_true: Targets
    batch_size: int

    @property
    def batches(self) -> int:
        """How many steps of the optimizer it is."""
        return -(-len(self.order) // self.batch_size)

    def part(self, first: int, last: int) -> Chunk:
        """Return the batches from number ``first`` up to, and without, ``last``."""
        chosen = slice(first * self.batch_size, last * self.batch_size)
        return self._replace(order=self.order[chosen], y_true=self.y_true[chosen])


@dataclass
class ArraySource:
    """The batches of arrays: every epoch goes through all of them, in a new order if they are shuffled.

    Args:
        labelled: The samples.
        batch_size: Samples per batch.
        order: Returns the samples' order in a pass over the data, from their number and that of the pass,
            where 0 is the pass that the current epoch would have if every epoch were one pass.
        steps_per_epoch: Batches per epoch; by default all. What one epoch leaves, the next goes on with.
    """

    labelled: LabelledData
    batch_size: int
    order: Callable[[int, int], NDArray[np.int64]]
    steps_per_epoch: int | None = None

    @property
    def samples(self) -> int:
        """Samples per epoch."""
        if self.steps_per_epoch is None:
            return len(self.labelled)
        return self.steps_per_epoch * min(self.batch_size, len(self.labelled))

    @property
    def steps(self) -> int:
        """Batches per epoch."""
        return self.steps_per_epoch or -(-len(self.labelled) // self.batch_size)

    def chunks(self, batches: int | None, first: int = 0, epoch: int = 0) -> Iterator[Chunk]:
        """Yield an epoch from its ``first`` batch, so many batches at a time; by default `CHUNKS` times."""
        order = self._epoch_order(epoch)
        size = self.batch_size * (batches or -(-self.steps // CHUNKS))
        for start in range(first * self.batch_size, len(order), size):
            chosen = order[start : start + size]
            yield Chunk(self.labelled.data, chosen, self.labelled.y_true[chosen], self.batch_size)

    def _epoch_order(self, epoch: int) -> NDArray[np.int64]:
        """Return the samples of an epoch: a stretch of all passes, one after the other."""
        n, start = len(self.labelled), epoch * self.samples
        passes = range(start // n, -(-(start + self.samples) // n))
        order = np.concatenate([self.order(n, i - epoch) for i in passes])
        return order[start - passes[0] * n :][: self.samples]


@dataclass
class StreamSource:
    """The batches that a generator, a data set or a data loader yields, checked one by one.

    Args:
        batches: Returns an iterator over the batches of an epoch.
        steps_per_epoch: Batches per epoch where it is known.
    """

    batches: Callable[[], Iterator[LabelledData]]
    steps_per_epoch: int | None = None

    @property
    def samples(self) -> int | None:
        """Samples per epoch are not known before they have come."""
        return None

    @property
    def steps(self) -> int | None:
        """Batches per epoch, where it is known."""
        return self.steps_per_epoch

    def chunks(self, batches: int | None, first: int = 0, epoch: int = 0) -> Iterator[Chunk]:
        """Yield an epoch from its ``first`` batch, one batch at a time."""
        for batch in itertools.islice(self.batches(), first, None):
            yield Chunk(batch.data, np.arange(len(batch)), batch.y_true, len(batch))


Source = ArraySource | StreamSource


def in_order(source: Source, batches: int | None) -> Iterator[Chunk]:
    """Yield all of a source in its own order.

    Args:
        source: The source.
        batches: How many batches of arrays at a time; None for all of them. A stream comes batch by batch.
    """
    if isinstance(source, StreamSource):
        yield from source.chunks(None)
        return
    data = source.labelled
    if source.steps_per_epoch is not None:
        data = data[: source.steps_per_epoch * source.batch_size]
    size = len(data) if batches is None else batches * source.batch_size
    for start in range(0, len(data), max(size, 1)):
        part = data if size >= len(data) else data[start : start + size]
        yield Chunk(part.data, np.arange(len(part)), part.y_true, source.batch_size)
