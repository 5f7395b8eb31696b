"""The training loop: epochs, validation, callbacks and progress."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..callbacks import CallbackList, History
from .evaluator import EpochMeans, Evaluator, Logs
from .progress import Progress
from .sources import Chunk, Source, StreamSource
from .time_limit import TimeLimit

if TYPE_CHECKING:
    from .model import Model


@dataclass
class Validation:
    """What is evaluated after every ``frequency``-th epoch."""

    source: Source
    frequency: int = 1


class Trainer:
    """Trains a compiled model.

    Args:
        model: The model.
        callbacks: The callbacks, which have the model; an `EpochMeans` is among them.
        progress: What is shown meanwhile.
        limit: How long training takes; by default as long as the epochs do.
    """

    def __init__(
        self, model: Model, callbacks: CallbackList, progress: Progress, limit: TimeLimit | None = None
    ) -> None:
        self.model, self.callbacks, self.progress, self.limit = model, callbacks, progress, limit
        self._means = next(c for c in callbacks if isinstance(c, EpochMeans))
        self._initial_epoch = 0

    def fit(
        self, source: Source, validation: Validation | None, epochs: int | None, initial_epoch: int = 0
    ) -> History:
        """Train until ``epochs`` epochs are done, the time is over, or a callback stops the training."""
        model = self.model
        history = self.callbacks.history
        assert history is not None, "a training's callbacks have a history"
        model.history, model.stop_training = history, False
        model.session()  # started here, so that it counts in no epoch's time
        if self.limit is not None:
            self.limit.start()
        self.callbacks.on_train_begin()
        # A callback may continue an earlier training, in the middle of an epoch too.
        first_epoch = initial_epoch if self.callbacks.initial_epoch is None else self.callbacks.initial_epoch
        first_batch = self.callbacks.initial_batch or 0
        self._initial_epoch = initial_epoch
        logs: Logs = {}
        try:
            for epoch in itertools.count(first_epoch) if epochs is None else range(first_epoch, epochs):
                if model.stop_training or self._out_of_time():
                    break
                logs = self._fit_epoch(epoch, source, validation, first_batch)
                first_batch = 0
        finally:
            self.progress.close()
            model.session().network.release()
        self.callbacks.on_train_end(logs)
        return history

    def _fit_epoch(self, epoch: int, source: Source, validation: Validation | None, first_batch: int) -> Logs:
        self.callbacks.on_epoch_begin(epoch)
        self.progress.begin(epoch, source.samples)
        start = time.perf_counter()
        logs = self._train_epoch(epoch, source, first_batch)
        seconds = time.perf_counter() - start
        self.model.epochs_trained += 1
        if validation is not None and ((epoch + 1) % validation.frequency == 0 or self._out_of_time()):
            logs |= self._validate(validation)
        self.progress.end(epoch, logs, seconds)
        assert self.callbacks.history is not None
        self.callbacks.history.seconds.append(seconds)
        self.callbacks.on_epoch_end(epoch, logs)
        return logs

    def _validate(self, validation: Validation) -> Logs:
        start = time.perf_counter()
        evaluated = Evaluator(self.model, self.callbacks).evaluate(validation.source)
        if self.limit is not None:
            self.limit.evaluated(time.perf_counter() - start)
        return {f"val_{name}": value for name, value in evaluated.items()}

    def _out_of_time(self) -> bool:
        return self.limit is not None and self.limit.finished

    def _chunks(self, epoch: int, source: Source, first_batch: int) -> Iterable[Chunk]:
        """Return what one call of the engine trains on, for an epoch from its batch ``first_batch``."""
        batches = 1 if self.callbacks.every_batch("train") else None
        chunks = source.chunks(batches, first_batch, epoch - self._initial_epoch)
        return chunks if self.limit is None else self.limit.parts(chunks)

    def _train_epoch(self, epoch: int, source: Source, first_batch: int) -> Logs:
        model, config = self.model, self.model.require_compiled("fit()")
        means = self._means.begin(config.new_metrics(model.architecture))
        changed = model.changed_by_training()
        step = first_batch
        for chunk in self._chunks(epoch, source, first_batch):
            self.callbacks.on_train_batch_begin(step)
            session = model.session()
            network = session.push()  # a callback may have set weights
            optimizer = model.require_compiled("fit()").optimizer  # … or another learning rate
            if self.limit is None:
                rates = [optimizer.rate(network.steps + i) for i in range(chunk.batches)]
            else:
                rates = self.limit.rates(optimizer, network.steps, chunk.batches)
            try:
                result = network.train(chunk.data, chunk.order, chunk.batch_size, rates)
            finally:  # Ctrl-C ends it between two batches
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
