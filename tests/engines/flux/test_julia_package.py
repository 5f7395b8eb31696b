"""Julia is tested in Julia: here its suite is run, and what crosses between the two languages through files."""

import gzip
import re
import struct
import subprocess

import numpy as np
import pytest

import pyflux
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def run(julia):
    """Runs Julia as a program of its own."""
    import juliapkg

    def run(*arguments):
        done = subprocess.run(
            [juliapkg.executable(), "--startup-file=no", "--threads=auto", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        # What failed is near the end, after pages of packages.
        assert done.returncode == 0, done.stdout[-8000:]
        return done.stdout

    return run


def write_idx(path, array):
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    path.write_bytes(gzip.compress(header + array.tobytes()))


@pytest.fixture
def folder(digits, tmp_path):
    """Drawn digits in MNIST's files."""
    for prefix, (images, labels) in zip(("train", "t10k"), digits, strict=True):
        write_idx(tmp_path / f"{prefix}-images-idx3-ubyte.gz", images)
        write_idx(tmp_path / f"{prefix}-labels-idx1-ubyte.gz", labels)
    return tmp_path


def test_the_julia_package_passes_its_own_tests(run):
    # With the bounds checks of an ordinary run: with Pkg's own, every package would be compiled again.
    out = run(
        f"--project={ROOT / 'julia'}",
        "-e",
        'import Pkg; Pkg.test(; julia_args = ["--check-bounds=auto", "--threads=2"])',
    )
    assert "Testing PyFlux tests passed" in out


def test_a_model_of_the_script_is_read_in_python(run, folder, digits):
    path = folder / "model.safetensors"
    out = run(
        ROOT / "julia" / "train_mnist.jl", "--data", folder, "--epochs=2", "--batch-size=32",
        "--learning-rate=0.005", "--save", path,
    )  # fmt: skip
    accuracy = float(re.search(r"test accuracy ([\d.]+) %", out)[1])
    assert accuracy > 80
    x, y = digits[1]
    for engine in ("flux", "reference"):
        model = pyflux.load(path, engine=engine)
        model.compile(metrics=["accuracy"])
        assert 100 * model.evaluate(x, y)[1] == pytest.approx(accuracy, abs=0.01)


def test_a_model_of_python_is_read_in_julia(run, folder, digits):
    path, images = folder / "model.safetensors", digits[1][0][:5]
    model = pyflux.networks.flux_mnist(seed=3, engine="reference")
    model.save(path)
    write_idx(folder / "t10k-images-idx3-ubyte.gz", images)
    write_idx(folder / "t10k-labels-idx1-ubyte.gz", digits[1][1][:5])
    out = run(
        f"--project={ROOT}",
        "-e",
        "using PyFlux, SafeTensors; foreach(println, predict(PyFlux.load(ARGS[1]), load_mnist(ARGS[2], :test)[1]))",
        path,
        folder,
    )
    got = np.array(out.split(), dtype=np.float32).reshape(5, 10)
    np.testing.assert_allclose(got, model.predict(images), atol=1e-5)
