"""A description of the machine that the benchmarks run on."""

import datetime
import math
import os
import platform
import time
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
        "vectors": vectors(),
        "product_gflops": product(),
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


def vectors() -> str:
    """Return the widest vectors of the processor that NumPy knows of."""
    try:
        from numpy._core._multiarray_umath import __cpu_features__ as features
    except ImportError:
        return "unknown vectors"
    known = {"AVX512F": "AVX-512", "AVX2": "AVX2", "NEON": "NEON", "ASIMD": "NEON"}
    return next((title for name, title in known.items() if features.get(name)), "no AVX2")


def product(n: int = 2048, times: int = 10) -> float:
    """Return the speed of NumPy's fastest product of n × n float32 matrices, in GFLOP/s."""
    a = np.random.default_rng(0).random((n, n), dtype=np.float32)
    shortest = math.inf
    for _ in range(times):
        start = time.perf_counter()
        a @ a
        shortest = min(shortest, time.perf_counter() - start)
    return round(2e-9 * n**3 / shortest, 1)


class Neighbours:
    """How much of the machine's cores other programs take while a process runs."""

    def __init__(self) -> None:
        self._busy, self._ours, self._time = busy_seconds(), children_seconds(), time.perf_counter()

    def share(self) -> float:
        """Return the share of all cores that others have taken since the start; 0 where it is not known."""
        if (busy := busy_seconds()) is None or self._busy is None:
            return 0.0
        others = busy - self._busy - (children_seconds() - self._ours)
        return max(0.0, others / (cores() * (time.perf_counter() - self._time)))


def busy_seconds() -> float | None:
    """Return the seconds that all cores have worked, or were taken by another machine, since the start."""
    stat = Path("/proc/stat")
    if not stat.exists():
        return None
    user, nice, system, _, _, irq, softirq, steal = map(int, stat.read_text().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def children_seconds() -> float:
    """Return the CPU seconds of this process and of those that it started and that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


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
    parts = [f"{machine['cores']} cores of {machine['cpu']}"]
    if "vectors" in machine:
        parts.append(f"{machine['vectors']}, matrix product {machine['product_gflops']:.0f} GFLOP/s")
    return "; ".join([*parts, versions, machine["date"][:10] + load])
