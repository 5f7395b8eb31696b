"""Runs the contestants side by side and prints how they compare.

    python -m benchmarks                     everything, five rounds: some hours
    python -m benchmarks --quick             a look, some minutes: one round, 10,000 images, the main tasks
    python -m benchmarks --only flux_mnist_128,predict --rounds 3 --json results.json --plot results.png
    python -m benchmarks --show results.json

Each contestant runs in a process of its own, in turn, in every round anew, on the same samples. A worker
first trains a few batches, so that what is compiled is compiled before the clock starts.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import machine, plot, report, running
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
            plot.pyplot()  # refused now, and not when all is measured
        results = Results.load(a.show) if a.show else measured(a)
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
    top.add_argument("--quick", action="store_true", help="one round, 10,000 images, the main tasks")
    top.add_argument("--rounds", type=whole, metavar="N", help="how often everything runs (5; quick: 1)")
    names = [task.name for task in TASKS]
    top.add_argument("--only", type=among(names), metavar="TASK,…", help=f"some of: {', '.join(names)}")
    top.add_argument(
        "--contestants", type=among(list(CONTESTANTS)), metavar="NAME,…", default=list(CONTESTANTS),
        help=f"some of: {', '.join(CONTESTANTS)}",
    )  # fmt: skip
    top.add_argument("--images", type=whole, metavar="N", help="train on at most so many images")
    top.add_argument("--timeout", type=float, default=1800, metavar="S", help="for one process (1800)")
    top.add_argument("--json", type=Path, metavar="FILE", help="keep everything that was measured")
    top.add_argument("--plot", type=Path, metavar="FILE", help='draw it; needs pip install -e ".[bench]"')
    top.add_argument("--show", type=Path, metavar="FILE", help="measure nothing: show what --json kept")
    return top


def whole(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1, got {text!r}")
    return int(text)


def among(names: list[str]) -> Callable[[str], list[str]]:
    def some(text: str) -> list[str]:
        chosen = text.split(",")
        if unknown := [name for name in chosen if name not in names]:
            raise argparse.ArgumentTypeError(f"{unknown[0]!r} is not known; known: {', '.join(names)}")
        return chosen

    return some


def measured(a: argparse.Namespace) -> Results:
    """Run all that was asked for, and keep it in the file after each task."""
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
            compete(task, ready(cases, results), rounds, a.timeout, results)
            if a.json:
                results.save(a.json)
    return results


def ready(cases: list[Case], results: Results) -> list[Case]:
    """Return the cases whose contestants can run; the others' reasons go into the results."""
    for case in cases:
        if case.contestant not in results.left_out and (reason := CONTESTANTS[case.contestant].missing()):
            results.left_out[case.contestant] = reason
    return [case for case in cases if case.contestant not in results.left_out]


def compete(task: Task, cases: list[Case], rounds: int, timeout: float, results: Results) -> None:
    """Run the cases of a task in turn, round after round; one that failed is not tried again."""
    failed: set[int] = set()
    for round_ in range(rounds):
        for k, case in enumerate(cases):
            if k in failed:
                continue
            about: dict[str, Any] = {}
            if case.job["task"] in ("epochs", "predict"):
                about["images"] = case.job["shape"][0]
            try:
                about["measures"] = running.run(case, timeout)
            except running.CaseFailed as e:
                about["error"] = str(e)
                failed.add(k)
            results.add(task.name, case.contestant, case.label, round_, **about)
            show(task, case, round_, rounds, results)


def show(task: Task, case: Case, round_: int, rounds: int, results: Results) -> None:
    """Say on stderr what the last case gave."""
    last = results.records[-1]
    values = last.get("measures", {}).get(task.measure, [])
    middle = sorted(values)[len(values) // 2] if values else None
    found = last.get("error") or report.quantity(middle, task.measure)
    who = " ".join(filter(None, (CONTESTANTS[case.contestant].title, case.label)))
    print(f"{round_ + 1}/{rounds} {task.name}: {who}: {found}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
