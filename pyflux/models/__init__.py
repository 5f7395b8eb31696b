"""Models: described as in Keras, compiled, trained, evaluated and saved."""

from ..callbacks import History
from .model import Model
from .sequential import Sequential, clone_model, load

load_model = load

__all__ = ["History", "Model", "Sequential", "clone_model", "load", "load_model"]
