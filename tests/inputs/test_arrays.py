import importlib.util
import subprocess
import sys
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from pyflux.errors import ScaleWarning
from pyflux.inputs import as_array, as_floats, as_samples

GREY = (28, 28, 1)


def images(dtype=np.uint8, n=4):
    return np.random.default_rng(0).integers(0, 256, (n, 28, 28)).astype(dtype)


def test_bytes_are_taken_without_a_copy():
    x = np.zeros((60000, 28, 28), np.uint8)
    got = as_samples("x", x, GREY)
    assert got.shape == (60000, 28, 28, 1)
    assert got.ctypes.data == x.ctypes.data


def test_contiguous_floats_are_taken_without_a_copy():
    x = images(np.float32)
    assert np.shares_memory(as_samples("x", x, GREY), x)


@pytest.mark.parametrize(
    "form",
    [
        lambda x: x[..., None],
        lambda x: x.reshape(len(x), 784),
        lambda x: np.asfortranarray(x),
        lambda x: np.repeat(x, 2, axis=0)[::2],
        lambda x: x[:, :, ::-1][:, :, ::-1],
        lambda x: x.tolist() and np.array(x.tolist(), np.uint8),
    ],
    ids=["channels", "rows", "fortran", "strided", "reversed twice", "copied"],
)
def test_every_layout_gives_the_same_samples(form):
    x = images()
    got = as_samples("x", form(x), GREY)
    assert got.flags.c_contiguous
    np.testing.assert_array_equal(got[..., 0], x)


@pytest.mark.parametrize("dtype", ["float64", ">f4", ">f8", "float16", "float32"])
def test_every_float_gives_float32(dtype):
    x = images(np.float32)
    got = as_samples("x", x.astype(dtype), GREY)
    assert got.dtype == np.float32
    assert got.dtype.isnative
    np.testing.assert_array_equal(got[..., 0], x)


@pytest.mark.parametrize("shape", [(4, 28, 28), (4, 28, 28, 1), (4, 784)])
def test_samples_of_rows_and_columns(shape):
    got = as_samples("x", images().reshape(shape), (28, 28))
    np.testing.assert_array_equal(got, images(), strict=True)


def test_read_only_arrays_work():
    x = images()
    x.flags.writeable = False
    assert as_samples("x", x, GREY).shape == (4, *GREY)


def test_bytes_are_scaled_and_floats_are_not():
    assert as_floats(np.array([0, 255], np.uint8)).tolist() == [0, 1]
    assert as_floats(np.array([0, 255], np.float32)).tolist() == [0, 255]


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        (np.zeros((4, 28, 27), np.uint8), ValueError, r"\(N, 28, 28, 1\).*\(4, 28, 27\)"),
        (np.zeros((28, 28), np.uint8), ValueError, r"\(28, 28\).*x\[None\]"),
        (np.zeros((4, 28, 28, 3), np.uint8), ValueError, r"\(4, 28, 28, 3\)"),
        (np.zeros((0, 28, 28), np.uint8), ValueError, r"\(0, 28, 28\)"),
        (np.zeros((4, 0, 28), np.uint8), ValueError, r"\(4, 0, 28\)"),
        (np.uint8(3), ValueError, "3"),
        (None, TypeError, "None"),
        ({"a": 1}, TypeError, "dict"),
        ((i for i in range(3)), TypeError, "generator"),
        ("abc", TypeError, "<U3"),
        (b"abc", TypeError, "S3"),
        (images(object), TypeError, "object"),
        ([[2**64]], TypeError, "64 bits"),
        (images(complex), TypeError, "complex128.*x.real"),
        (np.full((4, 28, 28), "a"), TypeError, "<U1"),
        (images("datetime64[s]"), TypeError, "datetime64"),
        (images("timedelta64[s]"), TypeError, "timedelta64"),
        (np.zeros((4, 28, 28), [("a", "f4")]), TypeError, "'a'"),
        ([[1.0], [1.0, 2.0]], ValueError, "lengths"),
        ([(np.ones((4, 5)), np.ones(4))], ValueError, "generator.*DataLoader"),
    ],
)  # fmt: skip
def test_what_is_no_image_is_refused_with_the_argument_and_what_came(value, error, words):
    with pytest.raises(error, match=f"^x .*{words}"):
        as_samples("x", value, GREY)


