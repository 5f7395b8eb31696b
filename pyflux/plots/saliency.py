"""Which pixels a network's answer depends on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._internal.validation import as_bool, as_int
from .._internal.validation import class_names as class_names_of
from ..architecture import Architecture
from ..inputs import Images
from ..layers import Convolution, Flatten, Merge
from ..models.inspectable import layer_index
from . import canvas, tiles
from .feature_maps import as_one_image
from .predictions import probabilities_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..models import Model


def saliency(
    model: Model,
    image: ArrayLike,
    label: int | None = None,
    *,
    class_names: Iterable[Any] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw an image, and in colour how much each pixel matters for a class.

    It is the size of the gradient of the class's score for it, the largest over the channels: Simonyan,
    Vedaldi and Zisserman, "Deep inside convolutional networks" (2014).

    Args:
        model: A model that gives probabilities of classes.
        image: ``(height, width)`` or ``(height, width, channels)``, or one such image in a batch of one.
        label: The class; by default the most probable one.
        class_names: What the classes are called; by default their numbers.
        ax: The axes to draw on; by default new ones.

    Returns:
        The axes.

    Raises:
        ValueError: The model gives no probabilities, or the image or the label does not fit.
        MissingExtraError: matplotlib is not installed.

    >>> from pyflux import networks, synthetic_digits
    >>> model = networks.flux_mnist(seed=0, engine="reference")
    >>> ax = saliency(model, synthetic_digits(1, seed=0)[0], 3)
    >>> [image.get_array().shape for image in ax.images]
    [(28, 28), (28, 28)]
    """
    images = as_one_image(model, image)
    label, title = _class(model, images, label, class_names)
    gradient = model.input_gradients(images, [label], of="score")[0]
    return _overlay(ax, images, np.abs(gradient).max(axis=-1), f"matters for {title}", "nearest")


def grad_cam(
    model: Model,
    image: ArrayLike,
    label: int | None = None,
    layer: str | int | None = None,
    *,
    elementwise: bool | None = None,
    class_names: Iterable[Any] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw an image, and in colour where a convolution sees what speaks for a class.

    Grad-CAM: the layer's channels, each weighted by the mean gradient of the class's score for it, added up,
    where the sum is positive: Selvaraju et al., "Grad-CAM: visual explanations from deep networks" (2017).
    The mean says little where the network flattens the channels later, as each place then counts in a way of
    its own. There each value is weighted by its own gradient: Draelos and Carin, "Use HiResCAM instead of
    Grad-CAM" (2020). Before a global average both are the same.

    Args:
        model: A model that gives probabilities of classes.
        image: As for `saliency`.
        label: The class; by default the most probable one.
        layer: Name or index of a layer whose output is an image, and which is in no branch; by default the
            last convolution, or where branches meet later, the last place where they do.
        elementwise: Whether each value is weighted by its own gradient; by default where a `Flatten` follows.
        class_names: What the classes are called; by default their numbers.
        ax: The axes to draw on; by default new ones.

    Returns:
        The axes.

    Raises:
        ValueError: There is no such layer, or the image or the label does not fit.
        MissingExtraError: matplotlib is not installed.

    >>> from pyflux import networks, synthetic_digits
    >>> model = networks.flux_mnist(seed=0, engine="reference")
    >>> ax = grad_cam(model, synthetic_digits(1, seed=0)[0], 3)
    >>> [image.get_array().shape for image in ax.images]
    [(28, 28), (11, 11)]
    """
    images = as_one_image(model, image)
    architecture = model.architecture
    index = last_convolution(architecture) if layer is None else layer_index(architecture, layer)
    node = architecture.nodes[index]
    if len(node.output_shape) != 3:
        raise ValueError(
            f"layer must give an image, but the output of {node.name!r} has the shape {node.output_shape}"
        )
    label, title = _class(model, images, label, class_names)
    gradients = model.layer_gradients(images, [label], index, of="score")[0]
    maps = model.layer_outputs(images, index)[0]
    if elementwise is None:
        elementwise = any(isinstance(later.layer, Flatten) for later in architecture.nodes[index + 1 :])
    weights = gradients if as_bool("elementwise", elementwise) else gradients.mean(axis=(0, 1))
    heat = np.maximum((maps * weights).sum(axis=-1), 0)
    return _overlay(ax, images, heat, f"{node.name} for {title}", "bilinear")


def last_convolution(architecture: Architecture) -> int:
    """Return the index of the last layer outside of branches that is a convolution, or joins branches.

    Raises:
        ValueError: There is none.
    """
    for i, node in reversed(list(enumerate(architecture.nodes))):
        kinds = isinstance(node.layer, (Convolution, Merge))
        if kinds and len(node.output_shape) == 3 and i + 1 in architecture.cuts:
            return i
    raise ValueError("model must have a convolution, or layer must name a layer that gives images")


def _class(
    model: Model, images: Images, label: int | None, class_names: Iterable[Any] | None
) -> tuple[int, str]:
    """Return the class that is meant, and its name with its probability."""
    (p,) = probabilities_of(model, images)
    names = class_names_of(class_names, len(p))
    chosen = int(p.argmax()) if label is None else as_int("label", label, minimum=0, maximum=len(p) - 1)
    return chosen, f"{names[chosen]} ({p[chosen]:.1%})"


def _overlay(ax: Axes | None, images: Images, heat: NDArray[Any], title: str, interpolation: str) -> Axes:
    """Draw one image in dark grey, and over it a map in colour that is the more opaque the larger it is."""
    picture = tiles.as_pictures(images)[0]
    picture = picture.mean(axis=-1) if picture.ndim == 3 else picture
    height, width = picture.shape[:2]
    ax = canvas.axes(ax, 3.2 * min(width / height, 2), 3.5)
    extent = (-0.5, width - 0.5, height - 0.5, -0.5)
    ax.imshow(picture, extent=extent, cmap="gray", vmin=0.0, vmax=1.4)
    strength = heat / (heat.max() or 1)
    ax.imshow(
        strength, extent=extent, cmap="inferno", vmin=0.0, vmax=1.2, alpha=strength**0.7,
        interpolation=interpolation,
    )  # fmt: skip
    canvas.without_frame(ax)
    ax.set_title(title, fontsize="medium")
    return ax
