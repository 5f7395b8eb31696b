"""One layer computed at once, for whoever calls it on arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..._internal.seeding import draw_seed
from ...inputs import Floats, as_array, as_finite_floats
from ...layers import Augmentation, Layer, Merge
from ...layers.preprocessing import GeometricAugmentation
from .augmentation import transform_images
from .layers import LAYERS
from .merging import MERGING


def call(layer: Layer, inputs: Any) -> Floats:
    """Return what a layer gives for an array ``(N, …)``, or for a list of arrays if it joins several.

    The weights are drawn at the first call. Layers that augment do so; all others compute as outside of
    training.

    Raises:
        TypeError, ValueError: The arrays are none, or do not fit the layer.
    """
    given = inputs if isinstance(layer, Merge) else [inputs]
    arrays = [as_finite_floats("inputs", as_array("inputs", each)) for each in given]
    if any(array.ndim < 2 for array in arrays):
        raise ValueError(
            f"inputs must have an axis of samples and more, got shapes {[a.shape for a in arrays]}"
        )
    shapes = [array.shape[1:] for array in arrays]
    layer.output_shape_of(shapes)
    if isinstance(layer, Merge):
        return np.asarray(MERGING[type(layer)].forward(layer, arrays), np.float32)
    (x,) = arrays
    weights = []
    for variable in layer.build(shapes[0]):
        if not variable.has_value:
            rng = np.random.default_rng(draw_seed())
            variable.assign(layer.initial_value(variable.name, variable.shape, rng))
        weights.append(variable.read())
    if isinstance(layer, GeometricAugmentation):
        return np.asarray(transform_images([(layer, draw_seed())], x), np.float32)
    key = draw_seed() if isinstance(layer, Augmentation) else None
    return np.asarray(LAYERS[type(layer)].forward(layer, weights, x, key), np.float32)
