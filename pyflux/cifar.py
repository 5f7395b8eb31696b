"""CIFAR-10; `pyflux.datasets.cifar10` by a shorter name."""

from .datasets.cifar10 import BinaryDataset, cifar10

__all__ = ["BinaryDataset", "cifar10"]
