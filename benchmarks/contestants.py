"""The contestants: how each is started, and why one is not available."""

import functools
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Job = Mapping[str, Any]

ROOT = Path(__file__).parent.parent

# At its best PyTorch reuses the memory that it frees. By default glibc returns large blocks to the system at
# once, and every step pays for new pages.
REUSE_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": str(1 << 32),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 33),
    "MALLOC_TOP_PAD_": str(1 << 28),
}


@dataclass(frozen=True)
class Contestant:
    """One way to do the same work.

    Args:
        title: Its name in the tables.
        command: Returns the command line for a job.
        unavailable: Returns why it cannot run here, or None; it may install and compile what it needs.
        settings: Entries that its jobs have in addition to the common ones.
        environment: Environment variables of its process.
    """

    title: str
    command: Callable[[Job], list[str]]
    unavailable: Callable[[], str | None]
    settings: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)


def python_worker(module: str) -> Callable[[Job], list[str]]:
    return lambda job: [sys.executable, "-m", f"benchmarks.workers.{module}", json.dumps(job)]


def torch_worker(job: Job) -> list[str]:
    module = "torch_mnist" if job["task"] in ("mnist", "command") else "torch_worker"
    return python_worker(module)(dict(job) | {"task": job["task"].replace("command", "mnist")})


def pyflux_worker(job: Job) -> list[str]:
    if job["task"] != "command":
        return python_worker("pyflux_worker")(job)
    return [
        sys.executable, "-m", "pyflux", "train", "--quiet", "--json",
        *("--epochs", str(job["epochs"])), *("--batch-size", str(job["batch_size"])),
        *("--seed", str(job["seed"])), *("--dataset", job["dataset"]), *("--data-dir", job["data_dir"]),
    ]  # fmt: skip


def julia_worker(file: str) -> Callable[[Job], list[str]]:
    script = str(Path(__file__).parent / "workers" / file)
    return lambda job: [*julia(), f"--project={Path(__file__).parent}", script, json.dumps(job)]


def julia_script(job: Job) -> list[str]:
    return [
        *julia(), str(ROOT / "julia" / "train_mnist.jl"), f"--data={job['folder']}",
        f"--epochs={job['epochs']}", f"--batch-size={job['batch_size']}",
    ]  # fmt: skip


@functools.cache
def julia() -> tuple[str, ...]:
    """Return the beginning of a Julia command line: the Julia that pyflux uses, on all cores."""
    import juliapkg

    return (juliapkg.executable(), "--startup-file=no", "--threads=auto")


@functools.cache
def pyflux_unavailable() -> str | None:
    return failure([sys.executable, "-m", "pyflux", "setup", "--json"])


@functools.cache
def torch_unavailable() -> str | None:
    return package_unavailable("torch", "PyTorch")


@functools.cache
def package_unavailable(package: str, title: str) -> str | None:
    if importlib.util.find_spec(package) is None:
        return f'{title} is not installed: pip install -e ".[bench]"'
    return None


@functools.cache
def julia_package_unavailable(name: str) -> str | None:
    """Return why a package of the benchmarks' Julia environment cannot be installed and loaded, or None."""
    if reason := pyflux_unavailable():
        return reason
    code = f"import Pkg; Pkg.instantiate(; io = devnull); using {name}"
    return failure([*julia(), f"--project={Path(__file__).parent}", "-e", code])


def failure(command: list[str]) -> str | None:
    """Run a command; return the error message if it fails, else None."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    return None if done.returncode == 0 else error_line(done.stderr, done.returncode)


def error_line(stderr: str, code: int) -> str:
    r"""Return the most informative line of an error: Julia prints it first, Python last.

    >>> error_line("Traceback\nValueError: no", 1)
    'ValueError: no'
    """
    lines = [line for line in stderr.splitlines() if line.strip()] or [f"exit code {code}"]
    return next((line for line in lines if line.startswith("ERROR:")), lines[-1])


def environment(contestant: Contestant, extra: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a contestant's process, in which `benchmarks` and `tests` can be imported."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return os.environ | {"PYTHONPATH": path} | contestant.environment | extra


CONTESTANTS = {
    "pyflux": Contestant("pyflux", pyflux_worker, pyflux_unavailable),
    "torch_best": Contestant(
        "PyTorch at its best", torch_worker, torch_unavailable, {"style": "best"}, REUSE_MEMORY
    ),
    "torch_compiled": Contestant(
        "PyTorch, torch.compile", torch_worker, torch_unavailable, {"style": "compiled"}, REUSE_MEMORY
    ),
    "torch": Contestant("PyTorch as usual", torch_worker, torch_unavailable, {"style": "usual"}),
    "onnxruntime": Contestant(
        "ONNX Runtime", python_worker("onnx_worker"),
        lambda: package_unavailable("onnxruntime", "ONNX Runtime"),
        {"runtime": "onnxruntime"},
    ),
    "openvino": Contestant(
        "OpenVINO", python_worker("onnx_worker"), lambda: package_unavailable("openvino", "OpenVINO"),
        {"runtime": "openvino"},
    ),
    "jax": Contestant("JAX, jit", python_worker("jax_worker"), lambda: package_unavailable("jax", "JAX")),
    "simplechains": Contestant(
        "SimpleChains", julia_worker("simplechains.jl"), lambda: julia_package_unavailable("SimpleChains")
    ),
    "flux": Contestant("stock Flux", julia_worker("flux.jl"), lambda: julia_package_unavailable("Flux")),
    "script": Contestant("the Julia script", julia_script, pyflux_unavailable),
}  # fmt: skip
