"""Continue a training that was interrupted."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from .._internal.files import atomic_write
from .._internal.safetensors_file import write_safetensors
from ..errors import SavedModelError
from .callback import Callback, Logs
from .save_frequency import SaveFrequency
from .state import join_arrays, split_arrays

logger = logging.getLogger(__name__)

_LATEST, _PREVIOUS, _NEW = "latest.safetensors", "previous.safetensors", "new.safetensors"
_ARRAYS = "callbacks-*.safetensors"


class BackupAndRestore(Callback):
    """Saves the state of training after each epoch, and continues from there if training was interrupted.

    The next `fit` with the same folder begins with the epoch after the one that was saved last: with the
    model's weights, the state of the optimizer, the learning rate, and the state of the other callbacks, such
    as the patience of `EarlyStopping` and the best value of `ModelCheckpoint`. The data, the batch size and
    the network must be the same; then the result is that of a training without interruption. When training
    ends, the files are deleted.

    The saved state is one file, which is replaced at once; what was saved before stays until then. Weights
    that are not finite are not saved: a warning is logged.

    Args:
        backup_dir: Folder for the files, made if it is missing. Give each training its own.
        save_freq: ``"epoch"``, or a number of batches after which to save each time. Training then continues
            with the next batch of the epoch; the means in its logs are over the rest of the epoch.
        double_checkpoint: Whether to keep the state before the last one too, and to continue from there if
            the last one cannot be read.
        delete_checkpoint: Whether to delete the files when training ends.

    Raises:
        TypeError, ValueError: An argument is out of its range.
        SavedModelError: In `fit`, the saved state is damaged or belongs to another network.
        OSError: In `fit`, a file cannot be read or written.

    >>> backup = BackupAndRestore("runs/1/backup")
    >>> model.fit(x, y, epochs=100, callbacks=[backup])  # doctest: +SKIP
    """

    def __init__(
        self,
        backup_dir: str | os.PathLike[str],
        save_freq: int | str = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ) -> None:
        if not os.fspath(backup_dir):
            raise ValueError("backup_dir must name a folder, got an empty path")
        self.backup_dir = Path(backup_dir).expanduser()
        self.save_freq = save_freq
        self.double_checkpoint = double_checkpoint
        self.delete_checkpoint = delete_checkpoint
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
        """Take over the saved state, if there is one."""
        self.initial_epoch = self.initial_batch = None
        latest, previous = self.backup_dir / _LATEST, self.backup_dir / _PREVIOUS
        if not previous.exists():
            self._restore(latest)
            return
        try:
            self._restore(latest if latest.exists() else previous)
        except SavedModelError as e:
            logger.warning("%s cannot be read, continuing from %s: %s", latest, previous, e)
            self._restore(previous)
            latest.unlink(missing_ok=True)  # it must not take the place of the good one

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
        if self.save_freq == "epoch":
            self._save(epoch + 1, 0)

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Delete the files: training is complete."""
        if not self.delete_checkpoint or not self.is_leader() or not self.backup_dir.is_dir():
            return
        for pattern in (_LATEST, _PREVIOUS, _NEW, _ARRAYS):
            for path in self.backup_dir.glob(pattern):
                path.unlink(missing_ok=True)
        if not any(self.backup_dir.iterdir()):
            self.backup_dir.rmdir()

    def _save(self, epoch: int, batch: int) -> None:
        if self.is_leader():
            self.backup_dir.mkdir(parents=True, exist_ok=True)
        states = [[type(callback).__name__, callback.get_state()] for callback in self._callbacks]
        plain, arrays = split_arrays(states)
        note = {"epoch": epoch, "batch": batch, "callbacks": plain, "arrays": None}
        if arrays:
            note["arrays"] = _ARRAYS.replace("*", f"{epoch}-{batch}")
            if self.is_leader():
                with atomic_write(self.backup_dir / str(note["arrays"])) as file:
                    write_safetensors(file, arrays, {})
        latest = self.backup_dir / _LATEST
        new = self.backup_dir / _NEW if self.double_checkpoint else latest
        try:
            self.model.save(new, metadata={"backup": json.dumps(note)})
        except SavedModelError as e:
            if self.is_leader():
                logger.warning("Epoch %d: not saved, %s stays as it is: %s", self._epoch + 1, latest, e)
            return
        if not self.is_leader():
            return
        if self.double_checkpoint:
            if latest.exists():
                os.replace(latest, self.backup_dir / _PREVIOUS)
            os.replace(new, latest)
        self._delete_unused_arrays()

    def _delete_unused_arrays(self) -> None:
        used = set()
        for path in (self.backup_dir / _LATEST, self.backup_dir / _PREVIOUS):
            if path.exists():
                used.add(read_note(path)["arrays"])
        for path in self.backup_dir.glob(_ARRAYS):
            if path.name not in used:
                path.unlink(missing_ok=True)

    def _restore(self, path: Path) -> None:
        if not path.exists():
            return
        note = read_note(path)
        states = join_arrays(note["callbacks"], self._arrays(note))
        self.model.restore(path)
        self.initial_epoch, self.initial_batch = note["epoch"], note["batch"] or None
        waiting = list(self._callbacks)
        for name, state in states:
            callback = next((c for c in waiting if type(c).__name__ == name), None)
            if callback is not None:
                callback.set_state(state)
                waiting.remove(callback)

    def _arrays(self, note: dict[str, Any]) -> dict[str, NDArray[Any]]:
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        if note["arrays"] is None:
            return {}
        path = self.backup_dir / Path(note["arrays"]).name
        try:
            return load_file(path)
        except (OSError, SafetensorError) as e:
            raise SavedModelError(
                f"{path} cannot be read ({e}); delete {self.backup_dir} to start over"
            ) from e


def read_note(path: Path) -> dict[str, Any]:
    """Return what `BackupAndRestore` noted in a saved model.

    Raises:
        SavedModelError: The file is damaged, or was not written by `BackupAndRestore`.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np") as file:
            note = json.loads((file.metadata() or {})["backup"])
        whole = all(isinstance(note[name], int) and note[name] >= 0 for name in ("epoch", "batch"))
        if not whole or not isinstance(note["arrays"], str | None):
            raise ValueError("its note of the epoch is not understood")
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as e:
        raise SavedModelError(f"{path} holds no state of a training ({e}); delete it to start over") from e
    return dict(note)
