"""What `fit` shows while it runs: nothing, a bar, or a line an epoch, as Keras's ``verbose`` says."""

from __future__ import annotations

import sys
from typing import Any


class Progress:
    """Shows a training.

    Args:
        verbose: 0 for nothing, 1 for a bar an epoch on stderr, 2 for a line an epoch on stdout;
            ``"auto"`` is 1 in a terminal or a notebook and 2 elsewhere.
        epochs: Number of the last epoch.

    >>> Progress(verbose=0, epochs=1).verbose
    0
    """

    def __init__(self, verbose: int | str | bool, epochs: int) -> None:
        self.verbose = level(verbose)
        self.epochs = epochs
        self._bar: Any = None

    def begin(self, epoch: int, samples: int) -> None:
        """Begin an epoch of so many samples."""
        if self.verbose == 1:
            from tqdm.auto import tqdm  # imported here: it costs start-up time and is not always needed

            self._bar = tqdm(total=samples, desc=self._title(epoch), unit=" images", leave=True)

    def advance(self, samples: int, logs: dict[str, float]) -> None:
        """So many samples more are done; ``logs`` are the means so far."""
        if self._bar is not None:
            self._bar.set_postfix(logs, refresh=False)
            self._bar.update(samples)

    def end(self, epoch: int, logs: dict[str, float], seconds: float) -> None:
        """The epoch is over, validation included."""
        if self._bar is not None:
            self._bar.set_postfix(logs)
        self.close()
        if self.verbose == 2:
            numbers = " - ".join(f"{key}: {value:.4f}" for key, value in logs.items())
            print(f"{self._title(epoch)} - {seconds:.1f}s - {numbers}", flush=True)

    def close(self) -> None:
        """Leave the bar as it is: after an epoch, or after an error in one."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _title(self, epoch: int) -> str:
        return f"Epoch {epoch + 1}/{self.epochs}"


def level(verbose: int | str | bool) -> int:
    """Return ``verbose`` as 0, 1 or 2.

    >>> level(True)
    1
    """
    if verbose == "auto":
        return 1 if sys.stderr.isatty() or "ipykernel" in sys.modules else 2
    if verbose in (0, 1, 2):
        return int(verbose)
    raise ValueError(f"verbose must be 0, 1, 2 or 'auto', got {verbose!r}")
