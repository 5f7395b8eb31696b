"""Models: described as in Keras, compiled, trained, evaluated and saved."""

from .history import History
from .sequential import Sequential, load

__all__ = ["History", "Sequential", "load"]
