"""Models: described as in Keras, compiled, trained, evaluated and saved."""

from ..callbacks import History
from .functional import Functional
from .model import Model
from .sequential import Sequential, clone_model, load

load_model = load

__all__ = ["Functional", "History", "Model", "Sequential", "clone_model", "load", "load_model"]
