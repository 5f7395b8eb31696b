"""``pyflux doctor``: check the installation, and print the command that fixes each problem.

Each check stands alone, so that the others are seen where one fails. Nothing is installed or downloaded.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import NamedTuple

from .. import __version__
from .._internal.extras import DISTRIBUTION
from ..engines.flux import packages
from . import output
from .output import Report, first_line

HELP = "check the installation and print the command that fixes each problem"


DEVELOPMENT_EXTRAS = ("bench", "dev", "keras", "test")

TIMEOUT = 20.0  # seconds, for a program that is asked for its version


class Check(NamedTuple):
    """One line of the report.

    Attributes:
        name: What was checked.
        ok: Whether it is there and works.
        found: Its version and place, or what is wrong with it.
        fix: The command that fixes it, or "".
        needed: Whether training in Flux on the CPU needs it.
    """

    name: str
    ok: bool
    found: str
    fix: str = ""
    needed: bool = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add nothing: the command has no options of its own."""


def run(a: argparse.Namespace) -> Report:
    """Check everything; the exit code is 1 if something that is needed is missing."""
    found = examine()
    return {
        "checks": [check._asdict() for check in found],
        "exit_code": 0 if all(check.ok or not check.needed for check in found) else 1,
    }


def show(report: Report) -> None:
    """Print a line for each check, and below it the command that fixes it."""
    for check in report["checks"]:
        mark = "ok" if check["ok"] else "MISSING" if check["needed"] else "--"
        output.show(f"{mark:>8}  {check['name']}: {check['found']}")
        if check["fix"]:
            output.show(f"{'':>10}→ {check['fix']}")


def examine() -> list[Check]:
    """Check everything.

    >>> [check.name for check in examine()[:2]]
    ['Python', 'pyflux']
    """
    parts: dict[str, Callable[[], Iterator[Check]]] = {
        "Python": python,
        "Julia": julia,
        "GPU": gpu,
        "MPI": mpi,
        "extras": extras,
    }
    found: list[Check] = []
    for name, part in parts.items():
        try:
            found.extend(part())
        except Exception as e:  # whatever is broken, the other parts are checked
            found.append(Check(name, False, f"{type(e).__name__}: {first_line(e)}", needed=name == "Python"))
    return found


# ── Python ───────────────────────────────────────────────────────────────────────────────────────────────


def python() -> Iterator[Check]:
    """Check Python, and the packages that pyflux requires."""
    yield Check("Python", sys.version_info >= (3, 11), f"{platform.python_version()} at {sys.executable}")
    yield Check("pyflux", True, f"{__version__} at {os.path.dirname(os.path.dirname(__file__))}")
    for name in requirements(None):
        yield distribution(name, f"{sys.executable} -m pip install {name}")


def extras() -> Iterator[Check]:
    """Check what pyflux's extras would install."""
    for extra in importlib.metadata.metadata(DISTRIBUTION).get_all("Provides-Extra") or []:
        if extra not in DEVELOPMENT_EXTRAS:
            for name in requirements(extra):
                fix = f'{sys.executable} -m pip install "{DISTRIBUTION}[{extra}]"'
                yield distribution(name, fix, needed=False, note=f" (extra {extra})")


def distribution(name: str, fix: str, needed: bool = True, note: str = "") -> Check:
    """Check whether a Python package is installed."""
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return Check(name, False, f"not installed{note}", fix, needed)
    return Check(name, True, f"{version}{note}", needed=needed)


def requirements(extra: str | None) -> list[str]:
    """Return the names of the packages that pyflux requires, or that an extra adds."""
    found = []
    for requirement in importlib.metadata.requires(DISTRIBUTION) or []:
        name, _, marker = requirement.partition(";")
        asked = re.search(r"extra == ['\"]([^'\"]+)['\"]", marker)
        if (asked and asked[1]) == extra:
            found.append(re.split(r"[^\w.-]", name.strip(), maxsplit=1)[0])
    return found


