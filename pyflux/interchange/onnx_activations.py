"""The activations as nodes of ONNX. To add one, add its function to `ACTIVATIONS`, or to `PARAMETRIC`.

Source: the operators at https://onnx.ai/onnx/operators/.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..activations import SELU_ALPHA, SELU_SCALE
from .onnx_graph import Graph


def _constant(graph: Graph, x: str, operator: str, number: float) -> str:
    """``x operator number``, such as ``x * 2``."""
    return graph.add(operator, x, graph.constant(f"{x}/{operator.lower()}_{len(graph.nodes)}", number))


def _gelu(graph: Graph, x: str) -> str:
    """The input times the normal distribution's share below it: one operator, but since opset 20 only."""
    phi = _constant(graph, graph.add("Erf", _constant(graph, x, "Mul", math.sqrt(0.5))), "Add", 1)
    return graph.add("Mul", _constant(graph, x, "Mul", 0.5), phi)


def _relu(
    graph: Graph, x: str, max_value: float | None, negative_slope: float = 0.0, threshold: float = 0.0
) -> str:
    above = graph.add("Greater", x, graph.constant(f"{x}/threshold", threshold))
    low = _constant(graph, _constant(graph, x, "Sub", threshold), "Mul", negative_slope)
    high = x if max_value is None else _constant(graph, x, "Min", max_value)
    return graph.add("Where", above, high, low)


def _selu(graph: Graph, x: str) -> str:
    return graph.add("Selu", x, alpha=SELU_ALPHA, gamma=SELU_SCALE)


def _hard_sigmoid(graph: Graph, x: str) -> str:
    return graph.add("HardSigmoid", x, alpha=1 / 6, beta=0.5)


def _mish(graph: Graph, x: str) -> str:
    return graph.add("Mul", x, graph.add("Tanh", graph.add("Softplus", x)))


ACTIVATIONS: dict[str, Callable[[Graph, str], str]] = {
    "linear": lambda graph, x: x,
    "relu": lambda graph, x: graph.add("Relu", x),
    "relu6": lambda graph, x: _constant(graph, graph.add("Relu", x), "Min", 6),
    "leaky_relu": lambda graph, x: graph.add("LeakyRelu", x, alpha=0.2),
    "elu": lambda graph, x: graph.add("Elu", x),
    "selu": _selu,
    "gelu": _gelu,
    "silu": lambda graph, x: graph.add("Mul", x, graph.add("Sigmoid", x)),
    "hard_sigmoid": _hard_sigmoid,
    "hard_silu": lambda graph, x: graph.add("Mul", x, _hard_sigmoid(graph, x)),
    "softplus": lambda graph, x: graph.add("Softplus", x),
    "softsign": lambda graph, x: graph.add("Softsign", x),
    "sigmoid": lambda graph, x: graph.add("Sigmoid", x),
    "tanh": lambda graph, x: graph.add("Tanh", x),
    "exponential": lambda graph, x: graph.add("Exp", x),
    "mish": _mish,
    # Axis 1 has the channels of an image here, and the features of a row: the last axis in pyflux.
    "softmax": lambda graph, x: graph.add("Softmax", x, axis=1),
    "log_softmax": lambda graph, x: graph.add("LogSoftmax", x, axis=1),
}

# Activation layers with other arguments than a name stands for.
PARAMETRIC: dict[str, Callable[[Graph, str, Any], str]] = {
    "ReLU": lambda graph, x, a: _relu(graph, x, a.max_value, a.negative_slope, a.threshold),
    "LeakyReLU": lambda graph, x, a: graph.add("LeakyRelu", x, alpha=a.negative_slope),
    "ELU": lambda graph, x, a: graph.add("Elu", x, alpha=a.alpha),
}
