"""Runs the contestants side by side and prints how they compare.

    python -m benchmarks                     everything, five rounds: several hours
    python -m benchmarks --quick             the main tasks, one round, 10,000 images: some minutes
    python -m benchmarks --only flux_mnist_128,predict --rounds 3 --json results.json --plot results.png
    python -m benchmarks --show results.json

Every round starts each contestant in a new process, one after the other, on the same samples. A worker trains
a few batches before it is timed, so that compilation does not count.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import machine, plot, report, runner
from benchmarks.contestants import CONTESTANTS
from benchmarks.data import Samples
from benchmarks.results import Results
from benchmarks.tasks import TASKS, Case, Sizes, Task
from pyflux.errors import MissingExtraError

QUICK = Sizes(images=10_000, times=(3, 200), compiled=False)


def main(argv: Sequence[str] | None = None) -> int:
    a = parser().parse_args(argv)
    try:
        if a.plot:
            plot.pyplot()  # fails now if matplotlib is missing, not after hours of measuring
        results = Results.load(a.show) if a.show else measure(a)
    except (MissingExtraError, OSError, ValueError) as e:
        print(f"benchmarks: {e}", file=sys.stderr)
        return 1
    if a.plot:
        plot.save(results, a.plot)
    print(report.full(results))
    return 0 if results.tasks() else 1


def parser() -> argparse.ArgumentParser:
    assert __doc__ is not None
    top = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    top.add_argument("--quick", action="store_true", help="the main tasks, one round, 10,000 images")
    top.add_argument(
        "--rounds", type=positive_int, metavar="N", help="how often everything runs (5, quick: 1)"
    )
    names = [task.name for task in TASKS]
    top.add_argument("--only", type=names_from(names), metavar="TASK,…", help=f"some of: {', '.join(names)}")
    top.add_argument(
        "--contestants", type=names_from(list(CONTESTANTS)), metavar="NAME,…", default=list(CONTESTANTS),
        help=f"some of: {', '.join(CONTESTANTS)}",
    )  # fmt: skip
    top.add_argument("--images", type=positive_int, metavar="N", help="train on at most N images")
    top.add_argument(
        "--timeout", type=float, default=1800, metavar="S", help="seconds allowed for one process (1800)"
    )
    top.add_argument("--json", type=Path, metavar="FILE", help="save all measurements")
    top.add_argument(
        "--plot", type=Path, metavar="FILE", help='draw a figure; needs pip install -e ".[bench]"'
    )
    top.add_argument(
        "--show",
        type=Path,
        metavar="FILE",
        help="measure nothing: print the report of a file that --json saved",
    )
    return top


def positive_int(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a positive integer, got {text!r}")
    return int(text)


def names_from(known: list[str]) -> Callable[[str], list[str]]:
    """Return an argparse type for a comma-separated list of known names."""

    def parse(text: str) -> list[str]:
        names = text.split(",")
        if unknown := [name for name in names if name not in known]:
            raise argparse.ArgumentTypeError(f"{unknown[0]!r} is not known; known: {', '.join(known)}")
        return names

    return parse


def measure(a: argparse.Namespace) -> Results:
    """Run the requested tasks; the results are saved after each, so that an interruption loses one task."""
    tasks = [t for t in TASKS if (t.name in a.only if a.only else t.quick or not a.quick)]
    sizes = QUICK if a.quick else Sizes()
    sizes = replace(sizes, images=min(sizes.images, a.images or sizes.images))
    rounds = a.rounds or (1 if a.quick else 5)
    if warning := machine.busy():
        print(f"benchmarks: {warning}", file=sys.stderr)
    results = Results(machine.describe(), {"quick": a.quick, "rounds": rounds, "images": sizes.images})
    with tempfile.TemporaryDirectory(prefix="pyflux-benchmarks-") as folder:
        samples = Samples(Path(folder))
        results.settings["digits"] = samples.kind()
        for task in tasks:
            cases = [c for c in task.cases(samples, sizes) if c.contestant in a.contestants]
            run_task(task, available(cases, results), rounds, a.timeout, results)
            results.settings["disturbed"] = dict(runner.disturbed)
            if a.json:
                results.save(a.json)
    return results


def available(cases: list[Case], results: Results) -> list[Case]:
    """Return the cases whose contestants can run here; the results get the others' reasons."""
    for case in cases:
        if case.contestant not in results.skipped and (reason := CONTESTANTS[case.contestant].unavailable()):
            results.skipped[case.contestant] = reason
    return [case for case in cases if case.contestant not in results.skipped]


def run_task(task: Task, cases: list[Case], rounds: int, timeout: float, results: Results) -> None:
    """Run the cases of a task in turn, round after round; a case that failed is not run again."""
    failed: set[int] = set()
    for round_ in range(rounds):
        for k, case in enumerate(cases):
            if k in failed:
                continue
            record: dict[str, Any] = {}
            if case.job["task"] in ("epochs", "predict"):
                record["images"] = case.job["shape"][0]
            try:
                record["measures"] = runner.run(case, timeout)
            except runner.CaseFailed as e:
                record["error"] = str(e)
                failed.add(k)
            results.add(task.name, case.contestant, case.label, round_, **record)
            print_progress(task, case, round_, rounds, results)


def print_progress(task: Task, case: Case, round_: int, rounds: int, results: Results) -> None:
    """Print on stderr what the last case measured."""
    last = results.records[-1]
    values = last.get("measures", {}).get(task.measure, [])
    median = sorted(values)[len(values) // 2] if values else None
    result = last.get("error") or report.quantity(median, task.measure)
    name = " ".join(filter(None, (CONTESTANTS[case.contestant].title, case.label)))
    print(f"{round_ + 1}/{rounds} {task.name}: {name}: {result}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
