"""What happens between the epochs of a training: early stopping, checkpoints, a log, other learning rates.

Callbacks are given to ``fit(callbacks=[…])``, which calls their methods; names, arguments and defaults are
Keras's. One difference: a quantity to watch that is not there is an error, since nothing would ever happen.
"""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._internal import validation

Logs = Mapping[str, float]

_MODES = ("auto", "min", "max")
# A quantity whose name has one of these in it is better when it is higher.
_HIGHER = ("acc", "auc", "top_k", "f1", "precision", "recall")


class Model(Protocol):
    """What callbacks need of a model."""

    stop_training: bool
    learning_rate: float

    def get_weights(self) -> list[NDArray[np.float32]]:
        """Return copies of the weights."""

    def set_weights(self, weights: Sequence[ArrayLike], /) -> None:
        """Replace the weights."""

    def save(self, path: str | os.PathLike[str], /) -> None:
        """Save the model as one file, which is either whole or not there."""


class Callback:
    """The base of all callbacks: its methods do nothing, a subclass has those it needs.

    ``fit`` calls them with the epoch's number, from 0, and ``logs``: the numbers of the epoch, such as
    ``loss``, ``accuracy``, ``val_loss``, ``val_accuracy`` and ``learning_rate``.

    Attributes:
        model: The model that is trained. ``model.stop_training = True`` ends the training after the epoch.

    >>> class Shout(Callback):
    ...     def on_epoch_end(self, epoch, logs=None):
    ...         print(f"EPOCH {epoch + 1}: {logs['loss']:.2f}!")
    >>> Shout().on_epoch_end(0, {"loss": 0.5})
    EPOCH 1: 0.50!
    """

    model: Model

    def set_model(self, model: Model) -> None:
        """Take the model that is about to be trained."""
        self.model = model

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """The training begins."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """The training is over, after its last epoch or an early stop."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """An epoch begins."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """An epoch is over, validation included."""


class _Monitor(Callback):
    """Watches one quantity and keeps the best value so far."""

    def __init__(self, monitor: str, mode: str, min_delta: float, verbose: int) -> None:
        if not isinstance(monitor, str):
            raise TypeError(f"monitor must be a name such as 'val_loss', got {monitor!r}")
        validation.choice("mode", mode, _MODES)
        higher = any(word in monitor.lower() for word in _HIGHER)
        self.monitor = monitor
        self.mode = ("max" if higher else "min") if mode == "auto" else mode
        self.min_delta = abs(validation.as_float("min_delta", min_delta))
        self.verbose = verbose
        self.forget()

    def forget(self) -> None:
        """Begin anew: nothing was seen yet, so that anything is better."""
        self.best = math.inf if self.mode == "min" else -math.inf

    def better(self, value: float, than: float) -> bool:
        """Whether ``value`` is better by more than ``min_delta``; NaN never is."""
        gain = than - value if self.mode == "min" else value - than
        return gain > self.min_delta

    def value(self, logs: Logs | None) -> float:
        """Return the watched quantity's value in this epoch."""
        return _logged(type(self).__name__, "monitor", self.monitor, logs)

    def say(self, epoch: int, what: str) -> None:
        """Print a line if ``verbose`` asks for it."""
        if self.verbose:
            _say(epoch, what)


