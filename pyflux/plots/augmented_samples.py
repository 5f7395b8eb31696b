"""Images as training sees them, changed at random."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from .._internal.validation import as_int, as_seed
from ..architecture import Architecture
from ..engines.reference.network import Network
from ..layers import Augmentation
from ..models.parts import until
from . import tiles
from .predictions import as_images

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..models import Model


def augmented_samples(
    model: Model,
    x: ArrayLike,
    *,
    count: int = 5,
    variants: int = 7,
    seed: int = 0,
    ax: Axes | None = None,
) -> Axes:
    """Draw images, and beside each what the model's augmentation makes of it in some steps of training.

    Args:
        model: A model whose first layers change images at random, such as `pyflux.layers.RandomRotation`.
        x: Images, as for ``model.predict``.
        count: How many of them are shown, from the first: a row each.
        variants: How often each is changed.
        seed: Decides what is drawn where a layer has no seed of its own.
        ax: The axes to draw on; by default new ones.

    Returns:
        The axes; in each row the first image is the unchanged one.

    Raises:
        ValueError: The model has no such layers, or takes no such images.
        MissingExtraError: matplotlib is not installed.

    >>> from pyflux import layers, networks, synthetic_digits
    >>> model = networks.flux_mnist([layers.RandomRotation(0.1)], seed=0)
    >>> ax = augmented_samples(model, synthetic_digits(3, seed=0)[0], count=3, variants=2)
    >>> len(ax.images)
    9
    """
    images = as_images(model, x)[: as_int("count", count)]
    steps = range(as_int("variants", variants))
    random = [i for i, layer in enumerate(model.architecture.layers) if isinstance(layer, Augmentation)]
    if not random:
        raise ValueError("model must have layers that change images, such as RandomRotation, got none")
    # Every engine draws the same numbers, so the one that needs no start shows what each does.
    network = reference(until(model.architecture, random[-1]), as_seed("seed", seed))
    if not model.architecture.scales_bytes:  # the layer that scales may come later
        images = images.astype(np.float32)
    seen = [network.predict(images, len(images)), *(network.training_outputs(images, step) for step in steps)]
    rows = np.stack(seen, axis=1)
    pictures = list(tiles.as_pictures(rows.reshape(-1, *rows.shape[2:])))
    title = "left as it is, beside it as training sees it"
    return tiles.draw(ax, pictures, len(seen), title=title, **tiles.grey(pictures))


def reference(architecture: Architecture, seed: int) -> Network:
    """Return a network in the reference engine with weights that count for nothing."""
    return Network(architecture, architecture.initial_weights(0), seed)
