"""Saved models: what a file holds, and how it is written and read."""

from .saved_model import SavedModel, read, weights_for, write, write_weights

__all__ = ["SavedModel", "read", "weights_for", "write", "write_weights"]