class EarlyStopping(_Monitor):
    """Ends a training that gets no better.

    Args:
        monitor: The quantity to watch.
        min_delta: What it must gain at least to count as better.
        patience: Epochs in a row without a gain after which the training ends, at least 0; 0 and 1 both end
            it with the first such epoch.
        verbose: 1 for a line when it acts.
        mode: ``"min"`` if lower is better, ``"max"`` if higher is; ``"auto"`` goes by the name: higher for
            accuracy and its like, lower for the rest.
        baseline: A value to be beaten: gains that stay behind it do not reset the patience.
        restore_best_weights: Whether the model gets the weights of the best epoch back at the end of the
            training, stopped or not.
        start_from_epoch: Epochs at the beginning that are not looked at.

    Attributes:
        best: The best value so far.
        best_epoch: Its epoch, from 0.
        stopped_epoch: The epoch after which the training was ended; 0 if it was not.

    Raises:
        TypeError: An argument is of the wrong kind.
        ValueError: An argument is out of its range; in ``fit``, the quantity is not there.

    >>> stop = EarlyStopping(patience=3, restore_best_weights=True)
    >>> stop.mode
    'min'
    >>> model.fit(x, y, epochs=100, validation_split=0.1, callbacks=[stop])  # doctest: +SKIP
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        self.patience = validation.as_int("patience", patience, minimum=0)
        self.baseline = None if baseline is None else validation.as_float("baseline", baseline)
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = validation.as_int("start_from_epoch", start_from_epoch, minimum=0)
        super().__init__(monitor, mode, min_delta, verbose)

    def forget(self) -> None:
        """Begin anew."""
        super().forget()
        self.best_epoch = self.stopped_epoch = self.wait = 0
        self.best_weights: list[NDArray[np.float32]] | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Begin anew, so that one object serves several trainings."""
        self.forget()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Compare with the best so far, and end the training if the patience is over."""
        value = self.value(logs)
        if epoch < self.start_from_epoch:
            return
        self.wait += 1
        better = self.better(value, self.best)
        # The first epoch counts as the best even if its value is NaN: there must be weights to go back to.
        if better or (self.restore_best_weights and self.best_weights is None):
            self._keep(epoch)
        if better:
            self.best = value
            if self.baseline is None or self.better(value, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch, self.model.stop_training = epoch, True

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Give the model its best weights back, if that was asked for."""
        if self.stopped_epoch:
            self.say(self.stopped_epoch, f"{self.monitor} got no better, training ended early")
        if self.best_weights is not None:
            self.model.set_weights(self.best_weights)
            self.say(self.best_epoch, "the best weights, restored")

    def _keep(self, epoch: int) -> None:
        self.best_epoch = epoch
        if self.restore_best_weights:
            self.best_weights = self.model.get_weights()


class ModelCheckpoint(_Monitor):
    """Saves the model after each epoch, or after each that is the best so far.

    A file is written beside its place and then renamed: what was there stays whole until then.

    Args:
        filepath: Where to. It may hold ``{epoch}``, from 1, and the epoch's quantities, each with a format:
            ``"runs/{epoch:02d}-{val_loss:.2f}.safetensors"``. Missing folders are made.
        monitor: The quantity that says what is best; looked at only with ``save_best_only``.
        verbose: 1 for a line when it saves.
        save_best_only: Whether an epoch that is no better than the best before is not saved.
        mode: ``"min"``, ``"max"`` or ``"auto"``, as for `EarlyStopping`.

    Attributes:
        best: The best value so far. It outlives the end of a training: one that goes on does not overwrite a
            better model.

    Raises:
        TypeError: An argument is of the wrong kind.
        ValueError: An argument is out of its range; in ``fit``, a quantity is not there.
        OSError: The file cannot be written.

    >>> keep = ModelCheckpoint("best.safetensors", monitor="val_accuracy", save_best_only=True)
    >>> keep.mode
    'max'
    """

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        mode: str = "auto",
    ) -> None:
        self.filepath = os.fspath(filepath)
        self.save_best_only = save_best_only
        super().__init__(monitor, mode, 0.0, verbose)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Save the model, if it is to be saved."""
        path = self._path(epoch, logs or {})
        if self.save_best_only:
            value = self.value(logs)
            if not self.better(value, self.best):
                self.say(epoch, f"{self.monitor} {value:.5g} is no better than {self.best:.5g}, not saved")
                return
            # Noted after the file is there: one that could not be written is no best to hold on to.
            self._save(path)
            self.best = value
        else:
            self._save(path)
        self.say(epoch, f"saved as {path}")

    def _save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.model.save(path)

    def _path(self, epoch: int, logs: Logs) -> Path:
        values = {**logs, "epoch": epoch + 1}
        try:
            return Path(self.filepath.format(**values))
        except KeyError as e:
            raise _missing("ModelCheckpoint", "filepath", str(e.args[0]), values) from e
        except (ValueError, IndexError) as e:
            raise ValueError(
                f"filepath {self.filepath!r} cannot be filled in ({e}); write {{epoch:02d}} or "
                f"{{val_loss:.2f}}, and {{{{ for a brace"
            ) from e


class CSVLogger(Callback):
    """Writes a line an epoch into a CSV file, at once, so that a crash loses nothing.

    The columns are ``epoch``, from 0, and the quantities in alphabetical order. What an epoch does not have
    is ``NA``.

    Args:
        filename: The file. Its folder must be there.
        separator: What stands between two values, one character.
        append: Whether to go on with a file that is there instead of beginning it anew.

    Raises:
        TypeError, ValueError: ``separator`` is not one character; in ``fit``, a quantity has no column.
        OSError: The file cannot be written.

    >>> import tempfile
    >>> log = CSVLogger(Path(tempfile.mkdtemp()) / "log.csv")
    >>> log.on_train_begin()
    >>> log.on_epoch_end(0, {"loss": 0.5, "accuracy": 0.75})
    >>> print(log.filename.read_text(), end="")
    epoch,accuracy,loss
    0,0.75,0.5
    """

    def __init__(self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False) -> None:
        if not isinstance(separator, str):
            raise TypeError(f"separator must be one character, got {separator!r}")
        if len(separator) != 1:
            raise ValueError(f"separator must be one character, got {separator!r}")
        self.filename = Path(filename)
        self.separator = separator
        self.append = append
        self._columns: list[str] = []

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Begin the file, or read the columns of the one that is there."""
        self._columns = []
        # The file is opened for each line and never held open: an error in fit leaves nothing to close.
        with self.filename.open("a+" if self.append else "w+", encoding="utf-8", newline="") as file:
            file.seek(0)
            self._columns = next(csv.reader(file, delimiter=self.separator), [])

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Write the epoch's line, and before the first one the names of the columns."""
        values: dict[str, Any] = {"epoch": epoch, **(logs or {})}
        begun = bool(self._columns)
        columns = self._columns or ["epoch", *sorted(set(values) - {"epoch"})]
        extra = sorted(set(values) - set(columns))
        if extra:
            raise ValueError(
                f"CSVLogger: {self.filename} has no column for {', '.join(extra)}, it has "
                f"{', '.join(columns)}; name another file, or use append=False"
            )
        with self.filename.open("a", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter=self.separator, lineterminator="\n")
            if not begun:
                writer.writerow(columns)
            writer.writerow([values.get(column, "NA") for column in columns])
        self._columns = columns


