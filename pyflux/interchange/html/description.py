"""What the page's JavaScript is told of a network: plain data, and the weights as text.

To add a layer, write what ``layers.js`` needs to know of it here, in `LAYERS`, and its function there, in
the table of the same name.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...architecture import Architecture, Node
from ...inputs import Floats, Shape
from ...layers import ActivationLayer
from ...layers.arguments import sides

Options = dict[str, Any]


def describe(architecture: Architecture, weights: Sequence[Floats]) -> dict[str, Any]:
    """Return a network as data that JSON can hold.

    Args:
        architecture: The network.
        weights: Its weights, in Keras's order and layout.

    Raises:
        ValueError: The page has no JavaScript for a layer or an activation; the error names it.

    >>> from pyflux.layers import Flatten
    >>> network = describe(Architecture((Flatten(),), (2, 2, 1)), [])
    >>> network["nodes"]  # doctest: +NORMALIZE_WHITESPACE
    [{'name': 'flatten', 'layer': 'Flatten', 'inputs': [-1], 'owner': None, 'inputShapes': [[2, 2, 1]],
      'outputShape': [4], 'options': {}, 'activation': {'name': 'linear'}, 'weights': {}}]
    """
    remaining = iter(weights)
    nodes = []
    for node in architecture.nodes:
        kind = type(node.layer).__name__
        if kind not in LAYERS | MERGING:
            raise ValueError(
                f"layer {node.name!r} ({kind}) cannot run in the page yet; known: {', '.join(LAYERS)}. "
                f"Add it to LAYERS in pyflux/interchange/html/description.py and layers.js"
            )
        nodes.append(
            {
                "name": node.name,
                "layer": kind,
                "inputs": list(node.inputs),
                "owner": node.owner,
                "inputShapes": [list(shape) for shape in node.input_shapes],
                "outputShape": list(node.output_shape),
                "options": (LAYERS | MERGING)[kind](node),
                "activation": _activation(node),
                "weights": {name: as_text(next(remaining)) for name in node.weight_shapes},
            }
        )
    return {
        "inputShape": list(architecture.input_shape),
        "scale": 1 / 255 if architecture.scales_bytes else 1.0,
        "nodes": nodes,
    }


def as_text(array: Floats) -> str:
    """Return an array's numbers in row-major order as base64 of little-endian float32.

    >>> as_text(np.ones(1))
    'AACAPw=='
    """
    return base64.b64encode(np.ascontiguousarray(array, "<f4").tobytes()).decode()


def _activation(node: Node) -> dict[str, Any]:
    activation = getattr(node.layer, "activation", "linear")
    if isinstance(activation, ActivationLayer):
        return _parameters(activation)
    if activation not in ACTIVATIONS:
        raise ValueError(
            f"activation {activation!r} of layer {node.name!r} cannot run in the page yet; known: "
            f"{', '.join(ACTIVATIONS)}. Add it to ACTIVATIONS in pyflux/interchange/html/description.py and "
            f"activations.js"
        )
    return {"name": activation}


def _parameters(layer: ActivationLayer) -> dict[str, Any]:
    """Return an activation layer with arguments that no name stands for."""
    arguments = {key: value for key, value in layer.config().items() if key in _ARGUMENTS}
    return {"name": type(layer).__name__} | arguments


_ARGUMENTS = ("negative_slope", "max_value", "threshold", "alpha")

#: Names of activations, as in the table of the same name in ``activations.js``.
ACTIVATIONS = (
    "linear", "relu", "relu6", "leaky_relu", "elu", "selu", "gelu", "silu", "hard_sigmoid", "hard_silu",
    "softplus", "softsign", "sigmoid", "tanh", "exponential", "mish", "softmax", "log_softmax",
    "ReLU", "LeakyReLU", "ELU",
)  # fmt: skip


def _nothing(node: Node) -> Options:
    return {}


def _window(node: Node, image: Shape | None = None) -> Options:
    window = node.layer.window  # type: ignore[attr-defined]  # those that are asked have one
    height, width = (image or node.input_shape)[:2]
    (top, _), (left, _) = window.pads(height, width)
    return {
        "size": list(window.size),
        "strides": list(window.strides),
        "dilation": list(window.dilation_rate),
        "top": top,
        "left": left,
    }


def _arguments(*names: str) -> Callable[[Node], Options]:
    return lambda node: {name: getattr(node.layer, name) for name in names}


def _corner(argument: str) -> Callable[[Node], Options]:
    """How many rows and columns are added, or dropped, before the image."""

    def options(node: Node) -> Options:
        (top, _), (left, _) = sides(argument, getattr(node.layer, argument))
        return {"top": top, "left": left}

    return options


def _transposed_window(node: Node) -> Options:
    """The window of the convolution that this is the gradient of: it moves over the outputs."""
    return _window(node, node.output_shape)


def _cut(node: Node) -> Options:
    top, left, *_ = node.layer.box(*node.input_shape[:2])  # type: ignore[attr-defined]
    return {"top": top, "left": left}


def _resizing(node: Node) -> Options:
    layer: Any = node.layer
    return {"box": layer.box(*node.input_shape[:2]), "interpolation": layer.interpolation}


def _up_sampling(node: Node) -> Options:
    layer: Any = node.layer
    return {"box": (0, 0, *node.input_shape[:2]), "interpolation": layer.interpolation}


def _group_normalization(node: Node) -> Options:
    layer: Any = node.layer
    return {"epsilon": layer.epsilon, "groups": layer.groups_of(node.input_shape[-1])}


def _concatenate(node: Node) -> Options:
    layer: Any = node.layer
    return {"axis": layer.sample_axis(len(node.output_shape))}


def _normalization(node: Node) -> Options:
    layer: Any = node.layer
    if layer.mean is None:
        return {}
    mean, deviation = (np.broadcast_to(x, node.input_shape[-1:]).tolist() for x in layer.statistics(()))
    return {"mean": mean, "deviation": deviation}


#: What JavaScript needs to know of each layer.
LAYERS: dict[str, Callable[[Node], Options]] = {
    "Conv2D": lambda node: _window(node) | _arguments("groups")(node),
    "DepthwiseConv2D": lambda node: _window(node) | {"groups": node.input_shape[-1]},
    "SeparableConv2D": lambda node: _window(node) | {"groups": node.input_shape[-1]},
    "Conv2DTranspose": _transposed_window,
    "MaxPooling2D": _window,
    "AveragePooling2D": _window,
    "GlobalMaxPooling2D": _nothing,
    "GlobalAveragePooling2D": _nothing,
    "Flatten": _nothing,
    "Reshape": _nothing,
    "Permute": _arguments("dims"),
    "ZeroPadding2D": _corner("padding"),
    "Cropping2D": _corner("cropping"),
    "UpSampling2D": _up_sampling,
    "Resizing": _resizing,
    "CenterCrop": _cut,
    "RandomCrop": _cut,
    "Dense": _nothing,
    "BatchNormalization": _arguments("epsilon"),
    "LayerNormalization": _arguments("epsilon"),
    "GroupNormalization": _group_normalization,
    "Rescaling": _arguments("scale", "offset"),
    "Normalization": _normalization,
    # Their function is applied after every layer that has one.
    "Activation": _nothing,
    "ReLU": _nothing,
    "LeakyReLU": _nothing,
    "ELU": _nothing,
    "Softmax": _nothing,
    # What works in training alone.
    "Dropout": _nothing,
    "SpatialDropout2D": _nothing,
    "GaussianNoise": _nothing,
    "RandomFlip": _nothing,
    "RandomTranslation": _nothing,
    "RandomRotation": _nothing,
    "RandomZoom": _nothing,
    "RandomContrast": _nothing,
    "RandomBrightness": _nothing,
}

#: Layers where branches meet, likewise: their functions are in ``merging.js``.
MERGING: dict[str, Callable[[Node], Options]] = {
    "Add": _nothing,
    "Subtract": _nothing,
    "Multiply": _nothing,
    "Average": _nothing,
    "Maximum": _nothing,
    "Minimum": _nothing,
    "Concatenate": _concatenate,
}
