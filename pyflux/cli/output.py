"""What the commands print: reports for people, and JSON for programs."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._internal import console
from ..train_mnist import TrainingResult

Report = dict[str, Any]


def show(line: str) -> None:
    """Print a line on stdout, in ASCII where the stream has no more."""
    console.echo(line, sys.stdout)


def note(line: str) -> None:
    """Print a line on stderr: progress, warnings and errors, which are not the command's result."""
    console.echo(line, sys.stderr)


def show_json(report: Report) -> None:
    """Print a report as one line of JSON, with null for numbers that are not finite."""
    show(json.dumps(_finite(report), allow_nan=False))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def verbosity(quiet: bool, as_json: bool) -> int | str:
    """Return ``verbose`` for `fit`; with JSON on stdout there is a bar on a terminal's stderr, or nothing."""
    if quiet:
        return 0
    if as_json:
        return 1 if console.terminal(sys.stderr) else 0
    return "auto"


@contextmanager
def stdout_to_stderr() -> Iterator[None]:
    """Send what is printed on stdout to stderr for a while, so that JSON has stdout to itself.

    What other programs and libraries write is included: Julia's package manager reports its progress there.
    """
    try:
        standard = sys.stdout.fileno() == 1
    except (AttributeError, OSError, ValueError):  # no console, a closed stream, or a stand-in without a file
        standard = False
    with redirect_stdout(sys.stderr):
        if not standard:
            yield
            return
        kept = os.dup(1)
        try:
            _redirect(1, to=2)
            yield
        finally:
            os.dup2(kept, 1)
            os.close(kept)


def flush() -> None:
    """Write out what stdout holds, so that a closed pipe or a full disk is noticed here."""
    if sys.stdout is not None:
        sys.stdout.flush()


def discard() -> None:
    """Send stdout to nowhere: the flush at Python's exit must not fail again on a closed pipe."""
    with suppress(AttributeError, OSError, ValueError):
        _redirect(sys.stdout.fileno(), to=None)


def _redirect(descriptor: int, to: int | None) -> None:
    """Let a file descriptor write where another one does, or to nowhere if that one is None or closed."""
    try:
        if to is not None:
            os.dup2(to, descriptor)
            return
    except OSError:
        pass
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, descriptor)
    os.close(null)


# ── Reports ──────────────────────────────────────────────────────────────────────────────────────────────


def training_report(result: TrainingResult) -> Report:
    """Return a training's result as plain data."""
    return {
        "dataset": result.dataset,
        "engine": result.engine,
        "versions": result.versions,
        "seed": result.seed,
        "history": result.history.history,
        "seconds_per_epoch": list(result.seconds_per_epoch),
        "test_loss": result.test_loss,
        "test_accuracy": result.test_accuracy,
        "confusion_matrix": result.confusion_matrix.tolist(),
    }


def show_training(report: Report) -> None:
    """Print how a training went."""
    show_evaluation(report)
    seconds = report["seconds_per_epoch"]
    versions = ", ".join(f"{k} {v}" for k, v in report["versions"].items())
    pace = f"{sum(seconds) / len(seconds):.1f} s an epoch" if seconds else "no epoch trained"
    show(f"\n{pace} ({versions}), seed {report['seed']}")
    if report.get("saved"):
        show(f"saved to {report['saved']}")
    if report.get("report"):
        show(f"report in {report['report']}")


def show_evaluation(report: Report) -> None:
    """Print the accuracy and the confusion matrix."""
    show(f"\n{report['dataset']} with engine {report['engine']}")
    show(f"test accuracy {report['test_accuracy']:.2%}, test loss {report['test_loss']:.4f}\n")
    show("confusion matrix (rows: true class, columns: predicted class):")
    show(table(np.array(report["confusion_matrix"])))


def table(matrix: NDArray[Any]) -> str:
    """Return a matrix of counts, rows and columns labelled by class.

    >>> print(table(np.array([[9, 1], [0, 10]])))
            0   1
      0     9   1
      1     ·  10
    """
    width = max(3, len(str(matrix.max())) + 1) if matrix.size else 3
    head = " " * 5 + "".join(f"{j:>{width + 1}}" for j in range(len(matrix)))
    rows = [
        f"{i:>3}  " + "".join(f"{n or '·':>{width + 1}}" for n in row)
        for i, row in enumerate(matrix.tolist())
    ]
    return "\n".join([head, *rows])


def picture(image: NDArray[np.uint8]) -> str:
    """Return a grey image as characters, two for each pixel of every second row and column.

    >>> picture(np.array([[0, 128, 255]], np.uint8))
    '  @@'
    """
    shades = " .:-=+*#%@"
    return "\n".join("".join(2 * shades[int(v) * 10 // 256] for v in row) for row in image[::2, ::2])


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, or the error's class where it has none."""
    lines = str(error).splitlines()
    return lines[0] if lines else type(error).__name__
