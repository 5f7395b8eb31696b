"""Julia and its packages on this machine: what is there, what is missing, and installing it.

juliapkg finds or downloads Julia, and installs the packages of every ``juliapkg.json``. It runs in a process
of its own, so that what it and Julia's package manager print becomes a few lines.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from typing import Any

from ..._internal import console
from ..._internal.environment import verbose

RESOLVE = "import juliapkg; juliapkg.resolve()"

# What juliapkg and Pkg print, and what is said in its place, once each.
STEPS = (
    (r"About to install Julia (\S+)", "downloading Julia {0}"),
    (r"Installing Julia (\S+) using", "downloading Julia {0} with juliaup"),
    (r"Using Julia (\S+) at (.+)", "Julia {0} at {1}"),
    (r"Installing packages", "installing Flux and the packages that it needs"),
    (r"Precompiling packages|Precompiling project", "compiling them, which takes some minutes"),
    (
        r"Being precompiled by another process \(pid: (\d+)",
        "waiting for process {0}, which compiles the same",
    ),
    (r"Waiting for lock on (.+?) to be freed", "waiting for another process that installs the same ({0})"),
)

# What went wrong, by a part of the message, and what to do.
CURES = (
    (
        r"could not find Julia|is not a Julia executable|WARNING: You have Julia",
        "There is no Julia of a version that pyflux was tested with: put one on the PATH, or let "
        "`pyflux setup` download it where there is a network",
    ),
    (
        r"empty intersection|Unsatisfiable requirements|entries are not unique",
        "Another package of this Python asks for other versions: install pyflux in a virtual environment "
        "of its own",
    ),
    (
        r"must be set together",
        "Set both PYTHON_JULIACALL_EXE and PYTHON_JULIACALL_PROJECT, or neither",
    ),
    (
        r"PythonCall.*not found|ArgumentError: Package (\S+) (?:not found|does not have)|get_extension|"
        r"Manifest|expected package .* to be registered",
        "Julia's environment for this Python is incomplete or was changed by another program: delete its "
        "folder, which `pyflux doctor` names, and run `pyflux setup`",
    ),
    (
        r"resolve host|Could not resolve|Connection|URLError|timed out|Network|HTTPSConnection|RequestError",
        "The first start downloads what it needs: run `pyflux setup` where there is a network",
    ),
    (
        r"Failed to precompile|precompil",
        "A Julia package could not be compiled: run `pyflux -v setup` to see why",
    ),
)
GENERAL_CURE = "Run `pyflux doctor`, which looks for what is wrong"


class InstallationFailed(Exception):
    """juliapkg ended with an error; the message is what it said last."""


def uses_juliapkg() -> bool:
    """Whether juliapkg finds Julia, and not the user's ``PYTHON_JULIACALL_EXE`` and ``_PROJECT``."""
    return not all(
        f"PYTHON_JULIACALL_{name}" in os.environ or f"juliacall-{name.lower()}" in sys._xoptions
        for name in ("EXE", "PROJECT")
    )


def is_complete() -> bool:
    """Whether all is installed, so that a start needs no network."""
    if not uses_juliapkg():
        return True
    import juliapkg

    return bool(juliapkg.resolve(dry_run=True))


def ensure() -> None:
    """Install what is missing, and say so meanwhile.

    Raises:
        InstallationFailed: It cannot be had.
    """
    if is_complete():
        return
    console.write(sys.stderr, "pyflux: setting up Julia for its first use with this Python\n")
    command = [sys.executable, "-c", RESOLVE]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        assert process.stdout is not None
        lines = follow(process.stdout)
    if process.returncode != 0:
        raise InstallationFailed(last_error(lines))
    console.write(sys.stderr, "pyflux: Julia is set up\n")


def follow(output: Iterable[str]) -> list[str]:
    """Say how far it is, and return the lines."""
    lines, said = [], set()
    for line in output:
        lines.append(line)
        if verbose():
            console.write(sys.stderr, line)
            continue
        for pattern, message in STEPS:
            if (found := re.search(pattern, line)) and pattern not in said:
                said.add(pattern)
                console.write(sys.stderr, f"pyflux: {message.format(*found.groups())}\n")
    return lines


def last_error(lines: list[str]) -> str:
    """Return the lines that say what failed: Julia's, else the last of Python's traceback."""
    text = [line.strip() for line in lines if line.strip()]
    julia = [line for line in text if re.match(r"(\[juliapkg\] )?(ERROR|WARNING):", line)]
    python = text[-1:]
    if python and "CalledProcessError" in python[0] and julia:
        return julia[-1]
    return "; ".join([*julia[-1:], *python])


def explain(error: BaseException) -> str:
    """Return why Julia could not be started, and what to do."""
    text = reason(error)
    advice = next((cure for part, cure in CURES if re.search(part, str(error))), GENERAL_CURE)
    return (
        f"Julia could not be started: {text}. {advice}. engine='reference' computes the same in NumPy, "
        f"without Julia"
    )


def obstacle(timeout: float) -> str | None:
    """Return why Julia cannot be had here, or None; see `julia.unavailable_reason`."""
    try:
        if is_complete():
            return None
    except Exception as e:  # juliapkg is missing, or its files are broken
        return reason(e)
    import requests
    from juliapkg import install_julia

    server = os.environ.get("JULIA_PKG_SERVER") or install_julia._julia_versions_url
    try:
        requests.head(server, timeout=timeout / 4)
    except requests.RequestException:
        if shutil.which("julia") is None:
            return f"there is no julia on the PATH, and {server} cannot be reached to download it"
        # A Julia on the PATH may have all packages already.
        os.environ.setdefault("JULIA_PKG_OFFLINE", "true")
    return None


def project() -> str:
    """Return the folder of Julia's environment for this Python, without starting Julia."""
    own = os.environ.get("PYTHON_JULIACALL_PROJECT") or sys._xoptions.get("juliacall-project")
    if not uses_juliapkg() and isinstance(own, str):
        return own
    from juliapkg.state import STATE

    folder: Any = STATE["project"]
    return str(folder)


def reason(error: BaseException) -> str:
    """Return the first line of an error, with its class where that says more."""
    lines = str(error).strip().splitlines() or [""]
    if isinstance(error, InstallationFailed):
        return lines[0]
    return f"{type(error).__name__}: {lines[0]}" if lines[0] else type(error).__name__
