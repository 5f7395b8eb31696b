"""Environment variables that change what pyflux prints."""

from __future__ import annotations

import os


def verbose() -> bool:
    """Whether ``PYFLUX_VERBOSE`` asks for everything that Julia prints; "", 0, no, off and false do not."""
    return os.environ.get("PYFLUX_VERBOSE", "").strip().lower() not in ("", "0", "no", "off", "false")


def set_verbose() -> None:
    """Set ``PYFLUX_VERBOSE`` for this process and those that it starts."""
    os.environ["PYFLUX_VERBOSE"] = "1"
