"""Coloured patterns drawn by code: images of any size and number of classes, without a download.

A class is a kind of pattern (stripes, checks, rings or flowers), how fine it is, and how it is turned. All
the rest is drawn anew for each image: where the pattern lies, its two colours, a little of its size and turn,
and noise. Which colours an image has says nothing about its class: a network has to see the pattern.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .._internal import validation

__all__ = ["synthetic_images"]

_LEAST = 8  # pixels: in a smaller image the patterns look alike
_CHUNK = 1 << 20  # values drawn at once: bounds the memory, does not change the result
_NOISE = 0.06  # standard deviation, of a range from 0 to 1

_Floats = npt.NDArray[np.float32]
_Bytes = npt.NDArray[np.uint8]


def synthetic_images(
    n: int,
    size: tuple[int, int] = (32, 32),
    channels: int = 3,
    classes: int = 10,
    seed: int = 0,
) -> tuple[_Bytes, _Bytes]:
    """Draw ``n`` images of coloured patterns, the class being the pattern.

    What a class looks like depends on ``size`` and ``classes`` alone, and not on the seed: use two seeds for
    training and test. The more classes and the fewer pixels, the harder they are to tell apart.

    Args:
        n: How many images, at least 1.
        size: Height and width in pixels, each at least 8; one number for both.
        channels: Channels of a pixel, at least 1; 3 for colours.
        classes: How many classes, from 2 to 100.
        seed: A whole number from 0. The same seed gives the same images on one machine with one version of
            NumPy; another seed gives other images of the same classes.

    Returns:
        ``(images, labels)``: images ``(n, height, width, channels)`` uint8, C-ordered; labels ``(n,)`` uint8
        from 0 to ``classes`` - 1, in random order, each class as often as any other to within one.

    Raises:
        TypeError: An argument is not a whole number.
        ValueError: An argument is out of its range.

    Example:
        >>> images, labels = synthetic_images(6, size=(16, 24), classes=3, seed=1)
        >>> images.shape, images.dtype, sorted(labels.tolist())
        ((6, 16, 24, 3), dtype('uint8'), [0, 0, 1, 1, 2, 2])
    """
    n, channels = validation.as_int("n", n), validation.as_int("channels", channels)
    height, width = _size(size)
    looks = _looks(_classes(classes), min(height, width))
    rng = np.random.default_rng(validation.as_seed("seed", seed))
    labels = rng.permutation(np.arange(n) % len(looks)).astype(np.uint8)
    place = rng.random((n, 5), np.float32)
    colours = _colours(rng, n, channels)
    images = np.empty((n, height, width, channels), np.uint8)
    step = max(1, _CHUNK // (height * width * channels))
    for low in range(0, n, step):
        part = slice(low, low + step)
        ink = _ink([looks[label] for label in labels[part]], place[part], height, width)
        images[part] = _painted(rng, ink, colours[part])
    return images, labels


def _size(size: tuple[int, int]) -> tuple[int, int]:
    height, width = validation.pair("size", size)
    if min(height, width) < _LEAST:
        raise ValueError(f"size must be at least {_LEAST}×{_LEAST} pixels, got {height}×{width}")
    return height, width


def _classes(classes: int) -> int:
    number = validation.as_int("classes", classes, minimum=2)
    if number > 100:
        raise ValueError(f"classes must be at most 100, got {number}; more could not be told apart")
    return number


# What a class looks like.


@dataclass(frozen=True)
class _Look:
    """What makes a class.

    Args:
        kind: Number of the pattern in `_PATTERNS`.
        fineness: From 0, coarse, to 1, as fine as the pixels allow.
        turn: The pattern's turn as a part of the one that brings it onto itself again, in [0, 1).
        room: How much of a turn or a fineness an image may deviate without looking like another class.
        finest: Waves across the image's shorter side at fineness 1.
    """

    kind: int
    fineness: float
    turn: float
    room: float
    finest: float


def _looks(classes: int, side: int) -> list[_Look]:
    """Return what each class looks like: class after class another kind, then another fineness and turn."""
    finest = min(6.0, side / 3.2)  # a wave needs a little more than three pixels to be seen
    each = math.ceil(classes / len(_PATTERNS))
    turns = math.ceil(math.sqrt(each))
    levels = math.ceil(each / turns)
    looks = []
    for number in range(classes):
        variant, kind = divmod(number, len(_PATTERNS))
        level, turn = divmod(variant, turns)
        fineness = level / (levels - 1) if levels > 1 else 0.5
        looks.append(_Look(kind, fineness, turn / turns, 0.2 / max(turns, levels), finest))
    return looks


def _stripes(x: _Floats, y: _Floats, waves: _Floats, turn: _Floats, phase: _Floats) -> _Floats:
    angle = np.pi * turn
    ink: _Floats = np.sin(2 * np.pi * (waves * (x * np.cos(angle) + y * np.sin(angle)) + phase))
    return ink


def _checks(x: _Floats, y: _Floats, waves: _Floats, turn: _Floats, phase: _Floats) -> _Floats:
    half: _Floats = np.float32(0.5) * turn  # turned by a right angle, checks are the same again
    ink: _Floats = _stripes(x, y, waves, half, phase) * _stripes(x, y, waves, half + np.float32(0.5), phase)
    return ink


def _rings(x: _Floats, y: _Floats, waves: _Floats, turn: _Floats, phase: _Floats) -> _Floats:
    angle = np.pi * turn
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    ink: _Floats = np.sin(2 * np.pi * (waves * np.hypot(along, 1.6 * across) + phase))
    return ink


def _flower(x: _Floats, y: _Floats, waves: _Floats, turn: _Floats, phase: _Floats) -> _Floats:
    # As many petals as waves, and one more; the size is such that about half of a square image is inside.
    petals = np.rint(waves) + 1
    edge = 0.39 * (1 + 0.4 * np.cos(petals * np.arctan2(y, x) - 2 * np.pi * turn))
    ink: _Floats = 6 * (edge - np.hypot(x, y))
    return ink


_Pattern = Callable[[_Floats, _Floats, _Floats, _Floats, _Floats], _Floats]
_PATTERNS: tuple[_Pattern, ...] = (_stripes, _checks, _rings, _flower)


# What an image looks like.


def _ink(looks: Sequence[_Look], place: _Floats, height: int, width: int) -> _Floats:
    """Return how much of the second colour each pixel has: ``(n, height, width)`` from 0 to 1."""
    spread = np.float32(2) * place - 1
    room = _column([look.room for look in looks])
    turn = _column([look.turn for look in looks]) + room * spread[:, 0, None, None]
    fineness = _column([look.fineness for look in looks]) + room * spread[:, 1, None, None]
    finest = _column([look.finest for look in looks])
    waves = 2 + (finest - 2) * fineness.clip(0, 1)
    side = np.float32(min(height, width))
    y = (np.arange(height, dtype=np.float32)[:, None] - (height - 1) / 2) / side
    x = (np.arange(width, dtype=np.float32) - (width - 1) / 2) / side
    x, y = x - 0.12 * spread[:, 2, None, None], y - 0.12 * spread[:, 3, None, None]
    x, y = np.broadcast_arrays(x, y)
    phase = place[:, 4, None, None]
    ink = np.empty((len(looks), height, width), np.float32)
    kinds = np.array([look.kind for look in looks])
    for kind, pattern in enumerate(_PATTERNS):
        mine = np.flatnonzero(kinds == kind)
        ink[mine] = pattern(x[mine], y[mine], waves[mine], turn[mine], phase[mine])
    mixed: _Floats = 0.5 + 0.5 * np.tanh(2.5 * ink)
    return mixed


def _column(values: Sequence[float]) -> _Floats:
    return np.array(values, np.float32)[:, None, None]


def _colours(rng: np.random.Generator, n: int, channels: int) -> _Floats:
    """Return each image's two colours, ``(n, 2, channels)`` from 0 to 1.

    In each channel they differ by 0.35 or more, and each is spread evenly and as likely the brighter one: so
    neither a colour nor the mean of all pixels gives the class away.
    """
    first = rng.random((n, channels), np.float32)
    apart = 0.5 + 0.15 * (2 * rng.random((n, channels), np.float32) - 1)
    return np.stack([first, (first + apart) % 1], axis=1)


def _painted(rng: np.random.Generator, ink: _Floats, colours: _Floats) -> _Bytes:
    first, second = colours[:, 0, None, None, :], colours[:, 1, None, None, :]
    image = first + ink[..., None] * (second - first)
    image += _NOISE * rng.standard_normal(image.shape, np.float32)
    painted: _Bytes = np.rint(255 * image.clip(0, 1)).astype(np.uint8)
    return painted
