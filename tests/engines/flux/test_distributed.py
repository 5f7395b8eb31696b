"""Training in several processes under mpiexec: the weights of one process, and an end where one of them fails."""

import os
import shutil
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import pyflux
from pyflux import synthetic_digits

# Open MPI does not run for the superuser, as whom containers run, nor more processes than cores, unless told to.
TOLD = {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
    "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
    "JULIA_NUM_THREADS": "1",
}

PROGRAM = """
    import sys
    import numpy as np
    import pyflux
    x, y = pyflux.synthetic_digits(205, seed=0)
    model = pyflux.networks.flux_mnist([pyflux.layers.RandomRotation(0.05)], seed={seed})
    model.compile("adam", metrics=["accuracy"], distributed=True)
    if {fail}:
        class Fail(pyflux.callbacks.Callback):
            def on_epoch_end(self, epoch, logs=None):
                if self.model.rank == 1:
                    raise RuntimeError("on purpose")
        model.fit(x, y, epochs=1000, callbacks=[Fail()], verbose=0)
    history = model.fit(x, y, batch_size=40, epochs=2, validation_split=0.1, verbose=2).history
    model.save(sys.argv[1] + "/model.safetensors")
    np.savez(sys.argv[1] + f"/{{model.rank}}.npz", *model.get_weights(), seed=np.uint64(model.seed), **history)
"""


@pytest.fixture(scope="module")
def mpi(julia, tmp_path_factory):
    """Runs the program in processes that have a Julia environment with MPI.jl, apart from the one of the tests."""
    if shutil.which("mpiexec") is None:
        pytest.skip("there is no mpiexec on the PATH")
    environment = os.environ | TOLD | {"PYTHON_JULIAPKG_PROJECT": str(tmp_path_factory.mktemp("julia"))}
    made = subprocess.run(
        [sys.executable, "-m", "pyflux", "setup", "--distributed"],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if made.returncode:
        pytest.skip(f"MPI.jl cannot be installed here: {made.stderr.splitlines()[-1]}")

    def run(processes, *arguments, seconds=300):
        return subprocess.run(
            ["mpiexec", "-n", str(processes), sys.executable, *map(str, arguments)],
            env=environment, capture_output=True, text=True, check=False, timeout=seconds,
        )  # fmt: skip

    return run


@pytest.mark.parametrize("processes", [2, 4])
def test_several_processes_end_with_the_weights_of_one(mpi, processes, tmp_path):
    done = mpi(processes, "-c", textwrap.dedent(PROGRAM.format(seed=0, fail=False)), tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Epoch 2/2") == 1  # the first process speaks
    x, y = synthetic_digits(205, seed=0)
    alone = pyflux.networks.flux_mnist([pyflux.layers.RandomRotation(0.05)], seed=0)
    alone.compile("adam", metrics=["accuracy"])
    history = alone.fit(x, y, batch_size=40, epochs=2, validation_split=0.1, verbose=0).history
    for rank in range(processes):
        found = np.load(tmp_path / f"{rank}.npz")
        for i, expected in enumerate(alone.get_weights()):
            # Ten steps of Adam move a weight by up to 0.01, and make a part of a step of any rounding.
            np.testing.assert_allclose(found[f"arr_{i}"], expected, atol=1e-3)
        for name, values in history.items():
            np.testing.assert_allclose(found[name], values, atol=1e-3)
    saved = pyflux.load(tmp_path / "model.safetensors")
    np.testing.assert_allclose(saved.predict(x), alone.predict(x), atol=1e-3)


def test_without_a_seed_all_take_that_of_the_first(mpi, tmp_path):
    done = mpi(2, "-c", textwrap.dedent(PROGRAM.format(seed=None, fail=False)), tmp_path)
    assert done.returncode == 0, done.stderr
    first, second = (np.load(tmp_path / f"{rank}.npz") for rank in (0, 1))
    assert first["seed"] == second["seed"]
    np.testing.assert_array_equal(first["arr_0"], second["arr_0"])


def test_a_process_that_fails_ends_the_others(mpi, tmp_path):
    done = mpi(2, "-c", textwrap.dedent(PROGRAM.format(seed=0, fail=True)), tmp_path, seconds=200)
    assert done.returncode != 0
    assert "RuntimeError: on purpose" in done.stderr
    assert not list(tmp_path.iterdir())


def test_the_command_line(mpi):
    done = mpi(2, "-m", "pyflux", "train", "--distributed", "--data-dir", "/none", "--json")
    assert done.returncode != 0
    assert "/none" in done.stderr


def test_without_mpi_jl_the_error_says_how_to_get_it(julia, small, samples):
    if "mpi" in pyflux.engines.flux.packages.added():
        pytest.skip("MPI.jl is in the environment of the tests")
    model = small(engine="flux")
    model.compile(distributed=True)
    with pytest.raises(pyflux.EngineUnavailable, match="Run `pyflux setup --distributed`"):
        model.fit(*samples(), verbose=0)
