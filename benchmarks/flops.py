"""The number of floating-point operations of a training step, without any sparsity."""

import math

from pyflux import Sequential
from pyflux.layers import Conv2D, Dense, Shape


def forward(model: Sequential) -> list[int]:
    """Return the operations for one image in each layer with a kernel; multiply and add count as two.

    >>> from pyflux.networks import flux_mnist
    >>> forward(flux_mnist())
    [194688, 1115136, 16000]
    """
    counts = []
    shape: Shape = model.input_shape[1:]
    for layer in model.layers:
        input_shape, shape = shape, layer.output_shape(shape)
        if isinstance(layer, (Conv2D, Dense)):
            kernel = layer.weight_shapes(input_shape)["kernel"]
            counts.append(2 * math.prod(kernel) * math.prod(shape[:-1]))
    return counts


def training(model: Sequential) -> int:
    """Return the operations of the forward and backward pass for one image.

    The backward pass takes each layer's product twice, for the gradients of its kernel and of its input; the
    first layer's input needs none.

    >>> from pyflux.networks import flux_mnist
    >>> training(flux_mnist())
    3782784
    """
    counts = forward(model)
    return 3 * sum(counts) - counts[0]
