"""Runs one case in a process of its own and reads what it measured."""

import json
import re
import subprocess
import tempfile
import time
from typing import Any

from benchmarks.contestants import CONTESTANTS, environment, last_words
from benchmarks.tasks import Case

Measures = dict[str, list[Any]]

# A line of the table that julia/train_mnist.jl prints: epoch, seconds, loss.
SCRIPT_EPOCH = re.compile(r"^ +\d+ +(\d+\.\d\d)  ", re.M)


class CaseFailed(Exception):
    """A contestant's process ended with an error; the message is what it said last."""


def run(case: Case, timeout: float) -> Measures:
    """Run a case and return its measures by name, each a list, with ``"wall"``: the seconds of the process.

    Raises:
        CaseFailed: The process failed, or took longer than ``timeout`` seconds.
    """
    contestant = CONTESTANTS[case.contestant]
    command = contestant.command({**case.job, **contestant.settings})
    with tempfile.TemporaryDirectory() as empty:
        start = time.perf_counter()
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=timeout, cwd=empty,
                env=environment(contestant, case.environment),
            )  # fmt: skip
        except subprocess.TimeoutExpired as e:
            raise CaseFailed(f"took longer than {timeout:g} s") from e
        wall = time.perf_counter() - start
    if done.returncode != 0:
        raise CaseFailed(last_words(done.stderr, done.returncode))
    return read(done.stdout) | {"wall": [wall]}


def read(stdout: str) -> Measures:
    r"""Return what a worker, the command ``pyflux train --json`` or the Julia script printed.

    >>> read('{"measure": "seconds", "value": 2}\nhello\n{"measure": "seconds", "value": 3}')
    {'seconds': [2, 3]}
    """
    measures: Measures = {}
    for line in stdout.splitlines():
        if not line.startswith("{"):
            continue
        told = json.loads(line)
        name, value = told.get("measure", "accuracy"), told.get("value", told.get("test_accuracy"))
        measures.setdefault(name, []).append(value)
    if found := SCRIPT_EPOCH.findall(stdout):
        measures["seconds"] = [float(s) for s in found]
    return measures
