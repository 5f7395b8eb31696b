"""``pyflux export``: a saved model in another format."""

from __future__ import annotations

import argparse

from .. import interchange, models
from .._internal import validation
from . import output
from .output import Report

HELP = "write a saved model as a web page that runs it, or as an ONNX file"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own options."""
    parser.add_argument("model", metavar="MODEL", help="a file that `pyflux train --save` wrote")
    target = parser.add_mutually_exclusive_group(required=True)
    target.add_argument("--html", metavar="FILE", help="one web page that runs the network in the browser")
    target.add_argument(
        "--onnx", metavar="FILE", help="an ONNX file, for other programs; needs the extra onnx"
    )


def run(a: argparse.Namespace) -> Report:
    """Read the model and write the file."""
    kind = "html" if a.html is not None else "onnx"
    path = validation.output_file(f"--{kind}", a.html if kind == "html" else a.onnx)
    model = models.load(a.model, engine="reference")
    (interchange.export_html if kind == "html" else interchange.export_onnx)(model, path)
    return {"model": a.model, "format": kind, "file": str(path), "bytes": path.stat().st_size}


def show(report: Report) -> None:
    """Print what was written."""
    output.show(f"wrote {report['file']} ({report['bytes']:,} bytes)")
