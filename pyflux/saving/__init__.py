"""Saved models: what a file holds, and how it is written and read."""

from .saved_model import SavedModel, read, weights_for, write

__all__ = ["SavedModel", "read", "weights_for", "write"]
