"""Output to a terminal, a notebook, a log file or a pipe, which may be missing or lack some characters.

Importing this module registers the error handler ``"pyflux.ascii"``, which replaces a character that an
encoding lacks by ASCII that looks like it.
"""

from __future__ import annotations

import codecs
import sys
from contextlib import suppress
from typing import TextIO

ERRORS = "pyflux.ascii"

ASCII = {
    **dict.fromkeys("┌┬┐├┼┤└┴┘", "+"),
    **dict.fromkeys("─–—", "-"),
    **dict.fromkeys("▏▎▍▌▋▊▉█", "#"),
    "│": "|",
    "·": ".",
    "…": "...",
    "→": "->",
    "⇒": "=>",
    "×": "x",
    "µ": "u",
    "≥": ">=",
    "≤": "<=",
}


def notebook() -> bool:
    """Return whether the program runs in a Jupyter kernel.

    >>> notebook()
    False
    """
    return "ipykernel" in sys.modules


def terminal(stream: TextIO | None) -> bool:
    """Return whether a stream is a terminal; one that is missing or closed is not.

    >>> terminal(None)
    False
    """
    try:
        return stream is not None and stream.isatty()
    except (AttributeError, ValueError):  # no full stream, or closed
        return False


def echo(text: str, stream: TextIO | None) -> None:
    """Write a line and flush, with ASCII for what the stream cannot encode; a missing stream takes nothing.

    Raises:
        OSError: The stream is a pipe that was closed, or a file on a full disk.

    >>> echo("3 → 4", sys.stdout)
    3 → 4
    """
    if stream is not None:
        stream.write(encodable(f"{text}\n", getattr(stream, "encoding", None)))
        stream.flush()


def say(message: str) -> None:
    """Write a line to stdout, if it can be: a program must not fail because nobody reads what it says.

    >>> say("Epoch 3: early stopping")
    Epoch 3: early stopping
    """
    write(sys.stdout, f"{message}\n")


def write(stream: TextIO | None, text: str) -> bool:
    """Write and flush text, and return whether that worked: the stream may be missing, closed or broken.

    >>> write(None, "nobody sees this")
    False
    """
    if stream is None:
        return False
    try:
        stream.write(encodable(text, getattr(stream, "encoding", None)))
        stream.flush()
    except (AttributeError, ValueError, OSError):
        return False
    return True


def encodable(text: str, encoding: str | None) -> str:
    """Return ``text`` with ASCII for the characters that an encoding lacks; None lacks none.

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
    """Let a stream replace, from now on, the characters that its encoding lacks."""
    with suppress(AttributeError, ValueError):  # a stand-in without an encoding, or closed
        stream.reconfigure(errors=ERRORS)  # type: ignore[union-attr]


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    found = error.object[error.start : error.end]
    replaced = "".join(ASCII.get(c) or c.encode("ascii", "backslashreplace").decode("ascii") for c in found)
    return replaced, error.end


codecs.register_error(ERRORS, _replace)
