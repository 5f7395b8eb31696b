"""``pyflux cache``: where downloads and the Julia environment are kept, their size, and clearing them."""

from __future__ import annotations

import argparse
import os
import shutil
from pathlib import Path

from ..datasets.base import cache_folder
from ..engines.flux import installation
from . import output
from .output import Report

HELP = "show what is kept on this machine and how large it is, or clear it"

KINDS = ("datasets", "weights", "julia")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own options."""
    parser.add_argument(
        "--clear", choices=[*KINDS, "all"],
        help="delete downloaded data sets, downloaded weights, this Python's Julia environment, or all three",
    )  # fmt: skip


def run(a: argparse.Namespace) -> Report:
    """Measure the folders; delete those that are asked for."""
    found = folders()
    if a.clear in ("julia", "all") and not installation.uses_juliapkg():
        raise ValueError(
            f"--clear {a.clear}: {found['julia']} is the environment that PYTHON_JULIACALL_PROJECT names, "
            "which pyflux did not make; clear the other kinds one by one"
        )
    kept = []
    for kind, folder in found.items():
        entry = {"kind": kind, "folder": str(folder), "bytes": size(folder), "cleared": False}
        if a.clear in (kind, "all") and folder.is_dir():
            shutil.rmtree(folder)
            entry["cleared"] = True
        kept.append(entry)
    return {"kept": kept}


def show(report: Report) -> None:
    """Print a line for each folder."""
    for entry in report["kept"]:
        done = ", deleted" if entry["cleared"] else ""
        output.show(f"{entry['kind']:>9}  {entry['bytes'] / 1e6:>9.1f} MB  {entry['folder']}{done}")


def folders() -> dict[str, Path]:
    """Return the folders by kind, whether they exist or not."""
    return {
        "datasets": cache_folder("datasets"),
        "weights": cache_folder("weights"),
        "julia": Path(installation.project()),
    }


def size(folder: Path) -> int:
    """Return the size of all files in a folder in bytes, 0 if there is none. Links are not followed."""
    return sum(
        os.lstat(os.path.join(root, name)).st_size for root, _, names in os.walk(folder) for name in names
    )
