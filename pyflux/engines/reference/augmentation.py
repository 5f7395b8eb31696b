"""Geometric augmentation in NumPy: where each pixel of the new image comes from, and what is there."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...layers import Layer, RandomFlip, RandomRotation, RandomTranslation, RandomZoom
from ...layers.preprocessing import GeometricAugmentation
from .noise import uniform

Array = NDArray[Any]
Affine = tuple[Array, Array]  # for each sample a matrix (N, 2, 2) and a shift (N, 2), of (row, column)


def between(limits: tuple[float, float], u: Array) -> Array:
    """Numbers from low to high, as far along as ``u`` is from 0 to 1."""
    low, high = np.float32(limits[0]), np.float32(limits[1])
    return low + (high - low) * u


def identity(n: int) -> Affine:
    """The map of ``n`` samples that changes nothing."""
    return np.tile(np.eye(2, dtype=np.float32), (n, 1, 1)), np.zeros((n, 2), np.float32)


def flip(layer: RandomFlip, u: Array, v: Array, height: int, width: int) -> Affine:
    """Mirror columns where u, and rows where v is below a half."""
    matrix, shift = identity(len(u))
    if layer.mode != "horizontal":
        matrix[:, 0, 0] = np.where(v < 0.5, -1, 1)
    if layer.mode != "vertical":
        matrix[:, 1, 1] = np.where(u < 0.5, -1, 1)
    return matrix, shift


def translation(layer: RandomTranslation, u: Array, v: Array, height: int, width: int) -> Affine:
    """Pixels come from as far up and left as the image moves down and right."""
    matrix, shift = identity(len(u))
    shift[:, 0] = -between(layer.height_factor, u) * height  # type: ignore[arg-type]  # a pair by now
    shift[:, 1] = -between(layer.width_factor, v) * width  # type: ignore[arg-type]
    return matrix, shift


def rotation(layer: RandomRotation, u: Array, v: Array, height: int, width: int) -> Affine:
    """Turn clockwise what the image turns anticlockwise."""
    matrix, shift = identity(len(u))
    angle = between(layer.factor, u) * np.float32(2) * np.float32(math.pi)  # type: ignore[arg-type]
    matrix[:, 0, 0] = matrix[:, 1, 1] = np.cos(angle)
    matrix[:, 0, 1], matrix[:, 1, 0] = np.sin(angle), -np.sin(angle)
    return matrix, shift


def zoom(layer: RandomZoom, u: Array, v: Array, height: int, width: int) -> Affine:
    """Stretch what the image shrinks."""
    matrix, shift = identity(len(u))
    matrix[:, 0, 0] = matrix[:, 1, 1] = 1 + between(layer.height_factor, u)  # type: ignore[arg-type]
    if layer.width_factor is not None:
        matrix[:, 1, 1] = 1 + between(layer.width_factor, v)  # type: ignore[arg-type]
    return matrix, shift


# For each layer the inverse map of its samples, about the centre of the image: from a pixel of the new image
# to where it comes from. u and v are a sample's two random numbers.
INVERSE_MAPS: dict[type[Layer], Callable[..., Affine]] = {
    RandomFlip: flip,
    RandomTranslation: translation,
    RandomRotation: rotation,
    RandomZoom: zoom,
}


def fused(layers: Sequence[Layer]) -> list[list[int]]:
    """For each layer the indices of the layers that are carried out in its place, as one.

    Geometric layers in a row that fill with the same beyond the image interpolate once, in the last's place.

    >>> from pyflux.layers import RandomContrast
    >>> fused([RandomFlip(), RandomZoom(0.1), RandomRotation(0.1), RandomContrast(0.1)])
    [[], [], [0, 1, 2], [3]]
    """
    groups: list[list[int]] = []
    for i in range(len(layers)):
        group = [*groups[-1], i] if groups else [i]
        members = [layers[k] for k in group]
        geometric = [m for m in members if isinstance(m, GeometricAugmentation)]
        if len(geometric) == len(group) and len({m.fill for m in geometric} - {None}) < 2:
            groups[-1:] = [[], group] if i else [group]
        else:
            groups.append([i])
    return groups


def transform_images(group: Sequence[tuple[GeometricAugmentation, int]], x: Array) -> Array:
    """Return images ``(N, height, width, channels)`` changed by layers, each with its random numbers' key."""
    if not group:
        return x
    n, height, width, _ = x.shape
    centre = np.array([(height - 1) / 2, (width - 1) / 2], np.float32)
    grid = np.stack(np.meshgrid(np.arange(height), np.arange(width), indexing="ij"), axis=-1) - centre
    source = np.broadcast_to(grid.astype(np.float32), (n, height, width, 2))
    for layer, key in reversed(group):  # from the new image back to the old one
        u = uniform(key, 2 * n)
        matrix, shift = INVERSE_MAPS[type(layer)](layer, u[::2], u[1::2], height, width)
        source = np.einsum("nij,nhwj->nhwi", matrix, source) + shift[:, None, None]
    mode, value = next((layer.fill for layer, _ in group if layer.fill), ("nearest", 0.0))
    return bilinear(x, source + centre, mode, value)


def bilinear(x: Array, source: Array, fill_mode: str, fill_value: float) -> Array:
    """Interpolate images at rows and columns ``(N, height, width, 2)`` counted from 0."""
    corner = np.floor(source).astype(int)
    dr, dc = np.moveaxis((source - corner).astype(x.dtype)[..., None], 3, 0)
    r, c = corner[..., 0], corner[..., 1]

    def at(rows: Array, columns: Array) -> Array:
        return pixels(x, rows, columns, fill_mode, fill_value)

    above = (1 - dc) * at(r, c) + dc * at(r, c + 1)
    below = (1 - dc) * at(r + 1, c) + dc * at(r + 1, c + 1)
    mixed: Array = (1 - dr) * above + dr * below
    return mixed


def pixels(x: Array, rows: Array, columns: Array, fill_mode: str, fill_value: float) -> Array:
    """The pixels at rows and columns, or what the fill mode says is there beyond the image."""
    n, height, width, _ = x.shape
    sample = np.arange(n)[:, None, None]
    if fill_mode == "reflect":
        rows, columns = reflect(rows, height), reflect(columns, width)
    found: Array = x[sample, rows.clip(0, height - 1), columns.clip(0, width - 1)]
    if fill_mode == "nearest":
        return found
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    return np.where(inside[..., None], found, x.dtype.type(fill_value))


def reflect(i: Array, n: int) -> Array:
    """Indices in 0 … n-1 of an axis that is mirrored at its edges: … 2 1 0 | 0 1 2 … n-1 | n-1 n-2 …."""
    m = i % (2 * n)
    return np.where(m < n, m, 2 * n - 1 - m)
