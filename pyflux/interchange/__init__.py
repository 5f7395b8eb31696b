"""Networks and weights to and from other libraries: a module for each format."""

from .onnx import export_onnx
from .weights import from_keras, from_torch, match_weights, read_weights, to_keras, to_torch

__all__ = [
    "export_onnx",
    "from_keras",
    "from_torch",
    "match_weights",
    "read_weights",
    "to_keras",
    "to_torch",
]