@pytest.mark.parametrize(
    ("value", "advice"),
    [
        (np.array([False, True]), "astype('float32')"),
        (np.array([0, 1], np.int64), "astype('float32')"),
        (np.array([0, 255], np.int32), "astype('uint8')"),
        (np.array([0, 60000], np.uint16), "/ 65535"),
        (np.array([0, 1000], np.int64), "/ 1000"),
        (np.array([-5, 100], np.int8), "/ 127"),
    ],
)
def test_the_advice_for_whole_numbers_keeps_the_picture(value, advice):
    with pytest.raises(TypeError) as caught:
        as_samples("x", np.resize(value, (2, 28, 28)), GREY)
    assert advice in str(caught.value)
    assert str(value.dtype) in str(caught.value)


@pytest.mark.parametrize("dtype", [np.int64, np.uint16, bool, ">i4"])
def test_whole_numbers_are_taken_where_a_sample_is_a_row(dtype):
    x = np.array([[0, 1], [1, 0]]).astype(dtype)
    np.testing.assert_array_equal(
        as_samples("x", x, (2,)), np.array([[0, 1], [1, 0]], np.float32), strict=True
    )


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_no_number_is_found(bad):
    x = images(np.float64)
    x[2, 3, 5] = bad
    with pytest.raises(ValueError, match=rf"x .*{bad}.*\(2, 3, 5, 0\)"):
        as_samples("x", x, GREY)


def test_a_value_that_float32_cannot_hold_is_found():
    with pytest.raises(ValueError, match=r"1e\+300.*\(0, 1\)"):
        as_samples("x", [[0.0, 1e300]], (2,))


def test_an_unaligned_array_is_copied():
    raw = np.frombuffer(b"\0" + images(np.float32).tobytes(), "f4", offset=1).reshape(4, 28, 28)
    assert not raw.flags.aligned
    got = as_samples("x", raw, GREY)
    assert got.flags.aligned
    np.testing.assert_array_equal(got[..., 0], images(np.float32))


def test_a_memory_map_is_taken_without_a_copy(tmp_path):
    images().tofile(tmp_path / "x")
    mapped = np.memmap(tmp_path / "x", np.uint8, mode="r", shape=(4, 28, 28))
    got = as_samples("x", mapped, GREY)
    assert np.shares_memory(got, mapped)


def test_what_is_masked_is_refused_and_a_mask_of_nothing_is_not():
    x = np.ma.masked_array(images(np.float32), mask=False)
    assert as_samples("x", x, GREY).shape == (4, *GREY)
    x[0, 0, 0] = np.ma.masked
    for value in (x, [x[0], x[1]]):
        with pytest.raises(ValueError, match="x .*masked"):
            as_samples("x", value, GREY)


class OnGpu:
    __cuda_array_interface__ = {}  # noqa: RUF012


class Sparse:
    def tocsr(self):
        raise AssertionError


@pytest.mark.parametrize(("value", "advice"), [(OnGpu(), r"x\.cpu\(\)"), (Sparse(), r"x\.toarray\(\)")])
def test_arrays_elsewhere_are_refused_with_the_way_here(value, advice):
    with pytest.raises(TypeError, match=f"x .*{type(value).__name__}.*{advice}"):
        as_array("x", value)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st_numpy.arrays(
        st.one_of(
            st_numpy.integer_dtypes(endianness="?"), st_numpy.floating_dtypes(endianness="?"),
            st_numpy.boolean_dtypes(), st_numpy.complex_number_dtypes(), st_numpy.datetime64_dtypes(),
            st_numpy.unicode_string_dtypes(max_len=3), st_numpy.byte_string_dtypes(max_len=3),
        ),
        st_numpy.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3),
    ),
    st.sampled_from([(3,), (2, 3, 1), (1, 1, 1)]),
    st.sampled_from(["as it is", "fortran", "reversed", "read only", "unaligned", "list"]),
)  # fmt: skip
def test_any_array_gives_right_samples_or_an_error_and_is_not_changed(array, sample, form):
    if form == "fortran":
        array = np.asfortranarray(array)
    elif form == "reversed" and array.ndim:
        array = array[::-1]
    elif form == "read only":
        array.flags.writeable = False
    elif form == "unaligned" and array.size:
        array = np.frombuffer(b"\0" + array.tobytes(), array.dtype, offset=1).reshape(array.shape)
    before = array.copy()
    try:
        got = as_samples("x", array.tolist() if form == "list" else array, sample)
    except (TypeError, ValueError) as e:
        got = e
    if isinstance(got, Exception):
        assert str(got).startswith("x ")
    else:
        assert got.dtype in (np.uint8, np.float32)
        assert got.flags.c_contiguous
        assert got.flags.aligned
        assert got.dtype.isnative
        np.testing.assert_array_equal(got, array.astype(np.float32).reshape(got.shape))
    np.testing.assert_array_equal(array, before)


