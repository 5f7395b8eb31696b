"""The order of features in PyTorch, which flattens an image channel by channel and not pixel by pixel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .. import layers as L  # noqa: N812 - as its users write it
from ..architecture import Node
from ..inputs import Shape

# Where each of PyTorch's features is among Keras's; None for the same order.
FeatureOrder = NDArray[np.intp] | None


def order_after(node: Node, given: Sequence[FeatureOrder]) -> FeatureOrder:
    """Return where PyTorch's features of what a layer gives are among Keras's.

    Args:
        node: The layer.
        given: The orders of what goes into it.

    Raises:
        ValueError: PyTorch has its inputs in orders that do not go together; the error names the layer.
    """
    layer = node.layer
    if isinstance(layer, L.Dense):  # its outputs have an order of their own
        return None
    if len(node.input_shape) == 3 and isinstance(layer, (L.Flatten, L.Reshape)):
        return feature_order(node.input_shape)
    if all(order is None for order in given):
        return None
    orders = [
        np.arange(shape[-1]) if order is None else order
        for order, shape in zip(given, node.input_shapes, strict=True)
    ]
    if isinstance(layer, L.Concatenate):
        starts = np.cumsum([0, *(shape[-1] for shape in node.input_shapes[:-1])])
        return np.concatenate([order + start for order, start in zip(orders, starts, strict=True)])
    if isinstance(layer, L.Reshape) and len(node.output_shape) == 3:
        wrong = "it makes channels of a flattened image, which PyTorch flattens in another order"
    elif all(np.array_equal(order, orders[0]) for order in orders):
        return orders[0]
    else:
        wrong = "its inputs are features that PyTorch has in different orders"
    raise ValueError(f"layer {node.name!r} ({type(layer).__name__}): {wrong}; put a Dense before it")


def feature_order(image: Shape) -> NDArray[np.intp]:
    """Return where PyTorch's features of a flattened image are among Keras's: channels first against last.

    >>> feature_order((1, 2, 3)).tolist()
    [0, 3, 1, 4, 2, 5]
    """
    return np.arange(int(np.prod(image))).reshape(image).transpose(2, 0, 1).ravel()
