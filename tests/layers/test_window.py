import itertools

import pytest

from pyflux.layers import Window, same_padding


@pytest.mark.parametrize(("size", "span", "step"), [*itertools.product((1, 4, 7), (1, 2, 5), (1, 2, 3))])
def test_same_padding_makes_room_for_as_many_windows_as_steps_fit(size, span, step):
    before, after = same_padding(size, span, step)
    windows = -(-size // step)
    needed = (windows - 1) * step + span
    assert before + after == max(needed - size, 0)
    assert 0 <= after - before <= 1  # the odd one goes after


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_the_output_size_is_the_number_of_places_within_the_padded_image(padding):
    window = Window((2, 3), strides=(3, 1), dilation_rate=(1, 2), padding=padding)
    (top, bottom), (left, right) = window.pads(8, 9)
    rows, columns = 8 + top + bottom, 9 + left + right
    places = [
        len(range(0, rows - window.span[0] + 1, 3)),
        len(range(0, columns - window.span[1] + 1, 1)),
    ]
    assert window.output_size(8, 9) == tuple(places)
