"""Random changes of images in NumPy: where each pixel comes from, and what is there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...layers import Layer, RandomContrast, RandomFlip, RandomRotation, RandomTranslation, RandomZoom
from ...layers.preprocessing import Warp
from .noise import uniform

Array = NDArray[Any]


def within(range_: tuple[float, float], u: Array) -> Array:
    """Numbers between low and high, as far along as ``u`` is between 0 and 1."""
    low, high = np.float32(range_[0]), np.float32(range_[1])
    return low + (high - low) * u


def affine(layer: Layer, u: Array, v: Array, height: int, width: int) -> tuple[Array, Array]:
    """For each sample the matrix and the shift that say where a pixel comes from, as seen from the centre."""
    matrix, shift = np.zeros((len(u), 2, 2), np.float32), np.zeros((len(u), 2), np.float32)
    matrix[:, 0, 0] = matrix[:, 1, 1] = 1
    if isinstance(layer, RandomFlip):
        if layer.mode != "horizontal":
            matrix[:, 0, 0] = np.where(v < 0.5, -1, 1)
        if layer.mode != "vertical":
            matrix[:, 1, 1] = np.where(u < 0.5, -1, 1)
    elif isinstance(layer, RandomTranslation):
        shift[:, 0] = -within(layer.height_factor, u) * height  # type: ignore[arg-type]
        shift[:, 1] = -within(layer.width_factor, v) * width  # type: ignore[arg-type]
    elif isinstance(layer, RandomRotation):
        angle = within(layer.factor, u) * np.float32(2) * np.float32(math.pi)  # type: ignore[arg-type]
        matrix[:, 0, 0] = matrix[:, 1, 1] = np.cos(angle)
        matrix[:, 0, 1], matrix[:, 1, 0] = np.sin(angle), -np.sin(angle)
    elif isinstance(layer, RandomZoom):
        matrix[:, 0, 0] = matrix[:, 1, 1] = 1 + within(layer.height_factor, u)  # type: ignore[arg-type]
        if layer.width_factor is not None:
            matrix[:, 1, 1] = 1 + within(layer.width_factor, v)  # type: ignore[arg-type]
    return matrix, shift


def moves(layer: Layer) -> bool:
    """Whether a layer moves pixels."""
    return isinstance(layer, RandomFlip | Warp)


def edge(layer: Layer) -> tuple[str, float] | None:
    """What lies beyond the edge, or None for a layer that never looks there."""
    return (layer.fill_mode, layer.fill_value) if isinstance(layer, Warp) else None


def together(layers: Sequence[Layer]) -> list[list[int]]:
    """For each layer the places of those that are carried out there, as one.

    Layers in a row that move pixels, and agree on what lies beyond the edge, interpolate once, at the last.

    >>> together([RandomFlip(), RandomZoom(0.1), RandomRotation(0.1), RandomContrast(0.1)])
    [[], [], [0, 1, 2], [3]]
    """
    places: list[list[int]] = []
    for i in range(len(layers)):
        row = [*places[-1], i] if places else [i]
        agree = len({edge(layers[k]) for k in row} - {None}) < 2
        if agree and all(moves(layers[k]) for k in row):
            places[i - 1 :] = [[], row] if i else [row]
        else:
            places.append([i])
    return places


def warp(row: Sequence[tuple[Layer, int]], x: Array) -> Array:
    """Each image with every pixel from where layers with their keys say: the last one is asked first."""
    if not row:
        return x
    n, height, width, _ = x.shape
    middle = np.array([(height - 1) / 2, (width - 1) / 2], np.float32)
    grid = np.stack(np.meshgrid(np.arange(height), np.arange(width), indexing="ij"), axis=-1) - middle
    source = np.broadcast_to(grid.astype(np.float32), (n, height, width, 2))
    for layer, key in reversed(row):
        u = uniform(key, 2 * n)
        matrix, shift = affine(layer, u[::2], u[1::2], height, width)
        source = np.einsum("nij,nhwj->nhwi", matrix, source) + shift[:, None, None]
    fill, value = next(filter(None, (edge(layer) for layer, _ in row)), ("nearest", 0.0))
    return between(x, source + middle, fill, value)


def between(x: Array, source: Array, fill: str, value: float) -> Array:
    """Bilinear interpolation at rows and columns from 0."""
    corner = np.floor(source).astype(int)
    dr, dc = np.moveaxis((source - corner).astype(x.dtype)[..., None], 3, 0)
    r, c = corner[..., 0], corner[..., 1]
    above = (1 - dc) * pixel(x, r, c, fill, value) + dc * pixel(x, r, c + 1, fill, value)
    below = (1 - dc) * pixel(x, r + 1, c, fill, value) + dc * pixel(x, r + 1, c + 1, fill, value)
    mixed: Array = (1 - dr) * above + dr * below
    return mixed


def pixel(x: Array, rows: Array, columns: Array, fill: str, value: float) -> Array:
    """The pixels at rows and columns, and what ``fill`` says beyond the edge."""
    n, height, width, _ = x.shape
    sample = np.arange(n)[:, None, None]
    if fill == "reflect":
        rows, columns = reflect(rows, height), reflect(columns, width)
    found: Array = x[sample, rows.clip(0, height - 1), columns.clip(0, width - 1)]
    if fill == "nearest":
        return found
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    return np.where(inside[..., None], found, x.dtype.type(value))


def reflect(i: Array, n: int) -> Array:
    """… 2 1 0 | 0 1 2 … n-1 | n-1 n-2 …"""  # noqa: D400, D415
    m = i % (2 * n)
    return np.where(m < n, m, 2 * n - 1 - m)


def contrast(layer: RandomContrast, x: Array, key: int) -> Array:
    """Each image with its channels' values moved from their means, or to them."""
    lower, upper = layer.factor  # type: ignore[misc]
    factor = within((1 - lower, 1 + upper), uniform(key, len(x)))[:, None, None, None].astype(x.dtype)
    mean = x.mean(axis=(1, 2), keepdims=True)
    mixed: Array = (x - mean) * factor + mean
    return mixed
