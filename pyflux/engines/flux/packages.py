"""The Julia packages beyond Flux: what drives a GPU, and MPI. They are large: who asks gets them.

pip cannot add a ``juliapkg.json`` for an extra without a second distribution that carries it. So the packages
go into the requirements that juliapkg keeps for this Python environment, before Julia starts, and juliapkg
resolves and installs them together with Flux, as it does with what a ``juliapkg.json`` names. They are asked
for by ``device="gpu"``, by ``pyflux setup --gpu``, or by the extra: ``pip install "pyflux-julia[cuda]"``
brings NVIDIA's small ``nvidia-ml-py``, whose presence, with a driver, counts as asking.
"""

from __future__ import annotations

import ctypes
import importlib.util
import platform
import sys
import tomllib
from pathlib import Path

from . import installation

PACKAGES = {
    "cuda": {
        "CUDA": ("052768ef-5323-5732-b1bb-66c8b64840ba", "5.8, 6"),
        "cuDNN": ("02a925ec-e4fe-4b08-9a7e-0d78e3d38ccd", "1.4, 6"),
    },
    "amdgpu": {"AMDGPU": ("21141c5a-9bdb-4563-92ae-f87d6854732e", "1, 2")},
    "metal": {"Metal": ("dde4c033-4e86-420c-a63e-0dd931031962", "1")},
    "mpi": {"MPI": ("da04e1cc-30fd-572f-bb4f-1f8673147195", "0.20.19")},
}

# The libraries of the drivers.
_DRIVERS = {"cuda": ("libcuda.so.1", "nvcuda.dll"), "amdgpu": ("libamdhip64.so", "amdhip64.dll")}


def driver() -> str | None:
    """Return the kind of GPU that has a driver here: ``"cuda"``, ``"amdgpu"``, ``"metal"`` or None."""
    if sys.platform == "darwin":
        return "metal" if platform.machine() == "arm64" else None
    for kind, names in _DRIVERS.items():
        for name in names:
            try:
                ctypes.CDLL(name)
            except OSError:
                continue
            return kind
    return None


def needed(device: str) -> list[str]:
    """Return the kinds of packages that a device needs here.

    >>> needed("cpu")
    []
    """
    if device == "cpu" or (device == "auto" and importlib.util.find_spec("pynvml") is None):
        return []
    kind = driver()
    return [] if kind is None or (device == "auto" and kind != "cuda") else [kind]


def add(kind: str) -> bool:
    """Put packages into what juliapkg installs for this Python; return whether that is new."""
    import juliapkg
    from juliapkg.deps import load_cur_deps

    have = load_cur_deps().get("packages", {})
    new = [name for name in PACKAGES[kind] if name not in have]
    for name in new:
        uuid, version = PACKAGES[kind][name]
        juliapkg.add(name, uuid, version=version)
    return bool(new)


def added() -> list[str]:
    """Return the kinds of packages that juliapkg has been asked for."""
    from juliapkg.deps import load_cur_deps

    have = load_cur_deps().get("packages", {})
    return [kind for kind, names in PACKAGES.items() if all(name in have for name in names)]


def versions() -> dict[str, str]:
    """Return the versions of the Julia packages that are installed for this Python, by name.

    They are read from the manifest of Julia's environment: Julia is not started, and nothing is installed.
    """
    found: dict[str, str] = {}
    for manifest in sorted(Path(installation.project()).glob("Manifest*.toml")):
        for name, entries in tomllib.loads(manifest.read_text("utf-8")).get("deps", {}).items():
            found.update((name, entry["version"]) for entry in entries if "version" in entry)
    return found
