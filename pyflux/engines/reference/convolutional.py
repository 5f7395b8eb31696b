"""2-D convolution."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...layers import Conv2D
from .activations import ACTIVATIONS
from .ops import Array, Gradients, Key, Weights
from .windows import padded, unpadded, windows, writeable_windows


def grouped(layer: Conv2D, x: Array, kernel: Array) -> Iterator[tuple[slice, slice]]:
    """For each group, its channels and its filters."""
    channels, filters = x.shape[-1] // layer.groups, layer.filters // layer.groups
    for g in range(layer.groups):
        yield slice(g * channels, (g + 1) * channels), slice(g * filters, (g + 1) * filters)


def linear_conv2d(layer: Conv2D, weights: Weights, x: Array) -> Array:
    """Every window times the kernel, summed over rows, columns and channels; plus the bias."""
    met, kernel = windows(layer, padded(layer, x, 0)), weights[0]
    y = np.concatenate(
        [
            np.tensordot(met[:, :, :, c], kernel[..., f], axes=((4, 5, 3), (0, 1, 2)))
            for c, f in grouped(layer, x, kernel)
        ],
        axis=-1,
    )
    return y + weights[1] if layer.use_bias else y


def conv2d(layer: Conv2D, weights: Weights, x: Array, key: Key) -> Array:
    """The convolution and its activation."""
    return ACTIVATIONS[str(layer.activation)].forward(linear_conv2d(layer, weights, x))


def conv2d_backward(layer: Conv2D, weights: Weights, x: Array, y: Array, dy: Array, key: Key) -> Gradients:
    """Each window hands its share back to the pixels that it met."""
    kernel = weights[0]
    dy = ACTIVATIONS[str(layer.activation)].backward(linear_conv2d(layer, weights, x), y, dy)
    xp = padded(layer, x, 0)
    dxp, dkernel = np.zeros_like(xp), np.zeros_like(kernel)
    met, dmet = windows(layer, xp), writeable_windows(layer, dxp)
    for c, f in grouped(layer, x, kernel):
        dkernel[..., f] = np.einsum("nhwcij,nhwf->ijcf", met[:, :, :, c], dy[..., f], optimize=True)
        for i, j in np.ndindex(layer.kernel_size):
            dmet[:, :, :, c, i, j] += np.tensordot(dy[..., f], kernel[i, j, :, f], axes=(3, 1))
    grads = [dkernel, dy.sum(axis=(0, 1, 2))] if layer.use_bias else [dkernel]
    return unpadded(layer, x, dxp), grads
