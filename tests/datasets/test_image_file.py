import contextlib
import struct
import sys
import zlib

import numpy as np
import pytest

from pyflux.datasets.image_file import decode_image, read_image
from pyflux.errors import DataError, MissingExtraError

Image = pytest.importorskip("PIL.Image")

GREY, COLOUR = (28, 28, 1), (12, 10, 3)


@pytest.fixture
def ink():
    """A white figure on black, lower right of the middle: no two orientations of it are alike."""
    picture = np.zeros((28, 28), np.uint8)
    picture[10:25, 18:22] = 255
    picture[20:24, 8:22] = 200
    return picture


@pytest.fixture
def saved(tmp_path):
    def save(image, name="picture.png", **options):
        image.save(tmp_path / name, **options)
        return tmp_path / name

    return save


def test_white_on_black_is_taken_as_it_is(saved, ink):
    np.testing.assert_array_equal(read_image(saved(Image.fromarray(ink)), GREY)[..., 0], ink)


def test_black_on_white_is_inverted_for_one_channel_only(saved, ink):
    path = saved(Image.fromarray(255 - ink))
    np.testing.assert_array_equal(read_image(path, GREY)[..., 0], ink)
    assert read_image(path, (28, 28, 3))[0, 0].tolist() == [255, 255, 255]


def test_colours_are_red_green_blue(saved):
    picture = np.zeros((12, 10, 3), np.uint8)
    picture[:6, :, 0], picture[6:, :, 2] = 250, 120
    np.testing.assert_array_equal(read_image(saved(Image.fromarray(picture)), COLOUR), picture)


@pytest.mark.parametrize("mode", ["uint16", "uint16 tiff", "int32 tiff", "float32 tiff"])
def test_more_bits_are_scaled_to_eight(saved, ink, mode):
    kind = mode.split()[0]
    wide = ink.astype(np.float32) / 255 if kind == "float32" else ink.astype(kind) * 257
    path = saved(Image.fromarray(wide), "picture.tiff" if "tiff" in mode else "picture.png")
    np.testing.assert_array_equal(read_image(path, GREY)[..., 0], ink)


@pytest.mark.parametrize("values", [np.full((28, 28), 1e6, "f4"), np.full((28, 28), 70_000, "i4"),
                                    np.full((28, 28), np.nan, "f4")])  # fmt: skip
def test_pixels_of_an_unknown_scale_are_refused(saved, values):
    with pytest.raises(DataError, match=r"picture\.tiff"):
        read_image(saved(Image.fromarray(values), "picture.tiff"), GREY)


def rgba(ink):
    pixels = np.zeros((28, 28, 4), np.uint8)
    pixels[..., 3] = ink  # black, its alpha is the stroke
    return Image.fromarray(pixels), {}


def grey_alpha(ink):
    return Image.fromarray(np.dstack([np.zeros_like(ink), ink])), {}


def palette(ink):
    image = Image.fromarray((ink > 0).astype(np.uint8) * 1, "L")
    image = image.convert("P")
    image.putpalette([0, 0, 0] * 256)
    return image, {"transparency": 0}


def grey_with_a_transparent_level(ink):
    return Image.fromarray(np.where(ink > 0, 0, 77).astype(np.uint8)), {"transparency": 77}


def colour_with_a_transparent_one(ink):
    rgb = np.where(ink[..., None] > 0, [0, 0, 0], [9, 8, 7]).astype(np.uint8)
    return Image.fromarray(rgb), {"transparency": (9, 8, 7)}


@pytest.mark.parametrize(
    "make", [rgba, grey_alpha, palette, grey_with_a_transparent_level, colour_with_a_transparent_one]
)
def test_what_is_transparent_is_seen_on_white(saved, ink, make):
    image, options = make(ink)
    got = read_image(saved(image, **options), GREY)[..., 0]  # black ink on white, then inverted
    expected = ink if make in (rgba, grey_alpha) else np.where(ink > 0, 255, 0)
    np.testing.assert_allclose(got, expected, atol=1)


