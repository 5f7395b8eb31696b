import io
import json
import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy
from safetensors.numpy import load, save

from pyflux._internal.safetensors_file import DTYPES, read_safetensors, write_safetensors

ARRAYS = st_numpy.arrays(
    st.sampled_from([*DTYPES.values(), ">f4", ">i2"]),
    st_numpy.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
)


def written(tensors, metadata=None):
    file = io.BytesIO()
    write_safetensors(file, tensors, metadata)
    return file.getvalue()


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.text(max_size=8), ARRAYS, max_size=4))
def test_the_package_safetensors_reads_what_is_written(tensors):
    tensors = {name: array for name, array in tensors.items() if name != "__metadata__"}
    got = load(written(tensors))
    assert set(got) == set(tensors)
    for name, array in tensors.items():
        np.testing.assert_array_equal(got[name], array.astype(array.dtype.newbyteorder("="), copy=False))


def test_arrays_of_any_layout_are_written_and_read(tmp_path):
    tensors = {"f": np.asfortranarray(np.arange(6.0).reshape(2, 3)), "s": np.arange(9, dtype=np.int16)[::-2]}
    path = tmp_path / "x.safetensors"
    path.write_bytes(written(tensors, {"note": "é"}))
    got, metadata = read_safetensors(path)
    assert metadata == {"note": "é"}
    for name, array in tensors.items():
        np.testing.assert_array_equal(got[name], array, strict=True)


def test_what_the_package_writes_is_read(tmp_path):
    path = tmp_path / "x.safetensors"
    path.write_bytes(save({"w": np.ones((2, 3), np.float16)}))
    got, metadata = read_safetensors(path)
    np.testing.assert_array_equal(got["w"], np.ones((2, 3), np.float16), strict=True)
    assert metadata == {}


def test_complex_numbers_are_refused():
    with pytest.raises(TypeError, match=r"'w'.*complex64"):
        written({"w": np.ones(2, np.complex64)})


def file_of(path, dtype, data, shape):
    header = json.dumps({"w": {"dtype": dtype, "shape": shape, "data_offsets": [0, len(data)]}}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + data)
    return path


def test_bfloat16_is_read_as_float32(tmp_path):
    # Sign, 8 bits of exponent and 7 of mantissa: 1.0, -2.0, 0.15625, infinity.
    bits = np.array([0x3F80, 0xC000, 0x3E20, 0x7F80], "<u2")
    got, _ = read_safetensors(file_of(tmp_path / "x", "BF16", bits.tobytes(), [2, 2]))
    np.testing.assert_array_equal(got["w"], np.array([[1, -2], [0.15625, np.inf]], np.float32), strict=True)


@pytest.mark.parametrize(("dtype", "size"), [("F8_E4M3", 1), ("F8_E5M2", 1), ("C64", 8), ("X9", 1)])
def test_a_type_that_numpy_lacks_is_named(tmp_path, dtype, size):
    with pytest.raises(ValueError, match=dtype):
        read_safetensors(file_of(tmp_path / "x", dtype, bytes(2 * size), [2]))


@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 7, b"\xff" * 8, (1 << 40).to_bytes(8, "little") + b"{}", b"\2\0\0\0\0\0\0\0[]", b"HDF" * 9],
)
def test_damage_is_a_value_error(tmp_path, content):
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"empty|safetensors"):
        read_safetensors(path)


def test_every_cut_is_found(tmp_path):
    whole = written({"w": np.arange(4, dtype=np.float32), "b": np.zeros(2, np.float32)})
    for end in range(len(whole)):
        (tmp_path / "x").write_bytes(whole[:end])
        with pytest.raises(ValueError, match=r"empty|safetensors"):
            read_safetensors(tmp_path / "x")


class Counter(io.RawIOBase):
    """A file that keeps nothing."""

    def write(self, data):
        return len(data)


def test_writing_copies_no_array():
    tensors = {name: np.zeros(1_000_000, np.float32) for name in "abcd"}
    tracemalloc.start()
    try:
        write_safetensors(Counter(), tensors)
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()