# ── Julia ────────────────────────────────────────────────────────────────────────────────────────────────


def julia() -> Iterator[Check]:
    """Check Julia and its packages; start it if all of them are installed."""
    from ..engines.flux import julia as engine

    where = shutil.which("julia")
    try:
        ready = engine.is_set_up()
    except Exception as e:  # juliapkg is missing or its files are broken
        yield Check("Julia", False, f"{type(e).__name__}: {first_line(e)}", "pyflux setup")
        return
    if not ready:
        if where:
            yield Check("Julia", True, f"{output_of([where, '--version'])} at {where}")
        else:
            found = "none on the PATH; `pyflux setup` or the first start downloads it"
            yield Check("Julia", False, found, "pyflux setup")
        yield Check("Julia packages", False, "not installed for this Python, or out of date", "pyflux setup")
        return
    try:
        started = engine.versions()
        yield Check("Julia", True, f"{started['julia']} at {engine.paths()['home']}")
        yield Check("threads", True, f"{started['threads']} on {os.cpu_count()} cores (JULIA_NUM_THREADS)")
    except Exception as e:
        yield Check("Julia", False, first_line(e), "pyflux setup")
    yield from julia_packages()


def julia_packages() -> Iterator[Check]:
    """Check the Julia packages that are installed for this Python."""
    installed = packages.versions()
    for name in ("PythonCall", "Flux", "PyFlux"):
        version = installed.get(name)
        if version is None:
            yield Check(name, False, "not installed", "pyflux setup")
        elif name == "PythonCall" and version != (bridge := importlib.metadata.version("juliacall")):
            found = f"{version}, but juliacall is {bridge}: both must be the same"
            yield Check(name, False, found, "pyflux setup")
        else:
            yield Check(name, True, version)


def output_of(command: list[str]) -> str:
    """Return what a program prints, in one line, or how it failed."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=TIMEOUT)
    except (OSError, subprocess.SubprocessError) as e:
        return f"found, but {command[0]} failed ({type(e).__name__})"
    return "; ".join(done.stdout.strip().splitlines())


# ── What is beyond one CPU ───────────────────────────────────────────────────────────────────────────────


def gpu() -> Iterator[Check]:
    """Check the GPU, its driver, and the Julia packages for it."""
    kind = packages.driver()
    if kind is None:
        yield Check("GPU driver", False, "none of NVIDIA, AMD or Apple was found", needed=False)
        return
    yield Check("GPU driver", True, nvidia() if kind == "cuda" else kind, needed=False)
    installed = packages.versions()
    for name in packages.PACKAGES[kind]:
        yield extra_package(name, installed.get(name), "pyflux setup --gpu")
    if all(name in installed for name in packages.PACKAGES[kind]):
        yield from gpu_device()


def gpu_device() -> Iterator[Check]:
    """Ask Julia for the GPU, if Julia is installed."""
    from ..engines.flux import devices, julia

    try:
        if julia.is_set_up():
            yield Check("GPU", True, devices.name("gpu"), needed=False)
    except Exception as e:
        yield Check("GPU", False, first_line(e), needed=False)


def nvidia() -> str:
    """Return what NVIDIA's driver says about its GPUs: name, driver version, memory."""
    return output_of(["nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"])


def mpi() -> Iterator[Check]:
    """Check what training in several processes needs."""
    where = shutil.which("mpiexec")
    yield Check("mpiexec", where is not None, where or "none on the PATH; MPI.jl brings one", needed=False)
    yield extra_package("MPI", packages.versions().get("MPI"), "pyflux setup --distributed")


def extra_package(name: str, version: str | None, fix: str) -> Check:
    """Check a Julia package that only some users need."""
    if version is None:
        return Check(f"{name}.jl", False, "not installed", fix, needed=False)
    return Check(f"{name}.jl", True, version, needed=False)