@pytest.mark.parametrize("mode", ["1", "P", "CMYK", "YCbCr", "LA", "RGBA", "RGB"])
def test_every_mode_shows_the_same_picture(saved, ink, mode):
    black_or_white = np.where(ink > 0, 255, 0).astype(np.uint8)
    name = {"CMYK": "picture.tiff", "YCbCr": "picture.tiff"}.get(mode, "picture.png")
    got = read_image(saved(Image.fromarray(black_or_white).convert("RGB").convert(mode), name), GREY)
    np.testing.assert_allclose(got[..., 0], black_or_white, atol=2)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_is_upright(saved, ink, orientation):
    # What a camera stores so that the orientation gives the picture back (EXIF 2.3, table of tag 274).
    stored = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.T,
        6: lambda a: np.rot90(a),
        7: lambda a: a[::-1, ::-1].T,
        8: lambda a: np.rot90(a, -1),
    }[orientation](ink)
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(Image.fromarray(np.ascontiguousarray(stored)), exif=exif)
    np.testing.assert_array_equal(read_image(path, GREY)[..., 0], ink)


def test_damaged_exif_data_do_not_matter(saved, ink):
    path = saved(Image.fromarray(ink), "picture.jpg", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff", quality=95)
    assert np.abs(read_image(path, GREY)[..., 0].astype(int) - ink).mean() < 5  # JPEG blurs the edges


def test_a_large_image_is_the_small_one(saved, ink):
    large = np.kron(ink, np.ones((100, 100), np.uint8))
    got = read_image(saved(Image.fromarray(large)), GREY)[..., 0]
    assert np.abs(got.astype(int) - ink).mean() < 3  # resizing blurs the edges


def test_the_first_picture_of_an_animation(saved, ink):
    first, second = Image.fromarray(ink), Image.new("L", (28, 28))
    path = saved(first, "picture.gif", save_all=True, append_images=[second])
    np.testing.assert_allclose(read_image(path, GREY)[..., 0], ink, atol=1)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, data=b"", extra=b""):
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"".join(
        [b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", header), extra, chunk(b"IDAT", data), chunk(b"IEND", b"")]
    )


WHOLE = zlib.compress(bytes(29 * 28))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no image",
        png(28, 28, WHOLE[:9]),
        png(20_000, 20_000),
        png(2**31 - 1, 2**31 - 1, WHOLE),
        png(0, 28, WHOLE),
        png(28, 28, WHOLE)[:30],
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 28 28\n%%EndComments\n",
        b"GIF89a" + bytes(7) + b"\x2c" + b"\xff" * 30,
        b"BM" + b"\xff" * 100,
        b"P5 28 28 255\n" + bytes(10),
        b"P5 99999 99999 255\n",
        b"II*\0\x08\0\0\0" + b"\xff" * 60,
    ],
)
def test_damage_is_a_data_error_that_names_the_file(tmp_path, content):
    (tmp_path / "picture.png").write_bytes(content)
    with pytest.raises(DataError, match=r"picture\.png"):
        read_image(tmp_path / "picture.png", GREY)


def test_any_change_of_a_file_is_an_image_or_a_data_error(tmp_path, saved, ink):
    rng = np.random.default_rng(0)
    originals = [
        saved(Image.fromarray(ink), name, **options).read_bytes()
        for name, options in [("a.png", {}), ("a.jpg", {}), ("a.gif", {}), ("a.bmp", {}), ("a.tiff", {})]
    ]
    path = tmp_path / "changed.png"
    for original in originals:
        for _ in range(60):
            content = np.frombuffer(original, np.uint8).copy()
            at = rng.integers(0, min(len(content), 400), rng.integers(1, 4))
            content[at] = rng.integers(0, 256, len(at))
            path.write_bytes(content.tobytes()[: rng.integers(len(content) // 2, len(content) + 1)])
            with contextlib.suppress(DataError):
                assert read_image(path, GREY).shape == GREY


def test_a_missing_file_and_a_network_for_rows(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nothing\.png"):
        read_image(tmp_path / "nothing.png", GREY)
    with pytest.raises(ValueError, match=r"\(784,\)"):
        read_image(tmp_path / "nothing.png", (784,))


def test_without_pillow_the_error_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(MissingExtraError, match="images"):
        read_image(tmp_path / "a.png", GREY)


def test_a_header_that_claims_more_than_the_file_holds_is_refused(tmp_path):
    path = tmp_path / "image.bmp"
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(path)
    content = bytearray(path.read_bytes())
    content[18:26] = (12_000).to_bytes(4, "little") * 2
    path.write_bytes(content)
    with pytest.raises(DataError, match=f"12000×12000.*{len(content)} bytes"):
        decode_image(path)
