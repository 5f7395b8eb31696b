"""CIFAR-10; `pyflux.datasets.cifar10` by a shorter name."""

from .datasets import BinaryDataset, cifar10

__all__ = ["BinaryDataset", "cifar10"]
