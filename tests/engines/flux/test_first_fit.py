"""What Julia still compiles in the first use of a process: the extension has most of it compiled ahead."""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.usefixtures("julia")

CODE = """
import sys
import numpy as np
from pyflux.applications import tutorials
model = getattr(tutorials, sys.argv[1])(seed=0)
shape = model.input_shape[1:]
x = np.zeros((8, *shape), np.uint8)
y = np.arange(8) % 10
model.compile("adam", metrics=["accuracy"])
model.fit(x, y, batch_size=4, verbose=0)
model.predict(x)
"""


@pytest.mark.parametrize("network", ["flux_mnist", "keras_mnist", "keras_cifar", "torch_cifar"])
def test_a_first_fit_compiles_little(network, tmp_path):
    trace = tmp_path / "trace.jl"
    subprocess.run(
        [sys.executable, "-c", CODE, network],
        check=True,
        timeout=300,
        env=os.environ | {"PYTHON_JULIACALL_TRACE_COMPILE": str(trace)},
    )
    compiled = [line for line in trace.read_text().splitlines() if line.startswith("precompile(")]
    assert len(compiled) < 20, "run julia/dev/record_precompile.py:\n" + "\n".join(compiled)
