"""Who takes part: how each is started, and why one cannot be."""

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

# At its best PyTorch keeps the memory that it frees. By default the C library of Linux gives large blocks
# back to the system at once, and every step pays for fresh pages.
KEEP_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": str(1 << 32),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 33),
    "MALLOC_TOP_PAD_": str(1 << 28),
}


@dataclass(frozen=True)
class Contestant:
    """One way to do the same work.

    Args:
        title: What the tables call it.
        command: Makes the command line that does a job.
        missing: Returns why it cannot run here, or None; it may install and compile what is needed.
        settings: What its jobs have besides what all have.
        environment: Variables of its process.
    """

    title: str
    command: Callable[[Job], list[str]]
    missing: Callable[[], str | None]
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
    """The start of a Julia command line: the Julia that pyflux uses, on all cores."""
    import juliapkg

    return (juliapkg.executable(), "--startup-file=no", "--threads=auto")


@functools.cache
def no_pyflux() -> str | None:
    return failure([sys.executable, "-m", "pyflux", "setup", "--json"])


@functools.cache
def no_torch() -> str | None:
    if importlib.util.find_spec("torch") is None:
        return 'PyTorch is not installed: pip install -e ".[bench]"'
    return None


@functools.cache
def no_julia_package(name: str) -> str | None:
    """Why a package of the benchmarks' Julia environment is not there; it is installed where it can be."""
    if reason := no_pyflux():
        return reason
    code = f"import Pkg; Pkg.instantiate(; io = devnull); using {name}"
    return failure([*julia(), f"--project={Path(__file__).parent}", "-e", code])


def failure(command: list[str]) -> str | None:
    """Run a command and return how it failed, or None."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    return None if done.returncode == 0 else last_words(done.stderr, done.returncode)


def last_words(stderr: str, code: int) -> str:
    r"""Return the line of an error's text that says most: Julia's come first, Python's last.

    >>> last_words("Traceback\nValueError: no", 1)
    'ValueError: no'
    """
    lines = [line for line in stderr.splitlines() if line.strip()] or [f"exit code {code}"]
    return next((line for line in lines if line.startswith("ERROR:")), lines[-1])


def environment(contestant: Contestant, extra: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a contestant's process; workers find `benchmarks` and `tests` from anywhere."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return os.environ | {"PYTHONPATH": path} | contestant.environment | extra


CONTESTANTS = {
    "pyflux": Contestant("pyflux", pyflux_worker, no_pyflux),
    "torch_best": Contestant(
        "PyTorch at its best", torch_worker, no_torch, {"style": "best"}, KEEP_MEMORY
    ),
    "torch_compiled": Contestant(
        "PyTorch, torch.compile", torch_worker, no_torch, {"style": "compiled"}, KEEP_MEMORY
    ),
    "torch": Contestant("PyTorch as usual", torch_worker, no_torch, {"style": "usual"}),
    "simplechains": Contestant(
        "SimpleChains", julia_worker("simplechains.jl"), lambda: no_julia_package("SimpleChains")
    ),
    "flux": Contestant("stock Flux", julia_worker("flux.jl"), lambda: no_julia_package("Flux")),
    "script": Contestant("the Julia script", julia_script, no_pyflux),
}  # fmt: skip
