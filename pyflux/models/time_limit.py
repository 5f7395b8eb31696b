"""A training that is laid out over the seconds that there are."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ..optimizers import Optimizer
from ..optimizers.schedules import LearningRateSchedule, OneCycle
from .sources import Chunk

# The learning rate is a function of this many steps of time.
_STEPS = 1_000_000

# The speed is measured anew after this fraction of the time, and after this many seconds.
_FRACTION, _SECONDS = 0.01, 0.25

# Evaluating a sample takes about this much of the time of training on one.
_EVALUATION = 0.4


class TimeLimit:
    """Divides a training into parts by the speed that it has, and ends it in time.

    A constant learning rate becomes the highest one of a cycle, see `OneCycle`, that ends with the time; a
    `OneCycle` keeps its shape. Other schedules go on step by step.

    Args:
        seconds: Time of the whole training, from `start` on, validation included.
        validation: Number of validation samples over that of a batch: until a validation was seen, this says
            how much time to leave for the last one.
    """

    def __init__(self, seconds: float, validation: float = 0.0) -> None:
        self.seconds, self._validation = seconds, validation
        self._start = self._seconds_per_batch = 0.0
        self._first_part: float | None = None
        self._evaluation: float | None = None
        self._batches = 1  # of the latest part
        self._finished = False

    def start(self) -> None:
        """Start the clock."""
        self._start = time.perf_counter()

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self._start

    @property
    def finished(self) -> bool:
        """Whether training should end: after another batch it would be farther from the limit than now."""
        if self.elapsed + 0.5 * self._seconds_per_batch >= self._end:
            self._finished = True  # also if the last validation takes less than was left for it
        return self._finished

    def parts(self, chunks: Iterable[Chunk]) -> Iterator[Chunk]:
        """Yield an epoch in parts until the time is over; each is trained on before the next is asked for.

        An epoch that has begun has at least one part, even if the time ran out meanwhile.
        """
        first_part = True
        for chunk in chunks:
            for part in self._parts_of(chunk, first_part):
                yield part
                first_part = False

    def _parts_of(self, chunk: Chunk, always: bool) -> Iterator[Chunk]:
        first = 0
        while first < chunk.batches and ((always and first == 0) or not self.finished):
            if self._seconds_per_batch:
                left = self._end - self.elapsed
                wanted = min(left, max(_FRACTION * self.seconds, 1e-3), _SECONDS) / self._seconds_per_batch
                self._batches = max(1, min(2 * self._batches, round(wanted)))
            start = self.elapsed
            part = chunk.part(first, first + self._batches)
            yield part
            self._seconds_per_batch = (self.elapsed - start) / part.batches
            if self._first_part is None:
                self._first_part = self.elapsed
            first += part.batches

    def rates(self, optimizer: Optimizer, step: int, batches: int) -> list[float]:
        """Return the learning rates of the next batches.

        Args:
            optimizer: The optimizer.
            step: Number of its next step.
            batches: How many batches.
        """
        rate = optimizer.learning_rate
        if isinstance(rate, LearningRateSchedule) and not isinstance(rate, OneCycle):
            return [optimizer.rate(step + i) for i in range(batches)]
        if isinstance(rate, OneCycle):
            cycle = replace(rate, total_steps=_STEPS)
        elif rate == 0:
            return [0.0] * batches
        else:
            cycle = OneCycle(rate, _STEPS)
        if self._first_part is None:
            return [cycle(0)] * batches
        # The cycle begins when the first batch is done, since that one waits for the compiler.
        begin, length = self._first_part, max(self._end - self._first_part, 1e-9)
        times = (self.elapsed + i * self._seconds_per_batch for i in range(batches))
        return [cycle(int((_STEPS - 1) * min((t - begin) / length, 1.0))) for t in times]

    def evaluated(self, seconds: float) -> None:
        """Note how many seconds a validation took."""
        self._evaluation = seconds

    @property
    def _end(self) -> float:
        """When the last batch must be done, in seconds from the start."""
        evaluation = self._evaluation
        if evaluation is None:
            evaluation = _EVALUATION * self._validation * self._seconds_per_batch
        return max(self.seconds - evaluation, 1e-9)
