"""The training loop: epochs, validation, callbacks and progress."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..callbacks import CallbackList, History
from .evaluator import Evaluator, Logs, Means
from .progress import Progress
from .sources import Source, StreamSource

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
        model.session()  # started here, so that it counts in no epoch's time
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
            evaluated = Evaluator(self.model, self.callbacks).evaluate(validation.source)
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
