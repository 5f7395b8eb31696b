"""Options that several commands share, and the conversion of what is typed into checked values."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any, TypeVar

from .._internal import validation
from ..engines import ENGINES
from ..train_mnist import GREY_DATASETS

T = TypeVar("T")


def add_common_options(parser: argparse.ArgumentParser, default: Any) -> None:
    """Add what every command takes, and the program too, before the command.

    With ``argparse.SUPPRESS`` as the default a command leaves alone what was given before it.
    """
    parser.add_argument(
        "--json", action="store_true", default=default, help="print one JSON object instead of text"
    )
    parser.add_argument(
        "-v", "--verbose", action="store_true", default=default,
        help="show everything that Julia prints, and the traceback of an error (as PYFLUX_VERBOSE=1)",
    )  # fmt: skip


def add_training_options(parser: argparse.ArgumentParser, epochs: str, batch_size: str) -> None:
    """Add what every training takes; ``epochs`` and ``batch_size`` describe the defaults."""
    parser.add_argument(
        "--epochs", type=integer("epochs"), metavar="N", help=f"passes over the training images ({epochs})"
    )
    parser.add_argument(
        "--batch-size", type=integer("batch_size"), metavar="N", help=f"images per step ({batch_size})"
    )
    parser.add_argument("--seed", type=seed, metavar="N", help="makes the run reproducible (random)")
    add_quiet(parser)


def add_quiet(parser: argparse.ArgumentParser) -> None:
    """Add whether progress is shown."""
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def add_data_options(parser: argparse.ArgumentParser) -> None:
    """Add the choice of the data set and where its files are."""
    parser.add_argument("--dataset", choices=GREY_DATASETS, default="mnist", help="data set (mnist)")
    add_data_dir(parser)


def add_data_dir(parser: argparse.ArgumentParser) -> None:
    """Add where the files of the data set are."""
    parser.add_argument(
        "--data-dir", metavar="DIR", help="folder that has the files (downloaded once and cached)"
    )


def add_engine_options(parser: argparse.ArgumentParser) -> None:
    """Add the choice of the engine and the device."""
    parser.add_argument(
        "--engine", choices=ENGINES, default="flux", help="flux (Julia) or reference (NumPy) (flux)"
    )
    parser.add_argument(
        "--device", type=device, default="auto", metavar="D",
        help="auto, cpu, gpu, or a numbered GPU such as gpu:1 (auto)",
    )  # fmt: skip


# ── Types: text in, a checked value out ──────────────────────────────────────────────────────────────────


def integer(argument: str, minimum: int = 1) -> Callable[[str], int]:
    """Return an argparse type for integers from ``minimum``."""

    def parse(text: str) -> int:
        return _checked(lambda: validation.as_int(argument, _number(int, text), minimum=minimum))

    return parse


def positive_float(argument: str) -> Callable[[str], float]:
    """Return an argparse type for finite numbers above 0."""

    def parse(text: str) -> float:
        return _checked(lambda: validation.as_float(argument, _number(float, text), above=0))

    return parse


def seed(text: str) -> int:
    """Return a seed."""
    return _checked(lambda: validation.as_seed("seed", _number(int, text)))


def device(text: str) -> str:
    """Return the name of a device."""
    return _checked(lambda: validation.device(text))


def validation_size(text: str) -> int | float:
    """Return a number of images, or a fraction in [0, 1) of them."""
    number: Any = _number(int, text)
    if isinstance(number, int):
        return _checked(lambda: validation.as_int("validation", number, minimum=0))
    return _checked(lambda: validation.fraction("validation", _number(float, text)))


def _number(kind: Callable[[str], Any], text: str) -> Any:
    """Return the number that a text stands for, or the text, which validation then refuses."""
    try:
        return kind(text)
    except ValueError:
        return text


def _checked(check: Callable[[], T]) -> T:
    """Return what a check returns, with its error as argparse wants it."""
    try:
        return check()
    except (TypeError, ValueError) as e:
        raise argparse.ArgumentTypeError(str(e)) from e
