"""Evaluation and prediction, without training."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..callbacks import Callback, CallbackList
from ..engines import EvaluationResult
from ..inputs import Floats, Images, Targets
from ..metrics import Metric
from .progress import TaskProgress
from .sources import CHUNKS, Source, in_order

if TYPE_CHECKING:
    from .model import Model

Logs = dict[str, float]


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
        return {"loss": self.loss / self.samples} | {m.name: float(m.result()) for m in self.metrics}


class EpochMeans(Callback):
    """The means of the epoch that is being trained, so that a resumed training goes on with them."""

    def __init__(self) -> None:
        self._means: Means | None = None
        self._saved: Mapping[str, Any] | None = None

    def begin(self, metrics: list[Metric]) -> Means:
        """Return the means of an epoch that begins, or is continued in its middle."""
        self._means = Means(metrics)
        if self._saved is not None and len(self._saved["metrics"]) == len(metrics):
            self._means.samples, self._means.loss = self._saved["samples"], self._saved["loss"]
            for metric, state in zip(metrics, self._saved["metrics"], strict=True):
                metric.set_state(state)
        self._saved = None
        return self._means

    def on_epoch_end(self, epoch: int, logs: MutableMapping[str, Any] | None = None) -> None:
        """Let go of the means."""
        self._means = None

    def get_state(self) -> dict[str, Any]:
        """Return the means so far; between two epochs nothing."""
        if self._means is None:
            return {}
        states = [metric.get_state() for metric in self._means.metrics]
        return {"samples": self._means.samples, "loss": self._means.loss, "metrics": states}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Continue with the means of `get_state` in the next epoch."""
        self._saved = state or None


class Evaluator:
    """Computes losses, metrics and outputs.

    Args:
        model: The model.
        callbacks: The callbacks, which have the model.
        progress: What is shown meanwhile; None for nothing.
        alone: Whether no other process computes with this one. Those that do must make the same calls of the
            engine, whether they show a bar or not.
    """

    def __init__(
        self,
        model: Model,
        callbacks: CallbackList,
        progress: TaskProgress | None = None,
        *,
        alone: bool = True,
    ) -> None:
        self.model, self.callbacks, self.alone = model, callbacks, alone
        self.progress = progress or TaskProgress(0, "", None)

    def evaluate(self, source: Source) -> Logs:
        """Return the loss and the metrics of the samples."""
        model = self.model
        means = Means(model.require_compiled("evaluate()").new_metrics(model.architecture))
        self.callbacks.on_test_begin()
        network, step, logs = model.session().push(), 0, Logs()
        for chunk in in_order(source, self._batches("test", source.steps)):
            self.callbacks.on_test_batch_begin(step)
            means.update(chunk.y_true, network.evaluate(chunk.data, chunk.batch_size))
            step += chunk.batches
            logs = means.logs()
            self.progress.advance(len(chunk.order), logs)
            self.callbacks.on_test_batch_end(step - 1, logs)
        if not means.samples:
            raise ValueError("x yielded no batches to evaluate")
        self.callbacks.on_test_end(logs)
        return logs

    def predict(self, images: Images, batch_size: int) -> Floats:
        """Return the outputs of the samples."""
        network = self.model.session().push()
        batches = self._batches("predict", -(-len(images) // batch_size))
        size = len(images) if batches is None else batches * batch_size
        outputs: list[Floats] = []
        self.callbacks.on_predict_begin()
        for start in range(0, len(images), max(size, 1)):
            self.callbacks.on_predict_batch_begin(start // batch_size)
            outputs.append(network.predict(images[start : start + size], batch_size))
            last = (min(start + size, len(images)) - 1) // batch_size
            self.progress.advance(len(outputs[-1]))
            self.callbacks.on_predict_batch_end(last, {"outputs": outputs[-1]})
        self.callbacks.on_predict_end()
        return outputs[0] if len(outputs) == 1 else np.concatenate(outputs)

    def _batches(self, phase: str, steps: int | None) -> int | None:
        """Return how many batches the engine computes in one call; None for all of them."""
        if self.callbacks.every_batch(phase):
            return 1
        return -(-steps // CHUNKS) if steps and self.alone and self.progress.active else None
