"""The file format of MNIST; `pyflux.datasets.idx` by a shorter name."""

from .datasets.idx import read_idx

__all__ = ["read_idx"]