class TerminateOnNaN(Callback):
    """Ends the training after an epoch whose loss is NaN or infinite, and says so.

    >>> TerminateOnNaN().on_epoch_end(0, {"loss": 0.5})
    """

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Look at the loss."""
        loss = _logged("TerminateOnNaN", "loss", "loss", logs)
        if not math.isfinite(loss):
            self.model.stop_training = True
            _say(epoch, f"the loss is {loss}, training ended; a lower learning rate may help")


class ReduceLROnPlateau(_Monitor):
    """Lowers the learning rate of a training that gets no better.

    Args:
        monitor: The quantity to watch.
        factor: What the learning rate is multiplied by, greater than 0 and less than 1.
        patience: Epochs in a row without a gain after which it is lowered, at least 0.
        verbose: 1 for a line when it acts.
        mode: ``"min"``, ``"max"`` or ``"auto"``, as for `EarlyStopping`.
        min_delta: What the quantity must gain at least to count as better.
        cooldown: Epochs after a lowering in which no epoch counts as one without a gain.
        min_lr: The learning rate does not go below it; at least 0.

    Raises:
        TypeError: An argument is of the wrong kind.
        ValueError: An argument is out of its range; in ``fit``, the quantity is not there.

    >>> ReduceLROnPlateau(factor=0.5, patience=3).min_lr
    0.0
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        self.factor = validation.as_float("factor", factor, above=0, below=1)
        self.patience = validation.as_int("patience", patience, minimum=0)
        self.cooldown = validation.as_int("cooldown", cooldown, minimum=0)
        self.min_lr = validation.as_float("min_lr", min_lr)
        if self.min_lr < 0:
            raise ValueError(f"min_lr must be at least 0, got {self.min_lr:g}")
        super().__init__(monitor, mode, min_delta, verbose)

    def forget(self) -> None:
        """Begin anew."""
        super().forget()
        self.wait = self.cooling = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Begin anew, so that one object serves several trainings."""
        self.forget()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Compare with the best so far, and lower the learning rate if the patience is over."""
        value = self.value(logs)
        if self.cooling:
            self.cooling -= 1
            self.wait = 0
        if self.better(value, self.best):
            self.best, self.wait = value, 0
        elif not self.cooling:
            self.wait += 1
            if self.wait >= self.patience:
                self._lower(epoch)

    def _lower(self, epoch: int) -> None:
        if self.model.learning_rate <= self.min_lr:
            return
        self.model.learning_rate = max(self.model.learning_rate * self.factor, self.min_lr)
        self.cooling, self.wait = self.cooldown, 0
        self.say(epoch, f"learning rate lowered to {self.model.learning_rate:.5g}")


