"""Write the logs of a training for TensorBoard."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from .._internal import validation
from .._internal.extras import require
from .callback import Callback, Logs


def summary_writer() -> Any:
    """Return tensorboardX's class that writes a log.

    tensorboardX imports PyTorch where it is installed, which takes seconds and may crash in one process with
    Julia. It does without, and is made to.
    """
    absent = "torch" not in sys.modules
    if absent:
        sys.modules["torch"] = None  # type: ignore[assignment]
    try:
        return require("tensorboardX", extra="tensorboard", purpose="TensorBoard").SummaryWriter
    finally:
        if absent:
            del sys.modules["torch"]


class TensorBoard(Callback):
    """Writes losses, metrics and histograms of weights for TensorBoard.

    The files are in ``log_dir/train`` and ``log_dir/validation``; ``tensorboard --logdir log_dir`` shows
    them. The names are Keras's: ``epoch_loss``, ``epoch_accuracy``, ``epoch_learning_rate``,
    ``evaluation_loss_vs_iterations``; with an integer ``update_freq`` also ``batch_loss``.

    Args:
        log_dir: Folder to write to, made if it is missing. Give each training its own.
        histogram_freq: Number of epochs between two histograms of the weights, 0 for none.
        write_graph: Accepted for compatibility with Keras, without effect.
        write_images: Not supported; must be False.
        write_steps_per_second: Whether to write how many batches a second are trained.
        update_freq: ``"epoch"``, ``"batch"``, or a number of batches between two values of ``batch_loss`` and
            the metrics.
        profile_batch: Not supported; must be 0.
        embeddings_freq: Not supported; must be 0.
        embeddings_metadata: Not supported; must be None.

    Raises:
        MissingExtraError: tensorboardX is missing; ``pip install "pyflux-julia[tensorboard]"`` installs it.
        TypeError, ValueError: An argument is out of its range, or not supported.

    >>> TensorBoard("runs/1", update_freq=100)  # doctest: +SKIP
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str] = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: int | str = "epoch",
        profile_batch: int = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: Any = None,
    ) -> None:
        summary_writer()  # fail now if it is missing, not after an epoch
        unsupported = {
            "write_images": write_images, "profile_batch": profile_batch, "embeddings_freq": embeddings_freq,
            "embeddings_metadata": embeddings_metadata,
        }  # fmt: skip
        for argument, value in unsupported.items():
            if value:
                raise ValueError(f"{argument}={value!r} is not supported by this TensorBoard; omit it")
        if isinstance(update_freq, str):
            validation.choice("update_freq", update_freq, ("epoch", "batch"))
        else:
            validation.as_int("update_freq", update_freq)
        self.log_dir = Path(log_dir).expanduser()
        self.histogram_freq = validation.as_int("histogram_freq", histogram_freq, minimum=0)
        self.write_graph = write_graph
        self.write_steps_per_second = write_steps_per_second
        self.update_freq = 1 if update_freq == "batch" else update_freq
        self._writers: dict[str, Any] = {}
        self._training = False
        self._step, self._last_batch, self._started = 0, -1, 0.0

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_writers": {}}

    def every_batch(self, phase: str) -> bool:
        """Return whether it writes within epochs."""
        return phase == "train" and self.update_freq != "epoch"

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Start over at step 0."""
        self._training, self._step = True, 0

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Close the files."""
        self._training = False
        self._close()

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Note the time."""
        self._last_batch, self._started = -1, time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Write the means so far, if it is time to."""
        before = self._step
        self._step += batch - self._last_batch
        self._last_batch = batch
        if isinstance(self.update_freq, int) and before // self.update_freq < self._step // self.update_freq:
            self._scalars(
                "train", {f"batch_{name}": value for name, value in (logs or {}).items()}, self._step
            )

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Write the losses, the metrics and the learning rate, and the histograms if it is time to."""
        logs = logs or {}
        train = {f"epoch_{name}": value for name, value in logs.items() if not name.startswith("val_")}
        train["epoch_learning_rate"] = self.model.learning_rate
        if self.write_steps_per_second and self._last_batch >= 0:
            seconds = time.perf_counter() - self._started
            train["epoch_steps_per_second"] = (self._last_batch + 1) / seconds
        self._scalars("train", train, epoch)
        validated = {f"epoch_{name[4:]}": value for name, value in logs.items() if name.startswith("val_")}
        self._scalars("validation", validated, epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0 and self.is_leader():
            for name, array in zip(weight_names(self.model), self.model.get_weights(), strict=True):
                self._writer("train").add_histogram(f"{name}/histogram", array.ravel(), epoch)
        for writer in self._writers.values():
            writer.flush()

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Write the results of an evaluation against the number of optimizer steps."""
        step = int(getattr(self.model, "iterations", self._step))
        named = {f"evaluation_{name}_vs_iterations": value for name, value in (logs or {}).items()}
        self._scalars("validation", named, step)
        if not self._training:
            self._close()

    def _scalars(self, folder: str, values: dict[str, Any], step: int) -> None:
        if self.is_leader():
            for name, value in values.items():
                self._writer(folder).add_scalar(name, float(np.mean(value)), step)

    def _writer(self, folder: str) -> Any:
        if folder not in self._writers:
            self._writers[folder] = summary_writer()(str(self.log_dir / folder))
        return self._writers[folder]

    def _close(self) -> None:
        for writer in self._writers.values():
            writer.close()
        self._writers = {}


def weight_names(model: Any) -> list[str]:
    """Return the names of a model's weights, in the order of ``get_weights``."""
    return [weight.name for weight in model.architecture.weights]
