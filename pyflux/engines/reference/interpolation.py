"""Images of another size: each axis is a product with a matrix."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .ops import Array


def axis_matrix(size: int, places: int, method: str) -> Array:
    """For each of ``places`` along an axis its weights of the ``size`` pixels.

    Pixels have their centres at halves; beyond the outermost centres the outermost pixels go on.

    >>> axis_matrix(2, 4, "bilinear")
    array([[1.  , 0.  ],
           [0.75, 0.25],
           [0.25, 0.75],
           [0.  , 1.  ]])
    """
    matrix = np.zeros((places, size))
    at = (np.arange(places) + 0.5) * size / places
    rows = np.arange(places)
    if method == "nearest":
        matrix[rows, np.floor(at).astype(int)] = 1
        return matrix
    at = (at - 0.5).clip(0, size - 1)
    low = np.floor(at).astype(int)
    high = np.minimum(low + 1, size - 1)
    np.add.at(matrix, (rows, low), 1 - (at - low))
    np.add.at(matrix, (rows, high), at - low)
    return matrix


def resampling(size: Sequence[int], places: Sequence[int], method: str) -> tuple[Array, Array]:
    """The matrices for height and width."""
    return axis_matrix(size[0], places[0], method), axis_matrix(size[1], places[1], method)


def interpolate(matrices: tuple[Array, Array], x: Array) -> Array:
    """Images ``(N, height, width, channels)`` at other places."""
    down, across = (m.astype(x.dtype) for m in matrices)
    y: Array = np.einsum("ph,nhwc,qw->npqc", down, x, across, optimize=True)
    return y


def interpolate_backward(matrices: tuple[Array, Array], dy: Array) -> Array:
    """The gradient of the images, from that of what was made of them."""
    down, across = matrices
    return interpolate((down.T, across.T), dy)
