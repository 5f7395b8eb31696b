"""How many floating-point operations a dense training pass takes."""

import math

from pyflux import Sequential
from pyflux.layers import Conv2D, Dense, Shape


def forward(model: Sequential) -> list[int]:
    """Return the operations for one image in each layer that has a kernel: a product and a sum are two.

    >>> from pyflux.networks import flux_mnist
    >>> forward(flux_mnist())
    [194688, 1115136, 16000]
    """
    counts = []
    shape: Shape = model.input_shape[1:]
    for layer in model.layers:
        given, shape = shape, layer.output_shape(shape)
        if isinstance(layer, (Conv2D, Dense)):
            kernel = layer.weight_shapes(given)["kernel"]
            counts.append(2 * math.prod(kernel) * math.prod(shape[:-1]))
    return counts


def training(model: Sequential) -> int:
    """Return the operations of forward and backward pass for one image.

    Backward takes each layer's product twice, for its kernel and for what came in; the images need no
    gradient.

    >>> from pyflux.networks import flux_mnist
    >>> training(flux_mnist())
    3782784
    """
    counts = forward(model)
    return 3 * sum(counts) - counts[0]
