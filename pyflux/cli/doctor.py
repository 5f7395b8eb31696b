"""What pyflux needs, what of it is here, and the command that mends what is missing.

Each thing is looked at without the one before it, so that the doctor works where Julia cannot be started.
Nothing is installed or downloaded.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from typing import NamedTuple

from ..engines.flux import packages

SECONDS = 20  # for a program that tells of the driver


class Check(NamedTuple):
    """One thing that was looked at.

    Attributes:
        name: What it is.
        ok: Whether it is as it should be.
        found: What was found, or why not.
        mend: The command that mends it, or "".
        needed: Whether training in Flux on the CPU needs it.
    """

    name: str
    ok: bool
    found: str
    mend: str = ""
    needed: bool = True


def examine() -> list[Check]:
    """Look at everything, and return what was found.

    >>> examine()[0].name
    'Python'
    """
    looks: list[Callable[[], list[Check]]] = [python, julia, gpu, several_processes]
    return [check for look in looks for check in look()]


def python() -> list[Check]:
    """Look at Python and at the bridge to Julia."""
    found = [Check("Python", sys.version_info >= (3, 11), f"{platform.python_version()} at {sys.executable}")]
    for name in ("numpy", "juliapkg"):
        try:
            found.append(Check(name, True, importlib.metadata.version(name)))
        except importlib.metadata.PackageNotFoundError:
            found.append(Check(name, False, "not installed", f"{sys.executable} -m pip install {name}"))
    return found


def julia() -> list[Check]:
    """Look for Julia and its packages; start it if all is there."""
    from ..engines.flux import julia as engine

    try:
        ready = engine.is_set_up()
    except Exception as e:  # whatever it is, it is what was found
        return [Check("Julia", False, f"{type(e).__name__}: {e}", "pyflux setup")]
    where = shutil.which("julia")
    if not ready:
        found = f"{where} is on the PATH" if where else "none on the PATH; the first start downloads it"
        return [
            Check("Julia", where is not None, found, "" if where else "pyflux setup"),
            Check(
                "Julia packages", False, "not installed for this Python yet, or out of date", "pyflux setup"
            ),
        ]
    try:
        versions, places = engine.versions(), engine.places()
    except Exception as e:
        return [Check("Julia", False, str(e).splitlines()[0], "pyflux setup")]
    return [
        Check("Julia", True, f"{versions['julia']} at {places['home']}"),
        Check("Julia packages", True, f"Flux {versions['flux']}, in {places['project']}"),
        Check("threads", True, f"{versions['threads']} of {os.cpu_count()} cores"),
    ]


def gpu() -> list[Check]:
    """Look for a GPU, its driver, and the Julia packages that drive it."""
    kind = packages.driver()
    if kind is None:
        return [Check("GPU", False, "no driver of NVIDIA's, AMD's or Apple's was found", needed=False)]
    found = [Check("GPU", True, nvidia() if kind == "cuda" else kind, needed=False)]
    if kind in packages.added():
        found.append(Check("GPU packages", True, ", ".join(packages.PACKAGES[kind]), needed=False))
    else:
        names = " and ".join(packages.PACKAGES[kind])
        found.append(
            Check("GPU packages", False, f"{names} are not installed", "pyflux setup --gpu", needed=False)
        )
    return found + computing()


def computing() -> list[Check]:
    """Ask Julia for the GPU, if Julia is there."""
    from ..engines.flux import julia
    from ..engines.flux import network as flux

    try:
        if not julia.is_set_up():
            return []
        return [Check("device", True, flux.device_name("gpu"), needed=False)]
    except Exception as e:
        return [Check("device", False, str(e).splitlines()[0], needed=False)]


def nvidia() -> str:
    """Return what NVIDIA's driver says of its GPUs."""
    query = ["nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, check=True, timeout=SECONDS)
    except (OSError, subprocess.SubprocessError) as e:
        return f"there is a driver, but nvidia-smi says nothing ({type(e).__name__})"
    return "; ".join(done.stdout.split("\n")[:-1])


def several_processes() -> list[Check]:
    """Look for what trains in several processes."""
    where = shutil.which("mpiexec")
    have = "mpi" in packages.added()
    return [
        Check("mpiexec", where is not None, where or "none on the PATH: MPI.jl brings one", needed=False),
        Check(
            "MPI.jl",
            have,
            "installed" if have else "not installed",
            "" if have else "pyflux setup --distributed",
            needed=False,
        ),
    ]
