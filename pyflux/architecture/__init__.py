"""A network as a value: named layers in order, each with the shapes that go in and come out."""

from .config import from_config
from .names import call_name, numbered, unique_names
from .network import Architecture
from .node import Node, WeightSpec

__all__ = ["Architecture", "Node", "WeightSpec", "call_name", "from_config", "numbered", "unique_names"]
