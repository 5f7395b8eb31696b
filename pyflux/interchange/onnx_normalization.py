"""Layers that normalize, as nodes of ONNX.

Source: the operators at https://onnx.ai/onnx/operators/.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .onnx_graph import Graph, Step


def batch_normalization(graph: Graph, step: Step, x: str) -> str:
    """``BatchNormalization``, with the moving averages."""
    channels = step.given[-1:]
    arrays = {"gamma": np.ones(channels), "beta": np.zeros(channels)} | step.weights
    inputs = [graph.constant(f"{step.name}/{weight}", array) for weight, array in arrays.items()]
    return graph.add("BatchNormalization", x, *inputs, epsilon=step.layer.epsilon)


def _spread(step: Step) -> tuple[int, ...]:
    """Return the shape of an array that has a value for each channel: channels, or features, are axis 1."""
    return (-1, *[1] * (len(step.given) - 1))


def _scale_and_shift(graph: Graph, step: Step, x: str) -> str:
    for weight, operator in (("gamma", "Mul"), ("beta", "Add")):
        if weight in step.weights:
            array = step.weights[weight].reshape(_spread(step))
            x = graph.add(operator, x, graph.constant(f"{step.name}/{weight}", array))
    return x


def _without_mean_and_variance(graph: Graph, step: Step, x: str, axes: tuple[int, ...]) -> str:
    """Add what gives the values along some axes mean 0 and variance 1."""
    options: dict[str, Any] = {"axes": axes, "keepdims": 1}
    centred = graph.add("Sub", x, graph.add("ReduceMean", x, **options))
    variance = graph.add("ReduceMean", graph.add("Mul", centred, centred), **options)
    epsilon = graph.constant(f"{step.name}/epsilon", step.layer.epsilon)
    return graph.add("Div", centred, graph.add("Sqrt", graph.add("Add", variance, epsilon)))


def layer_normalization(graph: Graph, step: Step, x: str) -> str:
    """Over the channels, which are axis 1 where ``LayerNormalization`` wants the last axes."""
    return _scale_and_shift(graph, step, _without_mean_and_variance(graph, step, x, (1,)))


def group_normalization(graph: Graph, step: Step, x: str) -> str:
    """Over all values of a group, in an axis of their own. ``GroupNormalization`` came later."""
    channels = step.given[-1]
    groups = graph.integers(f"{step.name}/groups", (0, step.layer.groups_of(channels), -1))
    shape = graph.integers(f"{step.name}/shape", (-1, channels, *step.given[:-1]))
    grouped = _without_mean_and_variance(graph, step, graph.add("Reshape", x, groups), (2,))
    return _scale_and_shift(graph, step, graph.add("Reshape", grouped, shape))


def normalization(graph: Graph, step: Step, x: str) -> str:
    """``Sub`` and ``Div``."""
    mean, deviation = step.layer.statistics([step.weights.get(n) for n in ("mean", "variance")])
    for operator, name, array in (("Sub", "mean", mean), ("Div", "deviation", deviation)):
        x = graph.add(operator, x, graph.constant(f"{step.name}/{name}", array.reshape(_spread(step))))
    return x
