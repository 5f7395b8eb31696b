import sys

import numpy as np
import pytest

from pyflux.errors import MissingExtraError
from pyflux.utils import array_to_img, img_to_array, load_img

Image = pytest.importorskip("PIL.Image")


@pytest.fixture
def file(tmp_path):
    """Left half red and opaque, right half blue and transparent; 6 wide, 4 high."""
    pixels = np.zeros((4, 6, 4), np.uint8)
    pixels[:, :3] = [200, 0, 0, 255]
    pixels[:, 3:] = [0, 0, 200, 0]
    Image.fromarray(pixels).save(tmp_path / "a.png")
    return tmp_path / "a.png"


def test_colour_modes(file):
    rgb, rgba, grey = (img_to_array(load_img(file, mode)) for mode in ("rgb", "rgba", "grayscale"))
    assert (rgb.shape, rgba.shape, grey.shape) == ((4, 6, 3), (4, 6, 4), (4, 6, 1))
    assert {a.dtype for a in (rgb, rgba, grey)} == {np.dtype(np.uint8)}
    assert rgb[0, 0].tolist() == [200, 0, 0]
    assert rgb[0, 5].tolist() == [255, 255, 255]
    assert rgba[0, 5].tolist() == [0, 0, 200, 0]
    assert grey[0, [0, 5], 0].tolist() == [60, 255]  # 0.299 × 200


def test_sizes_are_height_and_width(file):
    assert load_img(file, target_size=(8, 3)).size == (3, 8)
    assert load_img(file, target_size=5).size == (5, 5)
    whole = img_to_array(load_img(file, target_size=(4, 2)))
    assert whole[0, :, 0].tolist() == [200, 255]
    # A fourth of the width is cut off on both sides: what is left is half red, half white.
    middle = img_to_array(load_img(file, target_size=(4, 4), keep_aspect_ratio=True))
    assert middle[0, :, 1].tolist() == [0, 0, 255, 255]


def test_there_and_back():
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    np.testing.assert_array_equal(img_to_array(array_to_img(pixels, scale=False)), pixels)
    grey = array_to_img(np.array([[[-1.0], [1.0]]]))
    assert img_to_array(grey, dtype="float32").tolist() == [[[0.0], [255.0]]]
    assert img_to_array(grey, dtype="float32").dtype == np.float32
    assert img_to_array(array_to_img(np.full((1, 1, 4), 7))).tolist() == [[[0, 0, 0, 0]]]


@pytest.mark.parametrize(
    ("call", "error", "parts"),
    [
        (lambda f: load_img(f, "grey"), ValueError, "color_mode.*grey.*grayscale"),
        (lambda f: load_img(f, interpolation="cubic"), ValueError, "interpolation.*cubic.*bicubic"),
        (lambda f: load_img(f, target_size=(1, 2, 3)), ValueError, "target_size"),
        (lambda f: load_img(f.with_name("b.png")), FileNotFoundError, r"b\.png"),
        (lambda f: img_to_array(np.zeros(3)), ValueError, r"img .*\(3,\)"),
        (lambda f: array_to_img(np.zeros((2, 2))), ValueError, r"x .*\(2, 2\)"),
        (lambda f: array_to_img(np.zeros((2, 2, 2))), ValueError, r"x .*\(2, 2, 2\)"),
        (lambda f: array_to_img(np.zeros((0, 2, 3))), ValueError, r"x .*\(0, 2, 3\)"),
        (lambda f: array_to_img(np.full((1, 1, 3), 256), scale=False), ValueError, "x .*256"),
    ],
)
def test_what_cannot_be_is_refused(file, call, error, parts):
    with pytest.raises(error, match=parts):
        call(file)


def test_without_pillow_the_extra_is_named(monkeypatch, file):
    monkeypatch.setitem(sys.modules, "PIL", None)
    for call in (lambda: load_img(file), lambda: array_to_img(np.zeros((2, 2, 3)))):
        with pytest.raises(MissingExtraError, match=r"\[images\]"):
            call()
