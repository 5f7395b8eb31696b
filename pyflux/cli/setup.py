"""``pyflux setup``: install and compile Julia and Flux ahead of their first use."""

from __future__ import annotations

import argparse

from ..errors import EngineUnavailable
from . import output
from .output import Report

HELP = "install and compile Julia and Flux, and start them once"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own options."""
    parser.add_argument("--gpu", action="store_true", help="also the packages for this machine's GPU")
    parser.add_argument("--distributed", action="store_true", help="also MPI.jl")


def run(a: argparse.Namespace) -> Report:
    """Install what is asked for, and start Julia."""
    from ..engines.flux import julia, packages

    if a.gpu:
        kind = packages.driver()
        if kind is None:
            raise EngineUnavailable("--gpu: no GPU driver was found; `pyflux doctor` tells more")
        packages.add(kind)
    if a.distributed:
        packages.add("mpi")
    return {"engine": "flux", "versions": julia.versions()}


def show(report: Report) -> None:
    """Print what is ready."""
    output.show("ready: " + ", ".join(f"{name} {version}" for name, version in report["versions"].items()))
