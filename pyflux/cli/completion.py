"""``pyflux completion``: the script that lets a shell complete commands and options."""

from __future__ import annotations

import argparse

from .._internal.extras import require
from . import output
from .output import Report

HELP = "print the script that lets a shell complete pyflux's commands"

SHELLS = ("bash", "zsh", "fish")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own options."""
    parser.add_argument("shell", choices=SHELLS, help="the shell")


def run(a: argparse.Namespace) -> Report:
    """Generate the script from the parser of the command line."""
    from .main import parser

    shtab = require("shtab", extra="completion", purpose="the completion of commands")
    return {"shell": a.shell, "script": shtab.complete(parser(), shell=a.shell)}


def show(report: Report) -> None:
    """Print the script."""
    output.show(report["script"])
