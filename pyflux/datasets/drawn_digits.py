"""Images drawn by code: data for examples and tests that need neither a download nor a file.

`synthetic_digits` is here, `synthetic_images` comes from `pyflux.patterns`.

A digit is a *shape*: a few named points and the strokes of a pen that pass through them. Every image moves
the points a little, slants, turns, stretches and shifts the whole, and draws it with a pen of its own width.
The result is no replacement for MNIST, but a network has to learn to read it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .._internal import validation
from .patterns import synthetic_images

__all__ = ["synthetic_digits", "synthetic_images"]

_SIDE = 28
_BOX = 19.0  # pixels that a shape's unit square covers, as MNIST fits its digits into 20×20
_PIECES = 72  # straight pieces a shape is drawn with: each is shorter than a pixel
_CHUNK = 1024  # images drawn at once: bounds the memory, does not change the result

_Floats = npt.NDArray[np.float32]
_Labels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class _Shape:
    """One way to write a digit: points in the unit square (x to the right, y down), strokes through them.

    A stroke is a string of point names, drawn as a smooth curve; it closes smoothly where it ends at the
    point it began with. A corner is where one stroke ends and the next begins.
    """

    points: dict[str, tuple[float, float]]
    strokes: tuple[str, ...]


def _shape(strokes: str, **points: tuple[float, float]) -> _Shape:
    return _Shape(points, tuple(strokes.split()))


# fmt: off
_SHAPES: tuple[tuple[_Shape, ...], ...] = (
    (  # 0: an oval, and one whose ends pass each other
        _shape("abcdefgha", a=(.50, .0), b=(.25, .13), c=(.14, .5), d=(.25, .87), e=(.50, 1.),
               f=(.75, .87), g=(.86, .5), h=(.75, .13)),
        _shape("abcdefghi", a=(.62, .02), b=(.35, .08), c=(.16, .42), d=(.22, .82), e=(.47, 1.),
               f=(.76, .83), g=(.85, .42), h=(.68, .08), i=(.46, .06)),
    ),
    (  # 1: a bar, a bar with a flag, a bar with a flag and a foot
        _shape("abc", a=(.52, .0), b=(.50, .5), c=(.48, 1.)),
        _shape("ab bcd", a=(.30, .24), b=(.54, .0), c=(.53, .5), d=(.52, 1.)),
        _shape("ab bcd ef", a=(.30, .20), b=(.52, .0), c=(.51, .5), d=(.50, 1.), e=(.24, 1.),
               f=(.78, .99)),
    ),
    (  # 2: with a corner at the foot, and with a loop there
        _shape("abcdef fgh", a=(.20, .26), b=(.33, .05), c=(.58, .0), d=(.77, .22), e=(.58, .58),
               f=(.14, 1.), g=(.50, .98), h=(.88, .99)),
        _shape("abcdefghij", a=(.22, .20), b=(.45, .0), c=(.74, .14), d=(.66, .48), e=(.36, .84),
               f=(.16, .95), g=(.18, .78), h=(.40, .84), i=(.65, .97), j=(.90, .88)),
    ),
    (  # 3: two bows, and a flat top
        _shape("abcde efghi", a=(.20, .13), b=(.46, .0), c=(.74, .13), d=(.66, .38), e=(.40, .47),
               f=(.72, .55), g=(.82, .77), h=(.55, 1.), i=(.16, .90)),
        _shape("ab bc cdefg", a=(.20, .02), b=(.78, .0), c=(.44, .40), d=(.72, .46), e=(.84, .71),
               f=(.56, 1.), g=(.16, .90)),
    ),
    (  # 4: open, and closed
        _shape("abc ce fgh", a=(.28, .02), b=(.22, .32), c=(.14, .56), e=(.88, .52), f=(.72, .04),
               g=(.68, .5), h=(.64, 1.)),
        _shape("ab bc adf", a=(.64, .0), b=(.10, .64), c=(.90, .63), d=(.64, .50), f=(.63, 1.)),
        _shape("abcd efg", a=(.24, .05), b=(.18, .40), c=(.42, .55), d=(.76, .42), e=(.78, .0),
               f=(.72, .5), g=(.66, 1.)),
    ),
    (  # 5: with a corner, and round
        _shape("ab bc cdefg", a=(.80, .01), b=(.30, .02), c=(.24, .44), d=(.54, .38), e=(.82, .62),
               f=(.62, .95), g=(.16, .93)),
        _shape("abcdefgh", a=(.84, .02), b=(.46, .06), c=(.28, .26), d=(.44, .42), e=(.72, .55),
               f=(.74, .82), g=(.46, 1.), h=(.14, .92)),
    ),
    (  # 6: an open hook, and one that is nearly straight
        _shape("abcdefgh", a=(.72, .02), b=(.40, .20), c=(.20, .60), d=(.34, .96), e=(.68, .94),
               f=(.80, .70), g=(.56, .52), h=(.24, .70)),
        _shape("abcdefgh", a=(.50, .0), b=(.32, .32), c=(.22, .70), d=(.40, 1.), e=(.72, .92),
               f=(.74, .66), g=(.48, .58), h=(.26, .78)),
    ),
    (  # 7: plain, curved, and crossed
        _shape("ab bcd", a=(.14, .04), b=(.84, .02), c=(.58, .48), d=(.40, 1.)),
        _shape("abc cde", a=(.14, .14), b=(.42, .02), c=(.84, .06), d=(.60, .42), e=(.48, 1.)),
        _shape("ab bcd ef", a=(.16, .03), b=(.84, .02), c=(.60, .46), d=(.38, 1.), e=(.30, .52),
               f=(.80, .48)),
    ),
    (  # 8: one crossing stroke, and two rings
        _shape("abcdefghija", a=(.74, .12), b=(.46, .0), c=(.24, .18), d=(.40, .42), e=(.66, .58),
               f=(.80, .80), g=(.50, 1.), h=(.20, .82), i=(.36, .58), j=(.66, .36)),
        _shape("abcda aefga", a=(.50, .46), b=(.26, .24), c=(.52, .0), d=(.76, .24), e=(.80, .74),
               f=(.50, 1.), g=(.20, .74)),
    ),
    (  # 9: a straight tail, and a curled one
        _shape("abcdef afg", a=(.76, .14), b=(.48, .0), c=(.22, .24), d=(.38, .48), e=(.66, .40),
               f=(.75, .30), g=(.64, 1.)),
        _shape("abcdef afghi", a=(.76, .12), b=(.48, .0), c=(.22, .24), d=(.38, .50), e=(.66, .42),
               f=(.77, .30), g=(.78, .70), h=(.56, .98), i=(.22, .92)),
    ),
)
# fmt: on


def synthetic_digits(n: int, seed: int = 0) -> tuple[npt.NDArray[np.uint8], _Labels]:
    """Draw ``n`` images of handwriting-like digits.

    Args:
        n: How many images, at least 1.
        seed: A whole number from 0. The same seed gives the same images on one machine with one version of
            NumPy; another seed gives other images of the same kind, so use two seeds for training and test.

    Returns:
        ``(images, labels)``: images ``(n, 28, 28)`` uint8, C-ordered, 0 is paper and 255 ink; labels ``(n,)``
        uint8 from 0 to 9, in random order, each digit as often as any other to within one.

    Raises:
        TypeError: ``n`` or ``seed`` is not a whole number.
        ValueError: ``n`` is below 1, or ``seed`` below 0.

    Example:
        >>> images, labels = synthetic_digits(20, seed=1)
        >>> images.shape, images.dtype, labels.shape
        ((20, 28, 28), dtype('uint8'), (20,))
        >>> sorted(int(label) for label in labels[:20])[:4]
        [0, 0, 1, 1]
    """
    n = validation.as_int("n", n)
    rng = np.random.default_rng(validation.as_seed("seed", seed))
    labels = rng.permutation(np.arange(n) % 10).astype(np.uint8)
    starts, ends = _pieces(rng, labels)
    look = _Look.draw(rng, n)
    images = np.empty((n, _SIDE, _SIDE), np.uint8)
    for low in range(0, n, _CHUNK):
        part = slice(low, low + _CHUNK)
        images[part] = _ink(rng, starts[part], ends[part], look[part])
    return images, labels


# Where the pen goes.


def _pieces(rng: np.random.Generator, labels: _Labels) -> tuple[_Floats, _Floats]:
    """Return the two ends of every straight piece of every image, in pixels: two arrays (n, pieces, 2)."""
    n = len(labels)
    variant = rng.random(n)
    most = max(len(shape.points) for shapes in _SHAPES for shape in shapes)
    jitter = 0.036 * rng.standard_normal((n, most, 2), np.float32)
    transform, shift = _placements(rng, n)
    starts = np.empty((n, _PIECES, 2), np.float32)
    ends = np.empty_like(starts)
    for digit, shapes in enumerate(_SHAPES):
        for number, shape in enumerate(shapes):
            mine = np.flatnonzero((labels == digit) & (np.floor(variant * len(shapes)) == number))
            points = np.array(list(shape.points.values()), np.float32) - 0.5
            moved = points + jitter[mine, : len(points)]
            placed = moved @ transform[mine] + shift[mine]
            first, last = _curves(shape)
            starts[mine], ends[mine] = first @ placed, last @ placed
    return starts, ends


def _placements(rng: np.random.Generator, n: int) -> tuple[_Floats, _Floats]:
    """Return how each image places its unit square: matrices (n, 2, 2) and shifts (n, 1, 2), in pixels."""
    angle = np.radians(8.0) * rng.standard_normal(n)
    slant = 0.12 + 0.18 * rng.standard_normal(n)  # most hands lean to the right
    width, height = rng.uniform(0.65, 1.12, n), rng.uniform(0.8, 1.08, n)
    cos, sin = np.cos(angle), np.sin(angle)
    zero, one = np.zeros(n), np.ones(n)
    stretch = np.array([[width, zero], [zero, height]])
    lean = np.array([[one, zero], [-slant, one]])
    turn = np.array([[cos, sin], [-sin, cos]])
    # The batch is the last axis so far; row vectors: stretch first, then lean, then turn.
    matrix = np.einsum("abn,bcn,cdn->nad", stretch, lean, turn)
    centre = (_SIDE - 1) / 2 + 1.2 * rng.standard_normal((n, 1, 2)).clip(-2, 2)
    return (_BOX * matrix).astype(np.float32), centre.astype(np.float32)


def _curves(shape: _Shape) -> tuple[_Floats, _Floats]:
    """Return two matrices (pieces, points) that turn a shape's points into the ends of its pieces.

    A Catmull-Rom curve is linear in its points: so one product draws all images of a shape.
    """
    names = list(shape.points)
    spans = [[names.index(name) for name in stroke] for stroke in shape.strokes]
    lengths = [_length(shape, stroke) for stroke in shape.strokes]
    bounds = np.round(np.cumsum([0.0, *lengths]) / sum(lengths) * _PIECES).astype(int)
    first, last = [], []
    for span, count in zip(spans, np.diff(bounds), strict=True):
        nodes = _catmull_rom(span, len(names), int(count) + 1)
        first.append(nodes[:-1])
        last.append(nodes[1:])
    return np.concatenate(first), np.concatenate(last)


def _length(shape: _Shape, stroke: str) -> float:
    corners = np.array([shape.points[name] for name in stroke])
    return float(np.hypot(*np.diff(corners, axis=0).T).sum())


def _catmull_rom(span: list[int], points: int, nodes: int) -> _Floats:
    """Return the matrix (nodes, points) of a Catmull-Rom curve through the points numbered in ``span``."""
    closed = span[0] == span[-1]
    # The curve needs a point before the first and one after the last: a ring's neighbours, else the ends.
    around = [span[-2] if closed else span[0], *span, span[1] if closed else span[-1]]
    t = np.linspace(0, len(span) - 1, nodes)
    leg = np.minimum(t.astype(int), len(span) - 2)
    u = t - leg
    weights = np.stack(
        [-u + 2 * u**2 - u**3, 2 - 5 * u**2 + 3 * u**3, u + 4 * u**2 - 3 * u**3, u**3 - u**2], axis=1
    )
    matrix = np.zeros((nodes, points), np.float32)
    for k in range(4):
        # add.at, since a point may stand twice among the four.
        np.add.at(matrix, (np.arange(nodes), np.array(around)[leg + k]), weights[:, k] / 2)
    return matrix


# What the pen leaves on the paper.


@dataclass(frozen=True)
class _Look:
    """Per image: the pen's width in pixels, the ink's darkness and the paper's noise, each ``(n, 1, 1)``."""

    width: _Floats
    darkness: _Floats
    noise: _Floats

    @classmethod
    def draw(cls, rng: np.random.Generator, n: int) -> _Look:
        u = rng.random((3, n, 1, 1), np.float32)
        return cls(0.55 + 0.65 * u[0], 0.75 + 0.25 * u[1], 0.12 * u[2] ** 2)

    def __getitem__(self, part: slice) -> _Look:
        return _Look(self.width[part], self.darkness[part], self.noise[part])


def _ink(rng: np.random.Generator, starts: _Floats, ends: _Floats, look: _Look) -> npt.NDArray[np.uint8]:
    """Draw the pieces: every piece is a round blot, and close blots make a line with soft edges.

    A blot is a Gaussian, the product of one along x and one along y, so the sum over the pieces of an image
    is a matrix product. Weighted with the piece's length, a line of any number of pieces has the height 1.
    """
    centres = (starts + ends) / 2
    lengths = np.hypot(*np.moveaxis(ends - starts, -1, 0))[..., None]
    grid = np.arange(_SIDE, dtype=np.float32)
    blots = np.exp(-0.5 * ((grid - centres[..., None]) / look.width[..., None]) ** 2)  # (n, pieces, 2, 28)
    rows = blots[:, :, 1] * (lengths / (np.sqrt(2 * np.pi, dtype=np.float32) * look.width))
    line = rows.transpose(0, 2, 1) @ blots[:, :, 0]
    ink = np.clip(1.7 * line - 0.1, 0, 1) * look.darkness
    speckle = rng.random(ink.shape, np.float32) - 0.5
    image: npt.NDArray[np.uint8] = np.rint(255 * np.clip(ink + look.noise * speckle, 0, 1)).astype(np.uint8)
    return image