class LearningRateScheduler(Callback):
    """Sets the learning rate of each epoch; `pyflux.schedules` has those that change with each batch.

    Args:
        schedule: A function of the epoch's number, from 0, and the learning rate so far, that returns the new
            one, greater than 0.
        verbose: 1 for a line an epoch.

    Raises:
        TypeError: ``schedule`` is no function; in ``fit``, it returned no number.
        ValueError: In ``fit``, it returned a number that is not above 0 or not finite.

    >>> halve = LearningRateScheduler(lambda epoch, lr: lr / 2 if epoch >= 10 else lr)
    """

    def __init__(self, schedule: Callable[[int, float], float], verbose: int = 0) -> None:
        self.schedule = _function("schedule", schedule)
        self.verbose = verbose

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Set the learning rate."""
        rate = self.model.learning_rate
        result = self.schedule(epoch, rate)
        self.model.learning_rate = validation.as_float(
            f"what schedule({epoch}, {rate:g}) returns", result, above=0
        )
        if self.verbose:
            _say(epoch, f"learning rate set to {self.model.learning_rate:.5g}")


class LambdaCallback(Callback):
    """Calls functions of yours.

    Args:
        on_epoch_begin: Called with ``(epoch, logs)``.
        on_epoch_end: Called with ``(epoch, logs)``.
        on_train_begin: Called with ``(logs)``.
        on_train_end: Called with ``(logs)``.

    Raises:
        TypeError: One of them is no function.

    >>> show = LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch, logs["loss"]))
    >>> show.on_epoch_end(3, {"loss": 0.25})
    3 0.25
    """

    def __init__(
        self,
        on_epoch_begin: Callable[[int, Logs], object] | None = None,
        on_epoch_end: Callable[[int, Logs], object] | None = None,
        on_train_begin: Callable[[Logs], object] | None = None,
        on_train_end: Callable[[Logs], object] | None = None,
    ) -> None:
        given = {
            "on_epoch_begin": on_epoch_begin, "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin, "on_train_end": on_train_end,
        }  # fmt: skip
        self._given = {name: _function(name, value) for name, value in given.items() if value is not None}

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Call the function, if there is one."""
        self._call("on_epoch_begin", epoch, logs or {})

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Call the function, if there is one."""
        self._call("on_epoch_end", epoch, logs or {})

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Call the function, if there is one."""
        self._call("on_train_begin", logs or {})

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Call the function, if there is one."""
        self._call("on_train_end", logs or {})

    def _call(self, name: str, *arguments: object) -> None:
        if name in self._given:
            self._given[name](*arguments)


def _function(argument: str, value: Any) -> Any:
    if not callable(value):
        raise TypeError(f"{argument} must be a function, got {value!r}")
    return value


def _logged(callback: str, argument: str, name: str, logs: Logs | None) -> float:
    """Return a quantity of the epoch; an error says what there is instead."""
    if not logs or name not in logs:
        raise _missing(callback, argument, name, logs or {})
    return float(logs[name])


def _missing(callback: str, argument: str, name: str, known: Mapping[str, Any]) -> ValueError:
    hint = validation.nearest(name, known)
    if name.startswith("val_") and not any(key.startswith("val_") for key in known):
        hint = "; give fit() validation_split= or validation_data="
    return ValueError(
        f"{callback}: {argument} names {name!r}, which the epoch does not have{hint}; "
        f"there are: {', '.join(known) or 'none'}"
    )


def _say(epoch: int, what: str) -> None:
    print(f"Epoch {epoch + 1}: {what}", flush=True)
