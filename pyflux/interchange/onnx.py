"""A model as an ONNX file, for programs that have neither Python nor Julia.

ONNX's image layers want channels before height and width. The file takes and gives pyflux's own layout and
turns it inside: once at the start, and back before a ``Flatten``, whose order of features stays that of the
weights. To add a layer, write the function that adds its nodes, and add it to `LAYERS`.

Source: the operators at https://onnx.ai/onnx/operators/.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from .._internal.extras import require
from .._internal.files import atomic_write
from ..architecture import Architecture
from ..inputs import Floats
from ..layers import ActivationLayer, Merge
from .onnx_activations import ACTIVATIONS, PARAMETRIC
from .onnx_graph import Graph, Step
from .onnx_merging import merge
from .onnx_normalization import batch_normalization, group_normalization, layer_normalization, normalization
from .onnx_reshaping import (
    box,
    cropping2d,
    permute,
    reshape,
    resizing,
    up_sampling2d,
    zero_padding2d,
)

if TYPE_CHECKING:
    from ..models import Sequential

# Of 2022, so that runtimes of the last years read it; all that is written here has been in it since.
OPSET, IR_VERSION = 17, 8


def export_onnx(model: Sequential, path: str | os.PathLike[str]) -> None:
    """Write a model as an ONNX file, which computes what ``model.predict`` does.

    Its input is ``input``, float32 ``(N, height, width, channels)`` or ``(N, features)`` with any N; its
    output is ``output``, float32 ``(N, *output_shape)``, after the final softmax if there is one. uint8
    images are not scaled in it: give ``images.astype("float32") / 255``, the same image as 0 … 1 (and where
    the network has a `Rescaling`, ``images.astype("float32")``). Layers that work only in training,
    such as dropout, are left out.

    Args:
        model: A model that knows the shape of its samples.
        path: The file; an existing one is replaced once the new one is whole.

    Raises:
        MissingExtraError: The package ``onnx`` is not installed.
        ValueError: A layer has no counterpart in ONNX known here.
        FileNotFoundError: The folder does not exist.

    >>> from pyflux import networks
    >>> export_onnx(networks.flux_mnist(), "digits.onnx")  # doctest: +SKIP
    >>> session = onnxruntime.InferenceSession("digits.onnx")  # doctest: +SKIP
    >>> session.run(["output"], {"input": images.astype("float32") / 255})  # doctest: +SKIP
    """
    written = _model(model.require_architecture("export_onnx()"), model.get_weights(), model.name)
    with atomic_write(path) as file:
        file.write(written.SerializeToString())


def _model(architecture: Architecture, weights: Sequence[Floats], name: str) -> Any:
    onnx = require("onnx", extra="onnx", purpose="writing ONNX files")
    graph = Graph(onnx)
    _network(graph, architecture, weights)
    tensor = onnx.helper.make_tensor_value_info
    made = onnx.helper.make_model(
        onnx.helper.make_graph(
            graph.nodes,
            name,
            [tensor("input", onnx.TensorProto.FLOAT, ["N", *architecture.input_shape])],
            [tensor("output", onnx.TensorProto.FLOAT, ["N", *architecture.output_shape])],
            initializer=graph.constants,
        ),
        producer_name="pyflux",
        opset_imports=[onnx.helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )
    onnx.checker.check_model(made, full_check=True)
    return made


def _network(graph: Graph, architecture: Architecture, weights: Sequence[Floats]) -> None:
    # What comes out of each layer, and at the end what goes in: a node's inputs are indices of it.
    values = [""] * len(architecture.nodes) + [graph.channels_first("input", architecture.input_shape)]
    for i, (node, step) in enumerate(zip(architecture.nodes, _steps(architecture, weights), strict=True)):
        xs = [values[k] for k in node.inputs]
        if isinstance(node.layer, Merge):
            values[i] = merge(graph, node.layer, xs, len(node.input_shape))
        else:
            values[i] = _activation(graph, step, _layer(graph, step, *xs))
    y = values[-2] if architecture.nodes else values[-1]
    graph.add("Identity", graph.channels_last(y, architecture.output_shape), output="output")


def _steps(architecture: Architecture, weights: Sequence[Floats]) -> list[Step]:
    remaining = iter(weights)
    steps: list[Step] = []
    for node in architecture.nodes:
        arrays = {weight: next(remaining) for weight in node.weight_shapes}
        if node.owner is not None:
            arrays = dict(steps[node.owner].weights)
        steps.append(Step(node.name, node.layer, arrays, node.input_shape))
    return steps


def _layer(graph: Graph, step: Step, x: str) -> str:
    kind = type(step.layer).__name__
    if kind not in LAYERS:
        raise ValueError(
            f"layer {step.name!r} ({kind}) cannot be written to ONNX yet; known: {', '.join(LAYERS)}. "
            f"Add it to LAYERS in pyflux/interchange/onnx.py"
        )
    return LAYERS[kind](graph, step, x)


def _activation(graph: Graph, step: Step, x: str) -> str:
    activation = getattr(step.layer, "activation", "linear")
    if isinstance(activation, ActivationLayer):
        return PARAMETRIC[type(activation).__name__](graph, x, activation)
    if activation not in ACTIVATIONS:
        raise ValueError(
            f"activation {activation!r} of layer {step.name!r} cannot be written to ONNX yet; known: "
            f"{', '.join(ACTIVATIONS)}. Add it to ACTIVATIONS in pyflux/interchange/onnx_activations.py"
        )
    return ACTIVATIONS[activation](graph, x)


def _pads(step: Step) -> list[int]:
    """Zeros to add at the top, left, bottom and right."""
    (top, bottom), (left, right) = step.layer.window.pads(*step.given[:2])
    return [top, left, bottom, right]


def _convolution(graph: Graph, step: Step, x: str, kernel: Floats, groups: int) -> str:
    """Add a convolution with a kernel (height, width, channels in / groups, filters)."""
    layer = step.layer
    inputs = [graph.constant(f"{step.name}/kernel", kernel.transpose(3, 2, 0, 1))]
    if "bias" in step.weights:
        inputs.append(graph.constant(f"{step.name}/bias", step.weights["bias"]))
    return graph.add(
        "Conv",
        x,
        *inputs,
        strides=layer.strides,
        pads=_pads(step),
        dilations=layer.dilation_rate,
        group=groups,
    )


def _conv2d(graph: Graph, step: Step, x: str) -> str:
    return _convolution(graph, step, x, step.weights["kernel"], step.layer.groups)


def _depthwise_conv2d(graph: Graph, step: Step, x: str) -> str:
    kernel = step.weights["kernel"]
    height, width, channels, multiplier = kernel.shape
    return _convolution(graph, step, x, kernel.reshape(height, width, 1, channels * multiplier), channels)


def _separable_conv2d(graph: Graph, step: Step, x: str) -> str:
    first, second = step.weights["depthwise_kernel"], step.weights["pointwise_kernel"]
    height, width, channels, multiplier = first.shape
    depthwise = graph.constant(
        f"{step.name}/depthwise_kernel",
        first.reshape(height, width, 1, channels * multiplier).transpose(3, 2, 0, 1),
    )
    x = graph.add(
        "Conv",
        x,
        depthwise,
        strides=step.layer.strides,
        pads=_pads(step),
        dilations=step.layer.dilation_rate,
        group=channels,
    )
    inputs = [graph.constant(f"{step.name}/pointwise_kernel", second.transpose(3, 2, 0, 1))]
    if "bias" in step.weights:
        inputs.append(graph.constant(f"{step.name}/bias", step.weights["bias"]))
    return graph.add("Conv", x, *inputs)


def _conv2d_transpose(graph: Graph, step: Step, x: str) -> str:
    layer = step.layer
    shape = layer.output_shape(step.given)
    (top, bottom), (left, right) = layer.window.pads(*shape[:2])
    inputs = [graph.constant(f"{step.name}/kernel", step.weights["kernel"].transpose(3, 2, 0, 1))]
    if "bias" in step.weights:
        inputs.append(graph.constant(f"{step.name}/bias", step.weights["bias"]))
    return graph.add(
        "ConvTranspose",
        x,
        *inputs,
        strides=layer.strides,
        pads=[top, left, bottom, right],
        dilations=layer.dilation_rate,
        # Where the kernel is smaller than the stride, what it does not reach.
        output_padding=[
            max(step_ - span, 0) for step_, span in zip(layer.window.strides, layer.window.span, strict=True)
        ],
    )


def _pooling(operator: str, **attributes: Any) -> Callable[[Graph, Step, str], str]:
    def nodes(graph: Graph, step: Step, x: str) -> str:
        window, steps = step.layer.pool_size, step.layer.strides
        return graph.add(operator, x, kernel_shape=window, strides=steps, pads=_pads(step), **attributes)

    return nodes


def _global_pooling(operator: str) -> Callable[[Graph, Step, str], str]:
    def nodes(graph: Graph, step: Step, x: str) -> str:
        pooled = graph.add(operator, x)
        return pooled if step.layer.keepdims else graph.add("Flatten", pooled, axis=1)

    return nodes


def _flatten(graph: Graph, step: Step, x: str) -> str:
    return graph.add("Flatten", graph.channels_last(x, step.given), axis=1)


def _dense(graph: Graph, step: Step, x: str) -> str:
    if len(step.given) > 1:
        return _dense_of_channels(graph, step, x)
    kernel = graph.constant(f"{step.name}/kernel", step.weights["kernel"])
    if "bias" not in step.weights:
        return graph.add("MatMul", x, kernel)
    return graph.add("Gemm", x, kernel, graph.constant(f"{step.name}/bias", step.weights["bias"]))


def _dense_of_channels(graph: Graph, step: Step, x: str) -> str:
    """A convolution with a kernel of one pixel (or row), as channels (or features) are axis 1."""
    kernel = step.weights["kernel"].T.reshape(
        *step.weights["kernel"].shape[::-1], *[1] * (len(step.given) - 1)
    )
    inputs = [graph.constant(f"{step.name}/kernel", kernel)]
    if "bias" in step.weights:
        inputs.append(graph.constant(f"{step.name}/bias", step.weights["bias"]))
    return graph.add("Conv", x, *inputs)


def _rescaling(graph: Graph, step: Step, x: str) -> str:
    scaled = graph.add("Mul", x, graph.constant(f"{step.name}/scale", step.layer.scale))
    return graph.add("Add", scaled, graph.constant(f"{step.name}/offset", step.layer.offset))


def _nothing(graph: Graph, step: Step, x: str) -> str:
    return x


LAYERS: dict[str, Callable[[Graph, Step, str], str]] = {
    "Conv2D": _conv2d,
    "DepthwiseConv2D": _depthwise_conv2d,
    "SeparableConv2D": _separable_conv2d,
    "Conv2DTranspose": _conv2d_transpose,
    "MaxPooling2D": _pooling("MaxPool"),
    # As in Keras, padding does not lower a mean.
    "AveragePooling2D": _pooling("AveragePool", count_include_pad=0),
    "GlobalMaxPooling2D": _global_pooling("GlobalMaxPool"),
    "GlobalAveragePooling2D": _global_pooling("GlobalAveragePool"),
    "Flatten": _flatten,
    "Dense": _dense,
    "BatchNormalization": batch_normalization,
    "LayerNormalization": layer_normalization,
    "GroupNormalization": group_normalization,
    "Rescaling": _rescaling,
    "Normalization": normalization,
    "ZeroPadding2D": zero_padding2d,
    "Cropping2D": cropping2d,
    "UpSampling2D": up_sampling2d,
    "Resizing": resizing,
    "CenterCrop": box,
    "Reshape": reshape,
    "Permute": permute,
    # Their function is added after every layer that has one.
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
    "RandomCrop": box,  # its middle
    "RandomContrast": _nothing,
    "RandomBrightness": _nothing,
}
