"""The optimizers, and schedules of their learning rates."""

from . import schedules
from .optimizer import OPTIMIZERS, SGD, Adam, AdamW, Optimizer, RMSprop, from_config, get

__all__ = ["OPTIMIZERS", "SGD", "Adam", "AdamW", "Optimizer", "RMSprop", "from_config", "get", "schedules"]
