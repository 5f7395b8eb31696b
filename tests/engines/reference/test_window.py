import itertools

import numpy as np
import pytest

from pyflux.engines.reference.window import taps
from pyflux.layers import Window

HEIGHT = 6
WINDOWS = [
    window
    for size, step, dilation in itertools.product((1, 2, 3, 5, 14), (1, 2, 3), (1, 2, 7))
    for padding in ("valid", "same")
    if (window := Window((size, 1), (step, 1), (dilation, 1), padding)).span[0] <= HEIGHT or padding == "same"
]


@pytest.mark.parametrize("window", WINDOWS, ids=str)
def test_taps_are_the_pixels_of_the_padded_image(window):
    (top, bottom), _ = window.pads(HEIGHT, 1)
    padded = [None] * top + list(range(HEIGHT)) + [None] * bottom
    step, dilation = window.strides[0], window.dilation_rate[0]
    wanted = {
        (row, place, padded[place * step + row * dilation])
        for row, place in itertools.product(range(window.size[0]), range(window.output_size(HEIGHT, 1)[0]))
    }
    x = np.arange(HEIGHT).reshape(1, HEIGHT, 1)
    places = np.arange(window.output_size(HEIGHT, 1)[0]).reshape(1, -1, 1)
    got = {
        (tap.row, int(place), int(pixel))
        for tap in taps(window, HEIGHT, 1)
        for place, pixel in zip(places[tap.places].ravel(), x[tap.pixels].ravel(), strict=True)
    }
    assert got == {found for found in wanted if found[2] is not None}
