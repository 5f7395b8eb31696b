"""The kernels of a convolution."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .._internal.validation import as_int
from ..architecture import Node
from ..layers import Conv2DTranspose, DepthwiseConv2D, SeparableConv2D
from ..models.inspectable import layer_index
from . import tiles
from .feature_maps import convolutions, first_convolution

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..models import Model


def filters(model: Model, layer: str | int | None = None, *, count: int = 64, ax: Axes | None = None) -> Axes:
    """Draw the kernels of a convolution, by default of the first: what each of its filters looks for.

    For images of one channel blue stands for negative and red for positive weights, and white for 0. For
    colour images a filter is shown in its colours, grey for 0. Of filters with other numbers of channels the
    channels stand side by side.

    Args:
        model: A model with a convolution.
        layer: Name or index of a convolution.
        count: How many filters at most, from the first.
        ax: The axes to draw on; by default new ones.

    Returns:
        The axes.

    Raises:
        ValueError: There is no such convolution.
        MissingExtraError: matplotlib is not installed.

    >>> from pyflux import networks
    >>> ax = filters(networks.flux_mnist(seed=0))
    >>> ax.get_title()
    'conv2d: 16 filters of 3 × 3'
    """
    architecture = model.require_architecture("pyflux.plots")
    index = first_convolution(architecture) if layer is None else layer_index(architecture, layer)
    node = architecture.nodes[index]
    if index not in convolutions(architecture):
        known = [architecture.names[i] for i in convolutions(architecture)]
        raise ValueError(f"layer must be a convolution, got {node.name!r}; convolutions: {', '.join(known)}")
    kernel = _kernel(node)
    shown = kernel.transpose(3, 0, 1, 2)[: as_int("count", count)]
    limit = float(np.abs(shown).max()) or 1.0
    height, width, channels, total = kernel.shape
    some = f"{len(shown)} of {total}" if len(shown) < total else f"{total}"
    title = f"{node.name}: {some} filters of {height} × {width}"
    if channels > 1 and channels != 3:
        title += f" × {channels}"
    columns = tiles.columns_for(len(shown))
    if channels == 3:
        return tiles.draw(ax, list((shown / limit + 1) / 2), columns, title=title)
    pictures = [_side_by_side(each) for each in shown]
    return tiles.draw(ax, pictures, columns, title=title, cmap="RdBu_r", vmin=-limit, vmax=limit)


def _kernel(node: Node) -> NDArray[Any]:
    """Return the kernel of a convolution as ``(height, width, channels, filters)``."""
    arrays = {v.name: v.read() for v in node.layer.build(node.input_shape)}
    first = next(iter(arrays.values()))
    if isinstance(node.layer, Conv2DTranspose):
        return first.transpose(0, 1, 3, 2)
    if isinstance(node.layer, (DepthwiseConv2D, SeparableConv2D)):  # (height, width, channels, multiplier)
        return first.reshape(*first.shape[:2], 1, -1)
    return first


def _side_by_side(kernel: NDArray[Any]) -> NDArray[Any]:
    """Return the channels of a kernel ``(height, width, channels)`` in rows, with gaps of NaN."""
    height, width, channels = kernel.shape
    columns = math.ceil(math.sqrt(channels))
    rows = -(-channels // columns)
    block = np.full((rows * (height + 1) - 1, columns * (width + 1) - 1), np.nan)
    for c in range(channels):
        top, left = c // columns * (height + 1), c % columns * (width + 1)
        block[top : top + height, left : left + width] = kernel[:, :, c]
    return block
