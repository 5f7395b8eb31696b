"""Output to a terminal, a notebook or a log file that may not be there."""

from __future__ import annotations

import sys
from typing import TextIO


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


def write(stream: TextIO | None, text: str) -> bool:
    """Write and flush text, and return whether that worked: the stream may be missing, closed or broken.

    Characters that the stream's encoding lacks become question marks.

    >>> write(None, "nobody sees this")
    False
    """
    if stream is None:
        return False
    try:
        encoding = getattr(stream, "encoding", None) or "utf-8"
        stream.write(text.encode(encoding, errors="replace").decode(encoding))
        stream.flush()
    except (AttributeError, ValueError, OSError, LookupError):
        return False
    return True


def say(message: str) -> None:
    """Print a line on stdout, if there is one.

    >>> say("Epoch 3: early stopping")
    Epoch 3: early stopping
    """
    write(sys.stdout, f"{message}\n")
