"""What every Python worker does: read its job and the samples, and report measurements.

A job is a JSON object, the only command-line argument. A worker prints its measurements as JSON lines,
``{"measure": name, "value": value}``, as many of one name as it likes. Anything else on stdout is ignored.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

Job = dict[str, Any]
T = TypeVar("T")


def run(tasks: dict[str, Callable[[Job], None]]) -> None:
    """Run the task that the job names, and report the peak memory."""
    job: Job = json.loads(sys.argv[1])
    tasks[job["task"]](job)
    report("cpu_seconds_in_all", time.process_time())
    if (peak := peak_bytes()) is not None:
        report("peak_bytes", peak)


def report(measure: str, value: Any) -> None:
    print(json.dumps({"measure": measure, "value": value}), flush=True)


def samples(job: Job) -> tuple[np.ndarray, np.ndarray]:
    """Return the job's images ``(N, height, width, channels)`` and labels ``(N,)``, both uint8."""
    return np.fromfile(job["images"], np.uint8).reshape(job["shape"]), np.fromfile(job["labels"], np.uint8)


def warmup(job: Job) -> int:
    """Return how many images contain every size of batch: two full ones and an epoch's last."""
    n, size = job["shape"][0], job["batch_size"]
    return min(n, 2 * size + n % size)


def seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def fastest(choices: list[T], use: Callable[[T], object], times: int) -> T:
    """Return the choice that takes the least time, each warmed up once."""
    if len(choices) == 1:
        use(choices[0])
        return choices[0]
    times_taken = []
    for choice in choices:
        use(choice)
        times_taken.append(min(seconds(lambda choice=choice: use(choice)) for _ in range(times)))
    return choices[times_taken.index(min(times_taken))]


def peak_bytes() -> int | None:
    """Return the peak memory of this process in bytes, or None if the system does not report it.

    VmHWM is preferred: on Linux ``ru_maxrss`` includes the memory of the process that started this one.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