# ── Other libraries' arrays ──────────────────────────────────────────────────────────────────────────────


def test_a_data_frame_s_columns_are_features():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"a": [1, 2], "b": [0.5, 1.5], "c": [True, False]})
    expected = np.array([[1, 0.5, 1], [2, 1.5, 0]], np.float32)
    np.testing.assert_array_equal(as_samples("x", frame.astype({"c": int}), (3,)), expected)
    nullable = frame.astype({"a": "Int64", "b": "Float64", "c": "boolean"})
    np.testing.assert_array_equal(as_samples("x", nullable, (3,)), expected)
    np.testing.assert_array_equal(as_samples("x", frame[["a"]].iloc[::-1], (1,)), [[2], [1]])


def test_a_data_frame_with_missing_values_or_text_is_refused():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"a": pd.array([1, None], "Int64"), "b": [0.5, 1.5]})
    with pytest.raises(ValueError, match=r"x .*nan.*\(1, 0\)"):
        as_samples("x", frame, (2,))
    with pytest.raises(TypeError, match="x .*'name'"):
        as_samples("x", pd.DataFrame({"a": [1, 2], "name": ["c", "d"]}), (2,))


# These libraries run in processes of their own: their threads do not get on with Julia's.
PYTORCH = """
import numpy as np, torch
from pyflux.inputs import as_labels, as_samples
x = torch.arange(6, dtype=torch.float32).reshape(2, 3)
for tensor in (x, x.clone().requires_grad_(), x.to(torch.float64), x.T.contiguous().T):
    np.testing.assert_array_equal(as_samples("x", tensor, (3,)), x.numpy(), strict=True)
assert np.shares_memory(as_samples("x", x, (3,)), x.numpy())
assert as_labels("y", torch.tensor([2, 0]), 3, 2, "x").tolist() == [2, 0]
for tensor, word in ((x.to_sparse(), "toarray"), (x.to(torch.bfloat16), "BFloat16")):
    try:
        as_samples("x", tensor, (3,))
    except TypeError as e:
        assert str(e).startswith("x ") and word in str(e), e
    else:
        raise AssertionError(word)
"""
JAX = """
import jax.numpy as j, numpy as np
from pyflux.inputs import as_samples
x = j.arange(6.0).reshape(2, 3)
for array in (x, x.astype(j.bfloat16), x.astype(j.float16)):
    np.testing.assert_array_equal(as_samples("x", array, (3,)), np.asarray(x), strict=True)
"""


@pytest.mark.parametrize(("library", "code"), [("torch", PYTORCH), ("jax", JAX)])
def test_arrays_of_other_libraries(library, code):
    if importlib.util.find_spec(library) is None:
        pytest.skip(f"{library} is not installed")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# ── Scale ────────────────────────────────────────────────────────────────────────────────────────────────


def test_float_images_with_the_values_of_bytes_give_a_warning_at_the_user_s_line():
    with pytest.warns(ScaleWarning, match="x .*255") as caught:
        as_samples("x", images(np.float32), GREY, scales_bytes=True)
    assert caught[0].filename == __file__


@pytest.mark.parametrize(
    ("value", "sample", "scales_bytes"),
    [
        (images(np.float32) / 255, GREY, True),
        (images(np.float32) - 100, GREY, True),  # standardized, say
        (images(np.float32) * 2, GREY, True),
        (images(np.uint8), GREY, True),
        (images(np.float32), GREY, False),  # the network scales all alike
        (images(np.float32).reshape(4, 784), (784,), True),  # no images
    ],
)
def test_other_samples_give_none(value, sample, scales_bytes):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        as_samples("x", value, sample, scales_bytes=scales_bytes)
