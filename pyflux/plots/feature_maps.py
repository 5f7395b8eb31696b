"""What a layer sees in an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from .._internal.validation import as_int
from ..architecture import Architecture
from ..inputs import Images, as_array
from ..layers import Convolution
from ..models.inspectable import layer_index
from . import tiles
from .predictions import as_images

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..models import Model


def feature_maps(
    model: Model,
    image: ArrayLike,
    layer: str | int | None = None,
    *,
    count: int = 64,
    ax: Axes | None = None,
) -> Axes:
    """Draw the outputs of a layer for one image, a picture for each channel.

    Each channel is shown from its lowest to its highest value.

    Args:
        model: A model of images.
        image: ``(height, width)`` or ``(height, width, channels)``, or one such image in a batch of one.
        layer: Name or index of a layer whose output is an image; by default the first convolution.
        count: How many channels at most, from the first.
        ax: The axes to draw on; by default new ones.

    Returns:
        The axes.

    Raises:
        ValueError: There is no such layer, its output is no image, or the image does not fit.
        MissingExtraError: matplotlib is not installed.

    >>> from pyflux import networks, synthetic_digits
    >>> model = networks.flux_mnist(seed=0, engine="reference")
    >>> ax = feature_maps(model, synthetic_digits(1, seed=0)[0], "conv2d_1")
    >>> ax.get_title()
    'conv2d_1: 32 maps of 11 × 11'
    """
    images = as_one_image(model, image)
    index = first_convolution(model.architecture) if layer is None else layer_index(model.architecture, layer)
    node = model.architecture.nodes[index]
    if len(node.output_shape) != 3:
        raise ValueError(
            f"layer must give an image, but the output of {node.name!r} has the shape {node.output_shape}"
        )
    maps = model.layer_outputs(images, index)[0].transpose(2, 0, 1)
    shown = [tiles.stretched(each) for each in maps[: as_int("count", count)]]
    height, width = node.output_shape[:2]
    some = f"{len(shown)} of {len(maps)}" if len(shown) < len(maps) else f"{len(maps)}"
    title = f"{node.name}: {some} maps of {height} × {width}"
    return tiles.draw(
        ax, shown, tiles.columns_for(len(shown)), title=title, cmap="viridis", vmin=0.0, vmax=1.0
    )


def as_one_image(model: Model, image: ArrayLike) -> Images:
    """Return one image as a batch of one, ``(1, height, width, channels)``.

    Raises:
        ValueError: It does not fit the model, or there are several.
    """
    array = as_array("image", image)
    shape = model.require_architecture("pyflux.plots").input_shape
    if array.shape == shape or (shape[-1:] == (1,) and array.shape == shape[:-1]):
        array = array[None]
    images = as_images(model, array, "image")
    if len(images) != 1:
        raise ValueError(f"image must be one image, got {len(images)}")
    return images


def first_convolution(architecture: Architecture) -> int:
    """Return the index of the first convolution.

    Raises:
        ValueError: There is none.
    """
    found = convolutions(architecture)
    if not found:
        raise ValueError("model must have a convolution, or layer must name a layer that gives images")
    return found[0]


def convolutions(architecture: Architecture) -> list[int]:
    """Return the indices of the convolutions."""
    return [i for i, node in enumerate(architecture.nodes) if isinstance(node.layer, Convolution)]
