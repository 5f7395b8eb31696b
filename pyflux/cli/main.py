"""The command line: parse, run a command, print its report, and end with the right exit code."""

from __future__ import annotations

import argparse
import errno
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import nullcontext
from types import ModuleType
from typing import TYPE_CHECKING, NoReturn

from .. import __version__
from .._internal import console, environment
from ..engines import abort_others
from ..errors import PyFluxError
from . import (
    cache,
    completion,
    demo,
    doctor,
    evaluate,
    export,
    options,
    output,
    predict,
    setup,
    train,
    verify,
)
from .output import Report

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

COMMANDS: dict[str, ModuleType] = {
    "train": train,
    "evaluate": evaluate,
    "predict": predict,
    "verify": verify,
    "export": export,
    "demo": demo,
    "setup": setup,
    "doctor": doctor,
    "cache": cache,
    "completion": completion,
}

# Exit codes. The last two are what a shell gives for a program that ends by SIGINT or SIGPIPE.
DONE, FAILED, USAGE, INTERRUPTED, CLOSED_PIPE = 0, 1, 2, 130, 141

EPILOG = """\
examples:
  pyflux train --save digits.safetensors       three epochs of MNIST in Flux, saved to a file
  pyflux evaluate digits.safetensors           its accuracy on the test images
  pyflux predict digits.safetensors seven.png  which digit is it?
  pyflux verify digits.safetensors             train it again: are the weights the same?
  pyflux demo                                  a training with whatever this machine has
  pyflux setup                                 install and compile Julia and Flux now, for later use offline
  pyflux doctor                                check the installation and print the command for each problem
  mpiexec -n 4 pyflux train --distributed      one training in four processes

`pyflux COMMAND --help` explains a command.
Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted, 141 the reader of the output went away.
"""


class UsageError(Exception):
    """The command line could not be parsed; ``usage`` shows how it must be."""

    def __init__(self, message: str, usage: str) -> None:
        super().__init__(message)
        self.usage = usage


class Parser(argparse.ArgumentParser):
    """A parser that raises `UsageError` where argparse would end the process."""

    def error(self, message: str) -> NoReturn:
        """Raise the error."""
        raise UsageError(message, self.format_usage())

    def print_help(self, file: SupportsWrite[str] | None = None) -> None:
        """Print the help; where that fails, argparse would say nothing."""
        print(self.format_help(), end="", file=file or sys.stdout)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    >>> main(["train", "--epochs", "0", "--json"])
    {"error": {"type": "UsageError", "message": "argument --epochs: epochs must be at least 1, got 0"}}
    2
    """
    arguments = sys.argv[1:] if argv is None else list(argv)
    console.replace_unencodable(sys.stdout)
    console.replace_unencodable(sys.stderr)
    try:
        code = run(arguments)
        output.flush()
        return code
    except OSError as e:
        output.discard()
        abort_others()
        if isinstance(e, BrokenPipeError) or (os.name == "nt" and e.errno == errno.EINVAL):
            return CLOSED_PIPE  # as in `pyflux doctor | head -1`
        output.note(f"pyflux: the output could not be written: {e}")  # stdout is a file on a full disk
        return FAILED


def run(arguments: Sequence[str]) -> int:
    """Run a command, print its report or its error, and return its exit code."""
    as_json = "--json" in arguments
    try:
        parsed = parser().parse_args(arguments)
    except UsageError as e:
        return fail(e, USAGE, as_json, f"{e.usage}pyflux: error: {e}")
    except SystemExit as e:  # --help or --version, printed by argparse
        return int(e.code or DONE)
    as_json = parsed.json
    if parsed.verbose:
        environment.set_verbose()
    command: ModuleType = parsed.command
    try:
        with output.stdout_to_stderr() if as_json else nullcontext():
            report: Report = command.run(parsed)
    except KeyboardInterrupt as e:
        return fail(e, INTERRUPTED, as_json, "pyflux: interrupted")
    except BrokenPipeError:
        raise
    except Exception as e:
        expected = isinstance(e, (PyFluxError, ValueError, TypeError, OSError))
        if environment.verbose() or not expected:
            output.note("".join(traceback.format_exception(e)).rstrip())
        code = fail(e, FAILED, as_json, f"pyflux: {e}" if str(e) else f"pyflux: {type(e).__name__}")
        abort_others()
        return code
    code = report.pop("exit_code", DONE)
    if report.pop("rank", 0) > 0:
        return int(code)  # the first process of a distributed training prints for all
    if as_json:
        output.show_json(report)
    else:
        command.show(report)
    return int(code)


def fail(error: BaseException, code: int, as_json: bool, message: str) -> int:
    """Print an error, on stderr for people and with --json on stdout for programs; return ``code``."""
    output.note(message)
    if as_json:
        name, said = type(error).__name__, str(error) or message.removeprefix("pyflux: ")
        output.show_json({"error": {"type": name, "message": said}})
    return code


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = Parser(
        prog="pyflux",
        description="Neural networks of Flux.jl from Python: train on handwritten digits, evaluate, predict.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"pyflux {__version__}")
    options.add_common_options(top, default=False)
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, module in COMMANDS.items():
        added = commands.add_parser(name, help=module.HELP, description=f"{module.HELP}.")
        module.add_arguments(added)
        options.add_common_options(added, default=argparse.SUPPRESS)
        added.set_defaults(command=module)
    return top
