"""Windows that move over images, as convolutions and poolings have them."""

from __future__ import annotations

from typing import NamedTuple

Pads = tuple[tuple[int, int], tuple[int, int]]


class Window(NamedTuple):
    """A window that is moved over an image.

    Attributes:
        size: Its height and width, in positions.
        strides: How many pixels it moves at a time, down and to the right.
        dilation_rate: Distance of its positions, in pixels.
        padding: ``"valid"``, or ``"same"`` for zeros around the image so that stride 1 keeps its size.

    >>> Window((3, 3), strides=(2, 2), padding="same").output_size(28, 28)
    (14, 14)
    """

    size: tuple[int, int]
    strides: tuple[int, int] = (1, 1)
    dilation_rate: tuple[int, int] = (1, 1)
    padding: str = "valid"

    @property
    def span(self) -> tuple[int, int]:
        """How many rows and columns it reaches over."""
        (h, w), (dh, dw) = self.size, self.dilation_rate
        return (h - 1) * dh + 1, (w - 1) * dw + 1

    def output_size(self, height: int, width: int) -> tuple[int, int]:
        """Return how many places it has in an image, down and to the right.

        Raises:
            ValueError: It does not fit into the image.
        """
        places = []
        for axis, size, span, step in zip(
            ("height", "width"), (height, width), self.span, self.strides, strict=True
        ):
            n = -(-size // step) if self.padding == "same" else (size - span) // step + 1
            if n < 1:
                raise ValueError(
                    f"its {axis} of {span} does not fit into an input of {axis} {size} (input "
                    f"{(height, width)}); use a larger image, a smaller window, fewer poolings, or "
                    f"padding='same'"
                )
            places.append(n)
        return places[0], places[1]

    def pads(self, height: int, width: int) -> Pads:
        """Return how many rows are added above and below an image, and how many columns left and right."""
        if self.padding == "valid":
            return (0, 0), (0, 0)
        (h, w), (sh, sw) = self.span, self.strides
        return same_padding(height, h, sh), same_padding(width, w, sw)


def same_padding(size: int, span: int, step: int) -> tuple[int, int]:
    """Return how many zeros ``padding="same"`` puts before and after an axis, as TensorFlow counts them.

    >>> same_padding(size=28, span=3, step=2)
    (0, 1)
    """
    total = max((-(-size // step) - 1) * step + span - size, 0)
    return total // 2, total - total // 2
