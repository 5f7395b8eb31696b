"""Continue a training that was interrupted."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._internal import validation
from .._internal.console import say
from .._internal.safetensors_file import read_safetensors
from ..errors import SavedModelError
from .callback import Callback, Logs
from .save_frequency import SaveFrequency
from .state import join_arrays, split_arrays

logger = logging.getLogger(__name__)

# A state is written as NEW, and gets its name when it is complete: the epoch and the batch to go on with.
_NEW, _STATE, _STATES = "new.safetensors", "state-{:06d}-{:09d}.safetensors", "state-*.safetensors"
_PREFIX = "callbacks/"


class BackupAndRestore(Callback):
    """Saves the state of training after each epoch, and continues from there if training was interrupted.

    The next `fit` with the same folder begins with the epoch after the one that was saved last: with the
    model's weights, the state of the optimizer, the learning rate, and the state of the other callbacks, such
    as the patience of `EarlyStopping`, the best value of `ModelCheckpoint`, and the `History`. The data, the
    batch size and the network must be the same; then the result is that of a training without interruption,
    bit for bit where training is reproducible. A training that a callback had stopped is not taken up again.

    Each state is one file, which is complete or not there. Weights that are not finite are not saved: a
    warning is logged.

    Args:
        backup_dir: Folder for the files, made if it is missing. Give each training its own.
        save_freq: ``"epoch"``, or a number of batches after which to save each time. Training then continues
            with the next batch of the epoch.
        double_checkpoint: The same as ``keep=2``.
        delete_checkpoint: Whether to delete the files when training ends.
        keep: How many states to keep, 1 by default. If the latest cannot be read, the one before it is taken.

    Raises:
        TypeError, ValueError: An argument is out of its range.
        SavedModelError: In `fit`, the saved states are damaged or belong to another network or other data.
        OSError: In `fit`, a file cannot be read or written.

    >>> backup = BackupAndRestore("runs/1/backup", keep=3)
    >>> model.fit(x, y, epochs=100, callbacks=[backup])  # doctest: +SKIP
    """

    def __init__(
        self,
        backup_dir: str | os.PathLike[str],
        save_freq: int | str = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
        *,
        keep: int | None = None,
    ) -> None:
        if not os.fspath(backup_dir):
            raise ValueError("backup_dir must name a folder, got an empty path")
        self.backup_dir = Path(backup_dir).expanduser()
        self.save_freq = save_freq
        self.double_checkpoint = double_checkpoint
        self.delete_checkpoint = delete_checkpoint
        self.keep = 1 + bool(double_checkpoint) if keep is None else validation.as_int("keep", keep)
        self._frequency = SaveFrequency(save_freq)
        self._callbacks: Sequence[Callback] = ()
        self._epoch = 0

    def every_batch(self, phase: str) -> bool:
        """Return whether it saves within epochs."""
        return phase == "train" and self.save_freq != "epoch"

    def set_callbacks(self, callbacks: Sequence[Callback]) -> None:
        """Take the callbacks whose state is saved too."""
        self._callbacks = [callback for callback in callbacks if callback is not self]

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Take over the latest saved state that can be read, if there is one."""
        self.initial_epoch = self.initial_batch = None
        first_error: SavedModelError | None = None
        damaged = []
        for path in reversed(states(self.backup_dir)):
            try:
                self._restore(path)
            except SavedModelError as e:
                logger.warning("%s is passed over: %s", path, e)
                first_error = first_error or e
                damaged.append(path)
                continue
            if self.is_leader():
                for newer in damaged:  # it must not be taken for the latest once training has passed it
                    os.replace(newer, newer.with_suffix(".damaged"))
            return
        if first_error is not None:
            raise first_error

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Note the epoch."""
        self._epoch = epoch
        self._frequency.begin_epoch()

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Save the state if enough batches have passed."""
        if self._frequency.is_due(batch):
            self._save(self._epoch, batch + 1)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Save the state."""
        if self.save_freq == "epoch" or self.model.stop_training:
            self._save(epoch + 1, 0)

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Delete the files: training is complete."""
        if self.delete_checkpoint and self.is_leader():
            self.delete()

    def delete(self) -> None:
        """Delete the saved states, and the folder if nothing else is in it."""
        if not self.backup_dir.is_dir():
            return
        for path in (*states(self.backup_dir), self.backup_dir / _NEW):
            path.unlink(missing_ok=True)
        if not any(self.backup_dir.iterdir()):
            self.backup_dir.rmdir()

    def _save(self, epoch: int, batch: int) -> None:
        plain, arrays = split_arrays([[type(c).__name__, c.get_state()] for c in self._callbacks])
        note = {
            "epoch": epoch,
            "batch": batch,
            "steps": self.params.get("steps"),
            "stopped": bool(self.model.stop_training),
            "callbacks": plain,
        }
        if self.is_leader():
            self.backup_dir.mkdir(parents=True, exist_ok=True)
        new, path = self.backup_dir / _NEW, self.backup_dir / _STATE.format(epoch, batch)
        try:
            self.model.save(
                new,
                metadata={"backup": json.dumps(note)},
                arrays={_PREFIX + name: array for name, array in arrays.items()},
            )
        except SavedModelError as e:
            if self.is_leader():
                logger.warning("Epoch %d: not saved in %s: %s", self._epoch + 1, self.backup_dir, e)
            return
        if self.is_leader():
            os.replace(new, path)
            for old in states(self.backup_dir)[: -self.keep]:
                old.unlink(missing_ok=True)

    def _restore(self, path: Path) -> None:
        note, arrays = read_note(path)
        steps = self.params.get("steps")
        if note["batch"] and note["steps"] != steps:
            raise SavedModelError(
                f"{path} is in the middle of an epoch of {note['steps']} batches, and an epoch has {steps} "
                f"now; give the same data and batch size, or delete {self.backup_dir} to start over"
            )
        saved = join_arrays(note["callbacks"], arrays)
        self.model.restore(path)
        waiting = list(self._callbacks)
        for name, state in saved:
            callback = next((c for c in waiting if type(c).__name__ == name), None)
            if callback is not None:
                callback.set_state(state)
                waiting.remove(callback)
        self.initial_epoch, self.initial_batch = note["epoch"], note["batch"] or None
        self.model.stop_training = note["stopped"]
        if self.params.get("verbose") and self.is_leader():
            say(f"Continuing from epoch {note['epoch'] + 1} of {path}")


