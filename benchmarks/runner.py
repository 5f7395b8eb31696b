"""Runs a case in a process of its own and reads its measurements."""

import json
import re
import subprocess
import tempfile
import time
from collections import Counter
from typing import Any

from benchmarks import machine
from benchmarks.contestants import CONTESTANTS, environment, error_line
from benchmarks.tasks import Case

Measures = dict[str, list[Any]]

# The share of the cores that other programs may take while a case runs.
DISTURBED = 0.1
ATTEMPTS = 4

disturbed: Counter[str] = Counter()  # discarded runs, by contestant

# A line of the table that julia/train_mnist.jl prints: epoch, seconds, loss.
SCRIPT_EPOCH = re.compile(r"^ +\d+ +(\d+\.\d\d)  ", re.M)


class CaseFailed(Exception):
    """A contestant's process ended with an error; the message is the line that explains it."""


def run(case: Case, timeout: float) -> Measures:
    """Run a case and return its measurements by name, each a list.

    ``"wall"`` is the time of the whole process in seconds, ``"cpu"`` what it took of all cores. Where other
    programs took more than `DISTURBED` of the cores meanwhile, the measurements are discarded, `disturbed`
    counts it, and the case is run again.

    Raises:
        CaseFailed: The process failed, or took longer than ``timeout`` seconds.
    """
    for _ in range(ATTEMPTS - 1):
        neighbours = machine.Neighbours()
        measures = run_once(case, timeout)
        if neighbours.share() <= DISTURBED:
            return measures
        disturbed[case.contestant] += 1
    return run_once(case, timeout)


def run_once(case: Case, timeout: float) -> Measures:
    """Run a case, whatever else the machine does."""
    contestant = CONTESTANTS[case.contestant]
    command = contestant.command({**case.job, **contestant.settings})
    with tempfile.TemporaryDirectory() as folder:
        start, cpu = time.perf_counter(), machine.children_seconds()
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=timeout, cwd=folder,
                env=environment(contestant, case.environment),
            )  # fmt: skip
        except subprocess.TimeoutExpired as e:
            raise CaseFailed(f"took longer than {timeout:g} s") from e
        wall, cpu = time.perf_counter() - start, machine.children_seconds() - cpu
    if done.returncode != 0:
        raise CaseFailed(error_line(done.stderr, done.returncode))
    return read(done.stdout) | {"wall": [wall], "cpu": [cpu]}


def read(stdout: str) -> Measures:
    r"""Return the measurements in the output of a worker, of ``pyflux train --json`` or of the Julia script.

    >>> read('{"measure": "seconds", "value": 2}\nhello\n{"measure": "seconds", "value": 3}')
    {'seconds': [2, 3]}
    """
    measures: Measures = {}
    for line in stdout.splitlines():
        if not line.startswith("{"):
            continue
        record = json.loads(line)
        name = record.get("measure", "accuracy")
        value = record.get("value", record.get("test_accuracy"))
        measures.setdefault(name, []).append(value)
    if found := SCRIPT_EPOCH.findall(stdout):
        measures["seconds"] = [float(s) for s in found]
    return measures
