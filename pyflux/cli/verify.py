"""``pyflux verify``: train again what a saved model remembers, and compare the weights."""

from __future__ import annotations

import argparse

from ..verify import verify
from . import options, output
from .output import Report

HELP = "train a saved model again, and say whether the weights are the same"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own options."""
    parser.add_argument("model", metavar="MODEL", help="a file that `pyflux train --save` wrote")
    options.add_data_dir(parser)
    options.add_quiet(parser)


def run(a: argparse.Namespace) -> Report:
    """Repeat the training."""
    found = verify(a.model, data_dir=a.data_dir, verbose=output.verbosity(a.quiet, a.json))
    return {
        "model": a.model,
        "same": found.same,
        "largest_difference": found.largest_difference,
        "circumstances": {
            name: {"recorded": then, "now": now} for name, (then, now) in found.circumstances.items()
        },
        "test_accuracy": {
            "recorded": found.recorded.test_accuracy,
            "now": found.repeated.test_accuracy,
        },
        "exit_code": 0 if found.same else 1,
    }


def show(report: Report) -> None:
    """Print whether it is the same, and what may explain it if it is not."""
    if report["same"]:
        output.show(f"\n{report['model']}: the same weights, to the bit")
        return
    output.show(f"\n{report['model']}: other weights, by up to {report['largest_difference']:.3g}")
    for name, values in report["circumstances"].items():
        output.show(f"  {name}: was {values['recorded']}, is {values['now']}")
    if not report["circumstances"]:
        output.show(
            "  data, versions, threads and machine are the same: the file's weights were changed, or other "
            "programs have other processors of this kind"
        )
