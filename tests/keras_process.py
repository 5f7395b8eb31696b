"""Asks Keras in a process of its own, since its backend and Julia do not go together in one.

The process starts with the first question and serves all others: importing Keras takes seconds.
"""

import atexit
import functools
import importlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

import pytest


def ask_keras(module, function, *arguments):
    """Return what a function of a test module returns for Keras and arguments; all must be fit for JSON.

    The test is skipped where Keras or its backend, PyTorch unless KERAS_BACKEND names another, is missing.
    """
    process, log = _process()
    process.stdin.write(json.dumps([module, function, *map(_plain, arguments)]) + "\n")
    process.stdin.flush()
    answer = process.stdout.readline()
    log.seek(0)
    assert answer, log.read()[-4000:]
    error, result = json.loads(answer)
    assert error is None, error
    return result


@functools.cache
def _process():
    backend = os.environ.get("KERAS_BACKEND", "torch")
    for package in ("keras", backend):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    log = tempfile.TemporaryFile("w+")  # noqa: SIM115, open as long as the process
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", f"import {__name__}; {__name__}.serve()"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, cwd=Path(__file__).parent.parent,
        # Threads that wait for each other in small sums would take twenty times as long.
        env={**os.environ, "KERAS_BACKEND": backend, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    atexit.register(process.kill)
    return process, log


def _plain(argument):
    return str(argument) if isinstance(argument, Path) else argument


def serve():
    """Answer questions, a line of JSON each, until there are no more."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    sys.stdout = sys.stderr  # what is printed is no answer
    import keras

    for line in sys.stdin:
        module, function, *arguments = json.loads(line)
        try:
            answer = None, getattr(importlib.import_module(module), function)(keras, *arguments)
        except Exception:
            answer = traceback.format_exc(), None
        print(json.dumps(answer), file=answers, flush=True)
