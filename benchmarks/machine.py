"""A description of the machine that the benchmarks run on."""

import datetime
import os
import platform
from pathlib import Path
from typing import Any

import numpy as np

import pyflux


def describe() -> dict[str, Any]:
    """Return the machine, the versions and the load, as plain data."""
    return {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "cpu": cpu(),
        "cores": cores(),
        "memory_gb": memory(),
        "system": platform.platform(),
        "load": [round(x, 2) for x in os.getloadavg()] if hasattr(os, "getloadavg") else None,
        "versions": {
            "pyflux": pyflux.__version__,
            "Python": platform.python_version(),
            "NumPy": np.__version__,
        },
    }


def cpu() -> str:
    """Return the processor's name as the system reports it, with its family, model and stepping."""
    info = Path("/proc/cpuinfo")
    if not info.exists():
        return platform.processor() or platform.machine()
    fields = dict(
        (part.strip() for part in line.split(":", 1)) for line in info.read_text().splitlines() if ":" in line
    )
    name = fields.get("model name", platform.machine())
    numbers = [f"{key} {fields[key]}" for key in ("cpu family", "model", "stepping") if key in fields]
    return f"{name} ({', '.join(numbers)})" if numbers else name


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory() -> float | None:
    """Return the machine's memory in GB, or None if the system does not report it."""
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)
    except (AttributeError, ValueError, OSError):
        return None


def busy() -> str | None:
    """Return a warning if other programs are running, or None."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    if load < 0.25 * cores():
        return None
    return (
        f"the load is {load:.1f} on {cores()} cores: other programs are running and will distort the results"
    )


def line(machine: dict[str, Any]) -> str:
    """Return the description in one line."""
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    load = f", load {machine['load'][0]} at the start" if machine["load"] else ""
    return f"{machine['cores']} cores of {machine['cpu']}; {versions}; {machine['date'][:10]}{load}"
