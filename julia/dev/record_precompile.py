"""Record what Julia compiles in the first calls from Python: ``python julia/dev/record_precompile.py``.

Writes ``julia/ext/PythonCallExt/precompile_statements.txt``, which the extension compiles ahead. Run it again
after a change of Julia, Flux, PythonCall or the extension.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

STATEMENTS = Path(__file__).parent.parent / "ext" / "PythonCallExt" / "precompile_statements.txt"

# The first use in a process: build, train, evaluate, predict, save, and the tutorials' networks.
PROGRAM = """
import sys
import numpy as np
import pyflux
from pyflux.applications import tutorials

rng = np.random.default_rng(0)
shapes = {"keras_imagenet": (64, 64, 3)}
for name in sys.argv[1:]:
    model = getattr(tutorials, name)(seed=0)
    shape = model.input_shape[1:]
    model.compile("adam", metrics=["accuracy"])
    images = rng.integers(0, 256, (8, *shape), np.uint8)
    for x in (images, images / np.float32(255)):
        y = rng.integers(0, 10, 8)
        model.fit(x, y, batch_size=4, sample_weight=np.ones(8), verbose=0)
        model.fit(x, y, batch_size=4, validation_data=(x, y), verbose=0)
        model.evaluate(x, y, verbose=0)
        model.predict(x)
        model.predict(x[:1])
    model.get_weights()
    model.optimizer_state()
    model.set_weights(model.get_weights())
model.versions()
"""

# What a program defines by itself, another process has not.
UNSTABLE = re.compile(r"Main\.")


def record(networks: list[str]) -> list[str]:
    """Return the statements of a process that trains these networks."""
    with tempfile.TemporaryDirectory() as folder:
        trace = Path(folder) / "trace.jl"
        options = {"PYTHON_JULIACALL_TRACE_COMPILE": str(trace)}
        subprocess.run([sys.executable, "-c", PROGRAM, *networks], check=True, env=os.environ | options)
        return [line for line in trace.read_text().splitlines() if line.startswith("precompile(")]


def main() -> None:
    """Record, and add what is new to the file."""
    networks = sys.argv[1:] or ["flux_mnist", "keras_mnist", "keras_cifar", "torch_cifar"]
    known = STATEMENTS.read_text().splitlines() if STATEMENTS.exists() else []
    found = {line: None for line in [*known, *record(networks)] if not UNSTABLE.search(line)}
    STATEMENTS.write_text("".join(f"{line}\n" for line in found))
    print(f"{len(found) - len(known)} statements more, {len(found)} in all")


if __name__ == "__main__":
    main()
