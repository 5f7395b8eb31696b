"""Asks Keras in a process of its own, since its backend and Julia do not go together in one."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def ask_keras(module, function):
    """Return what a function of a test module returns when it is given Keras; it must be fit for JSON.

    The test is skipped where Keras or its backend, PyTorch unless KERAS_BACKEND names another, is missing.
    """
    backend = os.environ.get("KERAS_BACKEND", "torch")
    for package in ("keras", backend):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    code = f"import json, keras, {module} as m; print(json.dumps(m.{function}(keras)))"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parent.parent,
        env={**os.environ, "KERAS_BACKEND": backend},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
