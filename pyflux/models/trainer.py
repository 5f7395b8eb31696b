"""The training loop: epochs, validation, callbacks and progress."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..callbacks import CallbackList, History
from ..engines import Data, EvaluationResult
from ..inputs import Targets
from ..metrics import Metric
from .progress import Progress
from .training_data import LabelledData

if TYPE_CHECKING:
    from .model import Model

# An epoch is about this many calls of the engine: between two of them the progress bar moves.
CHUNKS = 8

Logs = dict[str, Any]


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


@dataclass
class Means:
    """The mean loss and the metrics of all samples so far."""

    metrics: list[Metric]
    samples: int = 0
    loss: float = 0.0

    def update(self, y_true: Targets, result: EvaluationResult) -> None:
        """Add what an engine returned for some samples."""
        self.samples += len(result.outputs)
        self.loss += result.loss
        for metric in self.metrics:
            metric.update_state(y_true, result.outputs)

    def logs(self) -> Logs:
        """Return the numbers by name."""
        return {"loss": self.loss / self.samples} | {m.name: m.result() for m in self.metrics}


@dataclass
class ArraySource:
    """The batches of arrays: every epoch goes through all of them, in a new order if they are shuffled.

    Args:
        labelled: The samples.
        batch_size: Samples per batch.
        order: Returns the samples' order in the next pass over the data.
        steps_per_epoch: Batches per epoch; by default all. What one epoch leaves, the next goes on with.
    """

    labelled: LabelledData
    batch_size: int
    order: Callable[[int], NDArray[np.int64]]
    steps_per_epoch: int | None = None
    _rest: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

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

    def chunks(self, batches: int | None, first: int = 0) -> Iterator[Chunk]:
        """Yield an epoch from its ``first`` batch, so many batches at a time; by default `CHUNKS` times."""
        order = self._next_order()
        size = self.batch_size * (batches or -(-self.steps // CHUNKS))
        for start in range(first * self.batch_size, len(order), size):
            chosen = order[start : start + size]
            yield Chunk(self.labelled.data, chosen, self.labelled.y_true[chosen], self.batch_size)

    def _next_order(self) -> NDArray[np.int64]:
        if self.steps_per_epoch is None:
            return self.order(len(self.labelled))
        while len(self._rest) < self.samples:
            self._rest = np.concatenate([self._rest, self.order(len(self.labelled))])
        order, self._rest = self._rest[: self.samples], self._rest[self.samples :]
        return order


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

    def chunks(self, batches: int | None, first: int = 0) -> Iterator[Chunk]:
        """Yield an epoch from its ``first`` batch, one batch at a time."""
        for batch in itertools.islice(self.batches(), first, None):
            yield Chunk(batch.data, np.arange(len(batch)), batch.y_true, len(batch))


Source = ArraySource | StreamSource


@dataclass
class Validation:
    """What is evaluated after every ``frequency``-th epoch."""

    source: Source
    frequency: int = 1


class Trainer:
    """Trains a compiled model.

    Args:
        model: The model.
        callbacks: The callbacks, which have the model.
        progress: What is shown meanwhile.
    """

    def __init__(self, model: Model, callbacks: CallbackList, progress: Progress) -> None:
        self.model, self.callbacks, self.progress = model, callbacks, progress

    def fit(
        self, source: Source, validation: Validation | None, epochs: int, initial_epoch: int = 0
    ) -> History:
        """Train until ``epochs`` epochs are done, or a callback sets ``model.stop_training``."""
        model = self.model
        history = self.callbacks.history
        assert history is not None, "a training's callbacks have a history"
        model.history, model.stop_training = history, False
        self.callbacks.on_train_begin()
        # A callback may continue an earlier training, in the middle of an epoch too.
        first_epoch = initial_epoch if self.callbacks.initial_epoch is None else self.callbacks.initial_epoch
        first_batch = self.callbacks.initial_batch or 0
        logs: Logs = {}
        try:
            for epoch in range(first_epoch, epochs):
                logs = self._fit_epoch(epoch, source, validation, first_batch)
                first_batch = 0
                if model.stop_training:
                    break
        finally:
            self.progress.close()
            model.session().network.release()
        self.callbacks.on_train_end(logs)
        return history

    def _fit_epoch(self, epoch: int, source: Source, validation: Validation | None, first_batch: int) -> Logs:
        self.callbacks.on_epoch_begin(epoch)
        self.progress.begin(epoch, source.samples)
        start = time.perf_counter()
        logs = self._train_epoch(source, first_batch)
        seconds = time.perf_counter() - start
        self.model.epochs_trained += 1
        if validation is not None and (epoch + 1) % validation.frequency == 0:
            evaluated = self.evaluate(validation.source)
            logs |= {f"val_{name}": value for name, value in evaluated.items()}
        self.progress.end(epoch, logs, seconds)
        assert self.callbacks.history is not None
        self.callbacks.history.seconds.append(seconds)
        self.callbacks.on_epoch_end(epoch, logs)
        return logs

    def _train_epoch(self, source: Source, first_batch: int) -> Logs:
        model, config = self.model, self.model.require_compiled("fit()")
        means = Means(config.new_metrics(model.architecture))
        changed = model.changed_by_training()
        step = first_batch
        for chunk in source.chunks(1 if self.callbacks.every_batch("train") else None, first_batch):
            self.callbacks.on_train_batch_begin(step)
            session = model.session()
            network = session.push()  # a callback may have set weights
            optimizer = model.require_compiled("fit()").optimizer  # … or another learning rate
            rates = [optimizer.rate(network.steps + i) for i in range(chunk.batches)]
            result = network.train(chunk.data, chunk.order, chunk.batch_size, rates)
            session.trained(changed)
            means.update(chunk.y_true, result)
            step += chunk.batches
            logs = means.logs()
            self.progress.advance(len(chunk.order), logs)
            self.callbacks.on_train_batch_end(step - 1, logs)
            if isinstance(source, StreamSource):
                network.release()
            if model.stop_training:
                break
        if not means.samples:
            raise ValueError("x yielded no batches; give a data set, or a generator that is not exhausted")
        return means.logs()

    def evaluate(self, source: Source) -> Logs:
        """Return the loss and the metrics of the samples, without training."""
        model, config = self.model, self.model.require_compiled("evaluate()")
        means = Means(config.new_metrics(model.architecture))
        self.callbacks.on_test_begin()
        network = model.session().push()
        for chunk in whole(source):
            self.callbacks.on_test_batch_begin(0)
            means.update(chunk.y_true, network.evaluate(chunk.data, chunk.batch_size))
            self.callbacks.on_test_batch_end(0, means.logs())
        if not means.samples:
            raise ValueError("x yielded no batches to evaluate")
        logs = means.logs()
        self.callbacks.on_test_end(logs)
        return logs


def whole(source: Source) -> Iterator[Chunk]:
    """Yield all of a source in its own order: arrays in one piece, a stream batch by batch."""
    if isinstance(source, StreamSource):
        yield from source.chunks(None)
        return
    data = source.labelled
    if source.steps_per_epoch is not None:
        data = data[: source.steps_per_epoch * source.batch_size]
    yield Chunk(data.data, np.arange(len(data)), data.y_true, source.batch_size)
