"""A training on one page: curves, mistakes, and what the network sees."""

from .page import report, write

__all__ = ["report", "write"]
