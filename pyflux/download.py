"""Verified downloads; `pyflux.datasets.download` by a shorter name."""

from .datasets.download import Deadline, fetch

__all__ = ["Deadline", "fetch"]