def states(folder: Path) -> list[Path]:
    """Return the files of the states in a folder, the latest last."""
    return sorted(folder.glob(_STATES))


def read_note(path: Path) -> tuple[dict[str, Any], Mapping[str, NDArray[Any]]]:
    """Return what `BackupAndRestore` noted in a saved model, and the arrays of the callbacks.

    Raises:
        SavedModelError: The file is damaged, or was not written by `BackupAndRestore`.
    """
    try:
        tensors, metadata = read_safetensors(path)
        note = json.loads(metadata["backup"])
        for name in ("epoch", "batch"):
            validation.as_int(name, note[name], minimum=0)
        if not isinstance(note["stopped"], bool) or not isinstance(note["callbacks"], list):
            raise ValueError("its note of the training is not understood")
        for name, state in note["callbacks"]:
            if not isinstance(name, str) or not isinstance(state, dict):
                raise ValueError("the states of its callbacks are not understood")
        note.setdefault("steps", None)
    except (OSError, KeyError, TypeError, ValueError, RecursionError) as e:
        raise SavedModelError(f"{path} holds no state of a training ({e}); delete it to start over") from e
    arrays = {
        name.removeprefix(_PREFIX): np.array(a) for name, a in tensors.items() if name.startswith(_PREFIX)
    }
    return dict(note), arrays
