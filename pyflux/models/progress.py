"""What `fit`, `evaluate` and `predict` show while they run, by the argument ``verbose``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import numpy as np

from .._internal.console import notebook, say, terminal
from .._internal.progress_bar import ProgressBar
from .._internal.text import number

# A task shorter than this shows no bar, unless it was asked for.
PATIENCE = 0.5


class Progress:
    """Shows a training.

    Args:
        verbose: 0 for nothing; 1 for a bar an epoch, on stderr, or in a notebook on stdout; 2 for a line an
            epoch on stdout; ``"auto"`` for 1 on a terminal or in a notebook and 2 elsewhere.
        epochs: Number of the last epoch, None if it is not known.

    Raises:
        ValueError: ``verbose`` is none of these.

    >>> progress = Progress(verbose=2, epochs=3)
    >>> progress.begin(0, samples=100)
    >>> progress.advance(100, {"loss": 0.5})
    >>> progress.end(0, {"loss": 0.5, "val_loss": 0.0002}, seconds=1.25)
    Epoch 1/3 - 1.2s - loss: 0.5000 - val_loss: 2.0000e-04
    """

    def __init__(self, verbose: int | str | bool, epochs: int | None) -> None:
        self.verbose = level(verbose)
        self.epochs = epochs
        self._bar: ProgressBar | None = None

    def begin(self, epoch: int, samples: int | None) -> None:
        """Begin an epoch of ``samples`` samples; None if their number is unknown."""
        if self.verbose == 1:
            self._bar = ProgressBar(self._title(epoch), samples, stream())

    def advance(self, samples: int, logs: Mapping[str, Any]) -> None:
        """Note that ``samples`` more are done; ``logs`` are the means so far."""
        if self._bar is not None:
            self._bar.advance(samples, text(logs))

    def end(self, epoch: int, logs: Mapping[str, Any], seconds: float) -> None:
        """Show the results of an epoch, validation included."""
        if self._bar is not None:
            self._bar.finish(text(logs))
            self._bar = None
        elif self.verbose == 2:
            say(f"{self._title(epoch)} - {seconds:.1f}s - {text(logs)}")

    def close(self) -> None:
        """Leave the bar as it is, after an error."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _title(self, epoch: int) -> str:
        return f"Epoch {epoch + 1}" + (f"/{self.epochs}" if self.epochs else "")


class TaskProgress:
    """Shows an evaluation or a prediction; a context manager.

    Args:
        verbose: 0 for nothing, 1 for a bar, 2 for a line at the end; ``"auto"`` for a bar on a terminal or in
            a notebook that appears after half a second, and nothing elsewhere.
        title: Name of the task.
        samples: Number of samples, None if it is unknown.

    Raises:
        ValueError: ``verbose`` is none of these.

    >>> with TaskProgress(2, "evaluate", 100) as progress:
    ...     progress.advance(100)
    ...     progress.end({"loss": 0.5})  # doctest: +ELLIPSIS
    evaluate - 100/100 - ...s - loss: 0.5000
    """

    def __init__(self, verbose: int | str | bool, title: str, samples: int | None) -> None:
        chosen = level(verbose)
        automatic = isinstance(verbose, str)
        if automatic and chosen == 2:
            chosen = 0
        self.verbose = chosen
        self._bar = None
        if chosen:
            where = stream() if chosen == 1 else sys.stdout
            self._bar = ProgressBar(title, samples, where, delay=PATIENCE if automatic else 0.0)
            if chosen == 2:
                self._bar.redraws = False

    @property
    def active(self) -> bool:
        """Whether a bar moves, so that it is worthwhile to compute in parts."""
        return self._bar is not None and self._bar.redraws

    def advance(self, samples: int, logs: Mapping[str, Any] | None = None) -> None:
        """Note that ``samples`` more are done; ``logs`` are the means so far."""
        if self._bar is not None:
            self._bar.advance(samples, text(logs or {}))

    def end(self, logs: Mapping[str, Any] | None = None) -> None:
        """Show the results."""
        if self._bar is not None:
            self._bar.finish(text(logs or {}))
            self._bar = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def stream() -> Any:
    """Return where bars are drawn; None if there is no such stream."""
    return sys.stdout if notebook() else sys.stderr


def text(logs: Mapping[str, Any]) -> str:
    """Return quantities in one line.

    >>> text({"loss": 0.25, "learning_rate": 1e-4})
    'loss: 0.2500 - learning_rate: 1.0000e-04'
    """
    return " - ".join(f"{name}: {number(float(np.mean(value)))}" for name, value in logs.items())


def level(verbose: int | str | bool) -> int:
    """Return ``verbose`` as 0, 1 or 2.

    >>> level(True)
    1
    """
    if isinstance(verbose, str) and verbose == "auto":
        return 1 if notebook() or terminal(sys.stderr) else 2
    if isinstance(verbose, int | np.integer) and verbose in (0, 1, 2):
        return int(verbose)
    raise ValueError(f"verbose must be 0, 1, 2 or 'auto', got {verbose!r}")
