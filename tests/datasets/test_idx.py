import contextlib
import gzip
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyflux.errors import DataError
from pyflux.idx import read_idx


def idx(array):
    """The bytes of an IDX file, written independently of the reader."""
    header = bytes([0, 0, 8, array.ndim])
    for length in array.shape:
        header += length.to_bytes(4, "big")
    return header + array.tobytes()


IMAGES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)


@settings(deadline=None)
@given(st.lists(st.integers(0, 5), min_size=0, max_size=4), st.booleans())
def test_what_was_written_is_read(shape, zipped):
    array = (np.arange(np.prod(shape, dtype=int)) % 251).astype(np.uint8).reshape(shape)
    raw = gzip.compress(idx(array)) if zipped else idx(array)
    got = read_idx(raw)
    assert got.dtype == np.uint8
    assert got.flags.c_contiguous
    assert got.flags.writeable
    np.testing.assert_array_equal(got, array, strict=True)


def test_the_content_decides_about_gzip_not_the_name(tmp_path):
    (tmp_path / "plain.gz").write_bytes(idx(IMAGES))
    (tmp_path / "zipped").write_bytes(gzip.compress(idx(IMAGES)))
    np.testing.assert_array_equal(read_idx(tmp_path / "plain.gz"), IMAGES)
    np.testing.assert_array_equal(read_idx(str(tmp_path / "zipped")), IMAGES)


def test_expected_shape_takes_any_length_for_none():
    assert read_idx(idx(IMAGES), expected_shape=(None, 3, 4)).shape == (2, 3, 4)


@pytest.mark.parametrize("shape", [(3, 3, 4), (2, 3), (2, 3, 4, 1), (None, 4, 3)])
def test_another_shape_than_expected(shape):
    with pytest.raises(DataError, match="header says 2×3×4, expected"):
        read_idx(idx(IMAGES), expected_shape=shape)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "header of at least 4 bytes, got 0"),
        (b"\0\0\x08", "header of at least 4 bytes, got 3"),
        (idx(IMAGES)[:10], "cut short in the header: 3 axes need 16 bytes, got 10"),
        (idx(IMAGES)[:-1], "cut short: the header says 2×3×4 = 24 bytes of data, got 23"),
        (idx(IMAGES) + b"x", "longer than its header says, .* = 24 bytes"),
        (b"\x89PNG and more", "magic number is 0x89504e47"),
        (b"<html>not found", "not an IDX file"),
        (b"\0\0\x0d\x01" + bytes(8), r"32-bit float \(0x0d\), expected unsigned byte"),
        (gzip.compress(idx(IMAGES))[:-4], "gzip file is cut short"),
        (gzip.compress(idx(IMAGES))[:-8] + bytes(8), "gzip file is damaged"),
        (b"\x1f\x8b\x08" + bytes(7) + b"\xff" * 40, "gzip file is damaged"),
    ],
)
def test_damage_is_named(raw, words):
    with pytest.raises(DataError, match=words):
        read_idx(raw)


def test_the_error_names_the_file(tmp_path):
    path = tmp_path / "labels.gz"
    path.write_bytes(b"no")
    with pytest.raises(DataError, match=r"labels\.gz"):
        read_idx(path)


def test_every_cut_of_a_gzip_file_is_found():
    raw = gzip.compress(idx(IMAGES))
    for end in range(len(raw)):
        with pytest.raises(DataError):
            read_idx(raw[:end])


def test_a_missing_file_stays_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_idx(tmp_path / "nothing")


def test_neither_path_nor_bytes():
    with pytest.raises(TypeError, match="path or bytes, got int"):
        read_idx(3)


def test_no_more_is_unpacked_than_the_header_says():
    zeros = bytes(50_000_000)
    small = gzip.compress(idx(IMAGES) + zeros)
    claims = gzip.compress(bytes([0, 0, 8, 1]) + (1 << 31).to_bytes(4, "big") + bytes(1000))
    tracemalloc.start()
    try:
        for raw, shape in [(small, None), (gzip.compress(zeros), None), (claims, None), (claims, (10_000,))]:
            with pytest.raises(DataError):
                read_idx(raw, expected_shape=shape)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_a_header_may_not_ask_for_more_than_4_gib():
    with pytest.raises(DataError, match=f"{1 << 33} bytes"):
        read_idx(bytes([0, 0, 8, 2]) + (1 << 31).to_bytes(4, "big") + (4).to_bytes(4, "big"))


@pytest.mark.parametrize("rank", [33, 255])
def test_more_axes_than_an_array_can_have(rank):
    with pytest.raises(DataError, match="not an IDX file"):
        read_idx(bytes([0, 0, 8, rank]) + bytes(4 * rank))


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_whatever_the_bytes_are_it_is_an_array_or_a_data_error(raw):
    for content in (raw, bytes([0, 0, 8]) + raw, gzip.compress(raw), b"\x1f\x8b\x08" + raw):
        with contextlib.suppress(DataError):
            assert read_idx(content).dtype == np.uint8
