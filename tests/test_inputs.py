import numpy as np
import pytest

from pyflux.inputs import as_floats, as_labels, as_samples

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
        (np.zeros((4, 28, 27), np.uint8), ValueError, r"x must have shape \(N, 28, 28, 1\).*got \(4, 28, 27\)"),
        (np.zeros((28, 28), np.uint8), ValueError, r"got \(28, 28\); for a single image use x\[None\]"),
        (np.zeros((4, 28, 28, 3), np.uint8), ValueError, r"got \(4, 28, 28, 3\)"),
        (np.zeros((0, 28, 28), np.uint8), ValueError, "x is empty"),
        (np.uint8(3), ValueError, "single value"),
        (images(object), TypeError, "x must be an array of numbers, got dtype object"),
        (images(complex), TypeError, "got dtype complex128"),
        (np.full((4, 28, 28), "a"), TypeError, "got dtype <U1"),
        (images(np.int64), TypeError, "x must be uint8.*or float, got int64; convert it"),
        (images(bool), TypeError, "got bool"),
        ([[1.0], [1.0, 2.0]], ValueError, "rows of one length"),
    ],
)  # fmt: skip
def test_what_is_no_image_is_refused_in_words(value, error, words):
    with pytest.raises(error, match=words):
        as_samples("x", value, GREY)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_no_number_is_found(bad):
    x = images(np.float64)
    x[2, 3, 5] = bad
    with pytest.raises(ValueError, match=r"x must be finite, got .* at index \(2, 3, 5, 0\)"):
        as_samples("x", x, GREY)


def labels(value, n=3):
    return as_labels("y", value, classes=10, samples=n, samples_name="x")


@pytest.mark.parametrize("form", [np.uint8, np.int64, ">i2", np.int32])
def test_whole_numbers_of_any_size_are_labels(form):
    got = labels(np.array([0, 9, 3]).astype(form))
    assert got.dtype == np.int32
    assert got.tolist() == [0, 9, 3]


def test_labels_in_a_column_work():
    assert labels([[1], [2], [3]]).tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        ([1, 2], ValueError, "x has 3 samples, y has 2 labels"),
        ([0, 1, 10], ValueError, "y must be in 0 … 9.*got labels from 0 to 10"),
        ([-1, 0, 1], ValueError, "from -1 to 1"),
        ([0.0, 1.0, 2.0], TypeError, "y must be whole numbers from 0, got float64"),
        (["a", "b", "c"], TypeError, "dtype <U1"),
        (np.zeros((3, 10)), ValueError, r"shape \(N,\), got shape \(3, 10\)"),
        ([], ValueError, "y is empty"),
    ],
)
def test_what_is_no_label_is_refused_in_words(value, error, words):
    with pytest.raises(error, match=words):
        labels(value)
