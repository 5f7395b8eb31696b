"""What every worker in Python does: take its job, read the samples, tell what it measured.

A job is one JSON object, the only argument. What a worker measures it prints as JSON lines, each
``{"measure": name, "value": value}``; a name may come again and again. Anything else on stdout is ignored.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Job = dict[str, Any]


def run(tasks: dict[str, Callable[[Job], None]]) -> None:
    """Do the task that the job names, and tell how much memory it took."""
    job: Job = json.loads(sys.argv[1])
    tasks[job["task"]](job)
    if (peak := peak_bytes()) is not None:
        tell("peak_bytes", peak)


def tell(measure: str, value: Any) -> None:
    print(json.dumps({"measure": measure, "value": value}), flush=True)


def samples(job: Job) -> tuple[np.ndarray, np.ndarray]:
    """Return the job's images ``(N, height, width, channels)`` and labels ``(N,)``, both uint8."""
    return np.fromfile(job["images"], np.uint8).reshape(job["shape"]), np.fromfile(job["labels"], np.uint8)


def warmup(job: Job) -> int:
    """How many images have every shape of batch in them: two whole batches and the rest of an epoch."""
    n, size = job["shape"][0], job["batch_size"]
    return min(n, 2 * size + n % size)


def seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def peak_bytes() -> int | None:
    """Return the most memory that this process has had, or None where the system does not say.

    Linux counts the memory of the process that started this one in ``ru_maxrss``, so VmHWM goes first.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    try:
        import resource
    except ImportError:  # Windows
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
