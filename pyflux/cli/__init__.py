"""The command line, ``pyflux COMMAND``: a module for each command, and one for what they print."""

from .main import main

__all__ = ["main"]
