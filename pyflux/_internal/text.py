"""Printing to streams that may not take every character, such as one redirected to a file on Windows.

Importing this module registers the error handler ``"pyflux.ascii"``, which replaces a character that an
encoding does not have by ASCII that looks like it.
"""

from __future__ import annotations

import codecs
from typing import TextIO

ERRORS = "pyflux.ascii"

ASCII = {
    **dict.fromkeys("┌┬┐├┼┤└┴┘", "+"),
    **dict.fromkeys("─–—", "-"),
    "│": "|",
    "·": ".",
    "…": "...",
    "→": "->",
    "⇒": "=>",
    "×": "x",
    "µ": "u",
    "≥": ">=",
    "≤": "<=",
    **dict.fromkeys("▏▎▍▌▋▊▉█", "#"),
}


def echo(text: str, stream: TextIO | None) -> None:
    """Print a line, with ASCII for the characters that the stream cannot encode.

    ``stream`` is ``sys.stdout`` or ``sys.stderr``, which are None where a program has no console; then
    nothing is printed.

    >>> import sys
    >>> echo("3 → 4", sys.stdout)
    3 → 4
    """
    if stream is not None:
        print(encodable(text, getattr(stream, "encoding", None)), file=stream, flush=True)


def encodable(text: str, encoding: str | None) -> str:
    """Return ``text`` with ASCII for the characters that an encoding does not have; None has all.

    >>> encodable("│ 3 × 4 → 12 │", "ascii")
    '| 3 x 4 -> 12 |'
    """
    if encoding is None:
        return text
    try:
        return text.encode(encoding, ERRORS).decode(encoding)
    except LookupError:  # an encoding that Python does not know
        return text


def replace_unencodable(stream: TextIO | None) -> None:
    """Let a stream replace, from now on, what it cannot encode."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors=ERRORS)


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a stream is there and is a terminal."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # it is closed
        return False


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    found = error.object[error.start : error.end]
    replaced = "".join(ASCII.get(c) or c.encode("ascii", "backslashreplace").decode("ascii") for c in found)
    return replaced, error.end


codecs.register_error(ERRORS, _replace)
