"""Save the model during training."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from string import Formatter
from typing import Any

from .._internal import validation
from .._internal.console import say
from ..errors import SavedModelError
from .callback import Logs
from .monitor import MonitorCallback, not_logged
from .save_frequency import SaveFrequency

logger = logging.getLogger(__name__)

# What other programs write under these names is another format.
_OTHER_FORMATS = (".keras", ".h5", ".hdf5", ".pt", ".pth", ".onnx")


class ModelCheckpoint(MonitorCallback):
    """Saves the model after each epoch, or after each that is the best so far.

    A file is replaced at once when the new one is complete. A model with weights that are not finite is not
    saved: a warning is logged, and the file stays as it is.

    With ``save_best_only`` the file records the value that it was saved for. A training that continues with
    ``initial_epoch`` greater than 0 does not overwrite a better model that an earlier one has left there.

    Args:
        filepath: Where to save. It may contain ``{epoch}``, from 1, and logged quantities, with a format:
            ``"runs/{epoch:02d}-{val_loss:.2f}.safetensors"``. Missing folders are made.
        monitor: Name of the quantity that tells which model is best; used only with ``save_best_only``.
        verbose: 1 to print a line when it acts.
        save_best_only: Whether to save only models that are better than the best so far.
        save_weights_only: Whether to save the weights without the state of the optimizer.
        mode: ``"min"`` if lower is better, ``"max"`` if higher is; ``"auto"`` asks the metric.
        save_freq: ``"epoch"``, or a number of batches after which to save each time; ``filepath`` may then
            also contain ``{batch}``, from 1, and ``monitor`` names a mean over the epoch so far, such as
            ``"loss"``.
        initial_value_threshold: Value that the first model must beat to be saved, with ``save_best_only``.

    Attributes:
        best: Best value so far, or None. It is kept when the object is used in another training.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument is out of its range, or ``filepath`` has the ending of another format; in
            training, a quantity is not logged.
        OSError: In training, the file cannot be written.

    >>> keep = ModelCheckpoint("best.safetensors", monitor="val_accuracy", save_best_only=True)
    """

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: int | str = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        best = initial_value_threshold
        if best is not None:
            best = validation.as_float("initial_value_threshold", best)
        super().__init__(monitor, mode, best)
        self.filepath = os.fspath(filepath)
        if self.filepath.lower().endswith(_OTHER_FORMATS):
            raise ValueError(
                f"filepath must not end in {Path(self.filepath).suffix}, which is another format: models are "
                f"saved as safetensors; write {Path(self.filepath).with_suffix('.safetensors')}"
            )
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.save_freq = save_freq
        self._frequency = SaveFrequency(save_freq)
        self._epoch = 0

    def every_batch(self, phase: str) -> bool:
        """Return whether it saves within epochs."""
        return phase == "train" and self.save_freq != "epoch"

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Check that the quantity can be watched."""
        if self.save_best_only and self.save_freq == "epoch":
            self.check_monitor()

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Look up the best value in the file that a training that is continued has left."""
        self._epoch = epoch
        self._frequency.begin_epoch()
        if epoch and self.save_best_only and self.best is None and not placeholders(self.filepath):
            self.best = recorded_value(self.filepath, self.monitor)
            if self.best is not None and self.is_leader():
                logger.info("%s has %s %.5g, to be improved on", self.filepath, self.monitor, self.best)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Save the model if enough batches have passed."""
        if self._frequency.is_due(batch):
            if self.save_best_only and self.monitor not in (logs or {}):
                raise not_logged("ModelCheckpoint with save_freq", "monitor", self.monitor, logs or {})
            self._save_if_better(logs or {}, self._epoch, batch)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Save the model."""
        if self.save_freq == "epoch":
            self._save_if_better(logs or {}, epoch, None)

    def get_state(self) -> dict[str, Any]:
        """Return the best value, and the batches since the last save."""
        return {"best": self.best, "batches": self._frequency.passed}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Continue with what `get_state` returned."""
        self.best, self._frequency.passed = state["best"], state["batches"]

    def _save_if_better(self, logs: Logs, epoch: int, batch: int | None) -> None:
        path = self._path(logs, epoch, batch)
        if not self.save_best_only:
            self._save(path, epoch, None)
            return
        value = self.value(logs)
        if value is None:
            return
        if self.improved(value, self.best):
            # The best is noted when the file is there: one that could not be written must not count.
            if self._save(path, epoch, value):
                self.best = value
        elif self.speaks():
            best = "" if self.best is None else f" than {self.best:.5g}"
            say(f"Epoch {epoch + 1}: {self.monitor} {value:.5g} is no better{best}, not saved")

    def _save(self, path: Path, epoch: int, value: float | None) -> bool:
        note = {"epoch": epoch} | ({} if value is None else {"monitor": self.monitor, "value": value})
        save = self.model.save_weights if self.save_weights_only else self.model.save
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            save(path, metadata={"checkpoint": json.dumps(note)})
        except SavedModelError as e:
            if self.is_leader():
                logger.warning("Epoch %d: not saved, %s stays as it is: %s", epoch + 1, path, e)
            return False
        if self.speaks():
            say(f"Epoch {epoch + 1}: saved as {path}")
        return True

    def _path(self, logs: Logs, epoch: int, batch: int | None) -> Path:
        values = {**logs, "epoch": epoch + 1} | ({} if batch is None else {"batch": batch + 1})
        try:
            return Path(self.filepath.format(**values))
        except KeyError as e:
            raise not_logged("ModelCheckpoint", "filepath", str(e.args[0]), values) from e
        except (ValueError, IndexError) as e:
            raise ValueError(
                f"filepath {self.filepath!r} cannot be filled in ({e}); write {{epoch:02d}} or "
                f"{{val_loss:.2f}}, and {{{{ for a brace"
            ) from e


def placeholders(filepath: str) -> bool:
    """Return whether a path has parts to be filled in.

    >>> placeholders("{epoch:02d}.safetensors"), placeholders("best.safetensors")
    (True, False)
    """
    try:
        return any(name is not None for _, name, _, _ in Formatter().parse(filepath))
    except ValueError:
        return True


def recorded_value(path: str | os.PathLike[str], monitor: str) -> float | None:
    """Return the value of ``monitor`` that a saved model was the best for, None if there is none."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np") as file:
            note = json.loads((file.metadata() or {})["checkpoint"])
        return float(note["value"]) if note["monitor"] == monitor else None
    except (OSError, SafetensorError, KeyError, TypeError, ValueError):
        return None
