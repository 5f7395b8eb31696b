"""Networks and weights to and from other libraries: a module for each format."""

from .html import export_html
from .keras import from_keras, to_keras
from .keras_model import KERAS_SUFFIXES, KerasModel, read_model
from .match_weights import match_weights
from .onnx import export_onnx
from .read_weights import read_weights
from .torch import from_torch, to_torch

__all__ = [
    "KERAS_SUFFIXES",
    "KerasModel",
    "export_html",
    "export_onnx",
    "from_keras",
    "from_torch",
    "match_weights",
    "read_model",
    "read_weights",
    "to_keras",
    "to_torch",
]
