"""Devices that Flux computes on, and the processes that train together."""

from __future__ import annotations

import functools
import sys
from types import TracebackType

from ..._internal import console
from ...errors import EngineUnavailable
from . import julia
from .julia import CallFailed
from .julia_thread import Handle


@functools.cache
def get(name: str, precision: str = "float32") -> Handle:
    """Return the Julia device of a name; a GPU that was not asked for by name is announced, once.

    Raises:
        EngineUnavailable: It is not there; the message says why, and what to do.
    """
    call = julia.start().call
    try:
        found: Handle = call("device", name, precision)
    except CallFailed as e:
        reason = str(e).removeprefix("ArgumentError: ")
        raise EngineUnavailable(f"{reason}. {_cure(reason)}") from e.__cause__
    if name == "auto" and call("is_gpu", found):
        described = call("device_name", found)
        console.write(sys.stderr, f"pyflux: computing on {described}; device='cpu' for the CPU\n")
    return found


def name(device: str) -> str:
    """Start Julia, and return what a device such as ``"gpu"`` is, for instance an NVIDIA H100.

    Raises:
        EngineUnavailable: It is not there; the message says why.
    """
    return str(julia.start().call("device_name", get(device)))


def _cure(reason: str) -> str:
    if "not the Julia package" in reason:
        return "Run `pyflux setup --gpu`, which installs it, and start Python again"
    if "no driver" in reason:
        return "Install the GPU's driver, or use device='cpu'; `pyflux doctor` tells more"
    return "Use another device, such as device='cpu'; `pyflux doctor` tells more"


@functools.cache
def process_group() -> Handle:
    """Return the processes that mpiexec started this one with, after joining them.

    From then on a failure that nobody catches ends all of them: the others would wait for this one for ever.

    Raises:
        EngineUnavailable: There is no MPI.jl.
    """
    try:
        found: Handle = julia.start().call("process_group")
    except CallFailed as e:
        raise EngineUnavailable(
            f"distributed=True cannot be had: {e}. Run `pyflux setup --distributed`, which installs MPI.jl, "
            f"then start this program with mpiexec"
        ) from e.__cause__
    earlier = sys.excepthook

    def end_all(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        earlier(kind, error, trace)
        sys.stderr.flush()
        abort_others()

    sys.excepthook = end_all
    return found


def abort_others() -> None:
    """End all processes of a distributed training, this one too; nothing where there are no others."""
    if process_group.cache_info().currsize and julia.start().call("group_size", process_group()) > 1:
        sys.stdout.flush()
        julia.start().call("abort", process_group(), 1)
