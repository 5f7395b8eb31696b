"""Weights to and from PyTorch: the same network there, the same numbers here.

PyTorch has channels before height and width and output before input, and flattens an image channel by
channel, so that what follows a ``Flatten`` has its features in another order. `weight_mappings` has all of
that. PyTorch is not imported: values are arrays, or tensors that give one.

To add a layer, add what it is in PyTorch to `TORCH_LAYERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .. import layers as L  # noqa: N812 - as its users write it
from ..architecture import Architecture, Node
from ..inputs import Floats, Shape
from .arrays import Array, as_number_array, check_rest, check_shape, split_name
from .torch_order import FeatureOrder, order_after

if TYPE_CHECKING:
    from ..models.model import Model


class TorchParam(NamedTuple):
    """A weight in PyTorch.

    Attributes:
        name: What PyTorch calls it.
        axes: The axes of Keras's array in PyTorch's order.
        by_feature: Whether its last axis there is that of the features that come in.
    """

    name: str
    axes: tuple[int, ...]
    by_feature: bool = False


@dataclass(frozen=True)
class TorchLayer:
    """What a layer is in an ``nn.Sequential``.

    Args:
        params: Its weights by their names here.
        modules: How many modules it is, without its activation; or a function that counts them.
        check: Raises ``ValueError`` where PyTorch has no counterpart for a layer with these arguments.
    """

    params: Mapping[str, TorchParam] = field(default_factory=dict)
    modules: int | Callable[[Node], int] = 1
    check: Callable[[Node], None] | None = None


def _global_pooling(node: Node) -> int:
    return 1 if len(node.output_shape) == 3 else 2  # AdaptiveAvgPool2d(1), and a Flatten


def _check_dense(node: Node) -> None:
    if len(node.input_shape) == 3:
        raise ValueError(
            "it acts on the channels of an image, PyTorch's Linear on its columns; use Conv2D(units, 1) "
            "instead, which computes the same"
        )


def _check_normalization(node: Node) -> None:
    layer = node.layer
    assert isinstance(layer, (L.BatchNormalization, L.FeatureNormalization))
    if layer.center != layer.scale:
        raise ValueError(
            "it has one of gamma and beta, PyTorch's module has both or none; use center and scale together"
        )


def _check_reshape(node: Node) -> None:
    if len(node.output_shape) != 1 and (len(node.input_shape), node.output_shape[:-1]) != (1, (1, 1)):
        raise ValueError(
            "its values are in row-major order with the channels last, PyTorch's with the channels first; "
            "use Flatten, or a Reshape to one axis, or of one axis to an image of one pixel"
        )


def _check_depthwise(node: Node) -> None:
    if getattr(node.layer, "depth_multiplier", 1) > 1:
        raise ValueError("PyTorch keeps the kernels of one channel in one axis; use depth_multiplier=1")


def _no_separable(node: Node) -> None:
    raise ValueError(
        "PyTorch has no module for it; use DepthwiseConv2D(…, use_bias=False) and Conv2D(filters, 1), which "
        "compute the same"
    )


def _check_transposed(node: Node) -> None:
    layer: Any = node.layer
    pads = layer.window.pads(*node.output_shape[:2])
    if any(before != after for before, after in pads):
        raise ValueError(
            f"its padding {pads} differs on the two sides, PyTorch's ConvTranspose2d has the same on both; "
            f"use a kernel that is larger than the strides by an even number"
        )


def _check_layer_normalization(node: Node) -> None:
    _check_normalization(node)
    if len(node.input_shape) == 3:
        raise ValueError(
            "it acts on the channels of an image, PyTorch's LayerNorm on its last axes; use "
            "GroupNormalization(1), which takes the pixels too"
        )


def _no_normalization(node: Node) -> None:
    raise ValueError("in PyTorch it is part of reading the images; leave it out, and normalize them there")


def _no_counterpart(node: Node) -> None:
    raise ValueError("PyTorch has no module for it; leave it out, and permute tensors in forward() there")


_SCALE_AND_SHIFT = {
    "gamma": TorchParam("weight", (0,), by_feature=True),
    "beta": TorchParam("bias", (0,), by_feature=True),
}

TORCH_LAYERS: dict[type[L.Layer], TorchLayer] = {
    L.Conv2D: TorchLayer({"kernel": TorchParam("weight", (3, 2, 0, 1)), "bias": TorchParam("bias", (0,))}),
    L.DepthwiseConv2D: TorchLayer(
        {"kernel": TorchParam("weight", (2, 3, 0, 1)), "bias": TorchParam("bias", (0,))},
        check=_check_depthwise,
    ),
    L.SeparableConv2D: TorchLayer(check=_no_separable),
    L.Conv2DTranspose: TorchLayer(
        {"kernel": TorchParam("weight", (3, 2, 0, 1)), "bias": TorchParam("bias", (0,))},
        check=_check_transposed,
    ),
    L.LayerNormalization: TorchLayer(_SCALE_AND_SHIFT, check=_check_layer_normalization),
    L.GroupNormalization: TorchLayer(_SCALE_AND_SHIFT, check=_check_normalization),
    L.Dense: TorchLayer(
        {"kernel": TorchParam("weight", (1, 0), by_feature=True), "bias": TorchParam("bias", (0,))},
        check=_check_dense,
    ),
    L.BatchNormalization: TorchLayer(
        {
            **_SCALE_AND_SHIFT,
            "moving_mean": TorchParam("running_mean", (0,), by_feature=True),
            "moving_variance": TorchParam("running_var", (0,), by_feature=True),
        },
        check=_check_normalization,
    ),
    L.MaxPooling2D: TorchLayer(),
    L.AveragePooling2D: TorchLayer(),
    L.GlobalMaxPooling2D: TorchLayer(modules=_global_pooling),
    L.GlobalAveragePooling2D: TorchLayer(modules=_global_pooling),
    L.Flatten: TorchLayer(),
    L.ZeroPadding2D: TorchLayer(),
    L.Cropping2D: TorchLayer(),  # a ZeroPad2d with negative sides
    L.UpSampling2D: TorchLayer(),
    L.Reshape: TorchLayer(check=_check_reshape),
    L.Permute: TorchLayer(check=_no_counterpart),
    # Where branches meet: torch.add, torch.cat and so on, in forward().
    **dict.fromkeys((L.Add, L.Subtract, L.Multiply, L.Average), TorchLayer(modules=0)),
    **dict.fromkeys((L.Maximum, L.Minimum, L.Concatenate), TorchLayer(modules=0)),
    L.Dropout: TorchLayer(),
    L.SpatialDropout2D: TorchLayer(),  # Dropout2d
    L.Activation: TorchLayer(),
    L.ReLU: TorchLayer(),
    L.LeakyReLU: TorchLayer(),
    L.ELU: TorchLayer(),
    L.Softmax: TorchLayer(),
    L.Normalization: TorchLayer(check=_no_normalization),
    # In PyTorch these are part of reading the images.
    L.Rescaling: TorchLayer(modules=0),
    L.RandomFlip: TorchLayer(modules=0),
    L.RandomTranslation: TorchLayer(modules=0),
    L.RandomRotation: TorchLayer(modules=0),
    L.RandomZoom: TorchLayer(modules=0),
    L.RandomCrop: TorchLayer(modules=0),
    L.RandomContrast: TorchLayer(modules=0),
    L.RandomBrightness: TorchLayer(modules=0),
    L.Resizing: TorchLayer(modules=0),
    L.CenterCrop: TorchLayer(modules=0),
    L.GaussianNoise: TorchLayer(modules=0),
}

# The order of the arrays in one module, which files that sort by name have lost.
TORCH_ORDER = ("weight", "bias", "running_mean", "running_var")
UNUSED = "num_batches_tracked"  # a count that no prediction needs


@dataclass(frozen=True)
class WeightMapping:
    """One array: its names in both libraries and the way between its two layouts.

    Args:
        name: Name here, such as ``"conv2d/kernel"``.
        key: Name in PyTorch's ``state_dict``, such as ``"0.weight"``.
        axes: Keras's axes in PyTorch's order.
        features: The order of PyTorch's last axis.
        shape: Shape of PyTorch's array.
    """

    name: str
    key: str
    axes: tuple[int, ...]
    features: FeatureOrder
    shape: Shape

    def to_torch(self, array: Floats) -> Floats:
        """Return Keras's array in PyTorch's layout."""
        moved = array.transpose(self.axes)
        return np.ascontiguousarray(moved if self.features is None else moved[..., self.features])

    def from_torch(self, array: Array) -> Floats:
        """Return PyTorch's array in Keras's layout."""
        if self.features is not None:
            array = array[..., np.argsort(self.features)]
        return np.ascontiguousarray(array.transpose(np.argsort(self.axes)), dtype=np.float32)


def weight_mappings(architecture: Architecture) -> list[WeightMapping]:
    """Return every array of a network with its two names and layouts, in Keras's order.

    Raises:
        ValueError: A layer has no counterpart in PyTorch; the error names it.
    """
    found: list[WeightMapping] = []
    index = 0
    orders: dict[int, FeatureOrder] = {-1: None}  # of what each node gives
    for i, node in enumerate(architecture.nodes):
        entry = torch_layer(node)
        given = [orders[k] for k in node.inputs]
        index += _padding_modules(node)
        module = str(index) if architecture.is_chain else node.name.replace("/", ".")
        for weight, shape in node.weight_shapes.items():
            param = entry.params[weight]
            found.append(
                WeightMapping(
                    name=f"{node.name}/{weight}",
                    key=f"{module}.{param.name}",
                    axes=param.axes,
                    features=given[0] if param.by_feature else None,
                    shape=tuple(shape[k] for k in param.axes),
                )
            )
        index += _modules(node, entry)
        orders[i] = order_after(node, given)
    return found


def torch_layer(node: Node) -> TorchLayer:
    """Return what a layer is in PyTorch.

    Raises:
        ValueError: It has no counterpart there; the error names it.
    """
    kind = type(node.layer)
    if kind not in TORCH_LAYERS:
        raise ValueError(
            f"layer {node.name!r} ({kind.__name__}) has no counterpart in PyTorch known here; "
            f"add it to TORCH_LAYERS in pyflux/interchange/torch.py"
        )
    entry = TORCH_LAYERS[kind]
    if entry.check is not None:
        try:
            entry.check(node)
        except ValueError as e:
            raise ValueError(f"layer {node.name!r} ({kind.__name__}): {e}") from e
    return entry


def _modules(node: Node, entry: TorchLayer) -> int:
    """How many modules a layer is, with its activation."""
    count = entry.modules if isinstance(entry.modules, int) else entry.modules(node)
    activation = getattr(node.layer, "activation", "linear")
    activated = activation != "linear" and not isinstance(node.layer, L.ActivationLayer)
    return count + activated


def _padding_modules(node: Node) -> int:
    """1 where ``padding="same"`` is a ZeroPad2d before the module in PyTorch, else 0."""
    layer: Any = node.layer
    if getattr(layer, "padding", None) != "same":
        return 0
    if isinstance(layer, L.Convolution) and layer.window.strides == (1, 1):
        return 0  # Conv2d(padding="same") does it itself, for steps of 1 alone
    return int(any(before != after for before, after in layer.window.pads(*node.input_shape[:2])))


def to_torch(model: Model) -> dict[str, Floats]:
    """Return a model's weights as the ``state_dict`` of the same network in PyTorch.

    The keys are those of the ``nn.Sequential`` of Conv2d, ReLU, MaxPool2d, Flatten, Linear and so on, in
    which an activation is a module of its own. Same padding that a module of PyTorch cannot do itself,
    because more is added after than before, is a padding module before it; ``Rescaling`` and augmentation
    layers are left out.

    A network with branches is a module of PyTorch whose attributes have the names of its layers: the keys are
    ``conv2d_1.weight`` and so on, those of the layers of a model within it ``base.conv2d.weight``.

    Give it to PyTorch with ``net.load_state_dict({k: torch.from_numpy(v) for k, v in state.items()})``.

    Args:
        model: A model that knows the shape of its samples.

    Returns:
        float32 arrays in PyTorch's layout: Conv2d ``(out, in / groups, height, width)``, Linear
        ``(out, in)`` with its columns in the order of PyTorch's ``Flatten``.

    Raises:
        ValueError: A layer has no counterpart in PyTorch.

    Source: the documentation of ``torch.nn.Conv2d``, ``Linear``, ``Flatten`` and ``BatchNorm2d``.

    >>> from pyflux import networks
    >>> {k: v.shape for k, v in to_torch(networks.flux_mnist()).items()}  # doctest: +NORMALIZE_WHITESPACE
    {'0.weight': (16, 1, 3, 3), '0.bias': (16,), '3.weight': (32, 16, 3, 3), '3.bias': (32,),
     '7.weight': (10, 800), '7.bias': (10,)}
    """
    found = weight_mappings(model.require_architecture("to_torch()"))
    return {m.key: m.to_torch(w) for m, w in zip(found, model.get_weights(), strict=True)}


def from_torch(model: Model, state_dict: Mapping[str, Any]) -> None:
    """Set a model's weights from the ``state_dict`` of the same network in PyTorch.

    Args:
        model: A model that knows the shape of its samples.
        state_dict: Tensors or arrays in the order of the layers, under any names; ``num_batches_tracked`` is
            not used, and a ``classifier`` that the model does not have is left out. For a file, see
            `read_weights`.

    Raises:
        TypeError: ``state_dict`` does not map names to arrays of numbers.
        ValueError: An array does not fit; the error names the first one, there and here, with both shapes.

    >>> from pyflux import networks
    >>> model, other = networks.flux_mnist(seed=0), networks.flux_mnist(seed=1)
    >>> from_torch(model, to_torch(other))
    >>> all((a == b).all() for a, b in zip(model.get_weights(), other.get_weights()))
    True
    """
    architecture = model.require_architecture("from_torch()")
    model.set_weights(weights_from_torch(architecture, state_dict, "state_dict"))


def weights_from_torch(architecture: Architecture, state: Mapping[str, Any], argument: str) -> list[Floats]:
    """Return the weights of a ``state_dict`` in Keras's order and layout."""
    given, wanted = _in_order(state, argument), weight_mappings(architecture)
    result = []
    for i, mapping in enumerate(wanted):
        if i == len(given):
            raise ValueError(
                f"{argument} ends before {mapping.name}, which wants {mapping.shape}: it has {len(given)} "
                f"arrays, the network {len(wanted)}; give the weights of the same network"
            )
        key, array = given[i]
        check_shape(argument, key, array.shape, mapping.name, mapping.shape)
        result.append(mapping.from_torch(array))
    check_rest(argument, [key for key, _ in given[len(wanted) :]], [m.name for m in wanted])
    return result


def _in_order(state: Mapping[str, Any], argument: str) -> list[tuple[str, Array]]:
    """The arrays module by module as they come, and within a module in PyTorch's order."""
    if not isinstance(state, Mapping):
        raise TypeError(
            f"{argument} must map names to arrays, got {type(state).__name__}; give net.state_dict()"
        )
    modules: dict[str, list[str]] = {}
    for key in state:
        if not key.endswith(UNUSED):
            modules.setdefault(split_name(key)[0], []).append(key)
    keys = [key for module in modules.values() for key in sorted(module, key=_rank)]
    return [(key, as_number_array(argument, key, state[key])) for key in keys]


def _rank(key: str) -> int:
    name = split_name(key)[1]
    return TORCH_ORDER.index(name) if name in TORCH_ORDER else len(TORCH_ORDER)
