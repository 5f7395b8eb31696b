"""The command line, ``pyflux COMMAND``: a module for each command."""

from .main import main

__all__ = ["main"]
