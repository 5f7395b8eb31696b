import numpy as np
import pytest

from pyflux.inputs import as_columns, as_labels, as_sample_weights


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
        ([1, 2], ValueError, "3 samples.*2 labels"),
        ([0, 1, 10], ValueError, "0 … 9.*0 to 10"),
        ([-1, 0, 1], ValueError, "-1 to 1"),
        ([0, 1, 2**63], ValueError, str(2**63)),
        ([0.0, 1.5, 2.0], TypeError, r"1\.5.*mean_squared_error"),
        ([0.0, np.nan, 2.0], TypeError, "nan"),
        (["a", "b", "c"], TypeError, "<U1.*np.unique"),
        (np.eye(10)[:3], ValueError, r"\(3, 10\).*categorical_crossentropy.*argmax"),
        (np.zeros((3, 7)), ValueError, r"\(3, 7\)"),
        ([], ValueError, "0 labels"),
        (3, ValueError, r"\(\)"),
        (np.ma.masked_array([1, 2, 3], [False, True, False]), ValueError, "masked"),
    ],
)
def test_what_is_no_label_is_refused_with_the_argument_and_what_came(value, error, words):
    with pytest.raises(error, match=f"^y .*{words}"):
        labels(value)


@pytest.mark.parametrize("value", [[0.0, 9.0, 3.0], np.array([0, 9, 3], np.float32)])
def test_floats_that_are_whole_are_labels(value):
    np.testing.assert_array_equal(labels(value), np.array([0, 9, 3], np.int32), strict=True)


def test_labels_of_pandas():
    pd = pytest.importorskip("pandas")
    for value in (
        pd.Series([0, 9, 3]),
        pd.Series([0, 9, 3], dtype="Int64"),
        pd.DataFrame({"label": [0, 9, 3]}),
    ):
        assert labels(value).tolist() == [0, 9, 3]
    with pytest.raises(TypeError, match="y "):
        labels(pd.Series(["a", "b", "c"], dtype="category"))


def columns(value, outputs=2, *, unit=True):
    return as_columns("y", value, outputs, samples=3, samples_name="x", unit=unit)


def test_one_hot_labels_and_values():
    np.testing.assert_array_equal(
        columns([[1, 0], [0, 1], [1, 0]]), np.array([[1, 0], [0, 1], [1, 0]], np.float32), strict=True
    )
    np.testing.assert_array_equal(columns([True, False, True], 1), np.array([[1], [0], [1]], np.float32))
    assert columns([[5.0, -3], [0, 1], [1, 2]], unit=False)[0].tolist() == [5, -3]


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        ([0, 1, 0], ValueError, r"\(3,\).*sparse_categorical_crossentropy"),
        ([[0], [1], [0]], ValueError, r"\(3, 1\).*sparse_categorical_crossentropy"),
        (np.zeros((3, 5)), ValueError, r"\(N, 2\).*\(3, 5\)"),
        (np.zeros((2, 2)), ValueError, "3 samples.*2 rows"),
        (np.full((3, 2), 1.5), ValueError, r"1\.5"),
        (np.full((3, 2), -0.5), ValueError, r"-0\.5"),
        (np.full((3, 2), np.inf), ValueError, r"inf.*\(0, 0\)"),
        (np.full((3, 2), 1j), TypeError, "complex128"),
    ],
)
def test_what_is_no_target_is_refused(value, error, words):
    with pytest.raises(error, match=f"^y .*{words}"):
        columns(value)


def test_sample_weights():
    np.testing.assert_array_equal(
        as_sample_weights([1, 0, 0.5], 3), np.array([1, 0, 0.5], np.float32), strict=True
    )
    assert as_sample_weights(np.ones((3, 1)), 3).shape == (3,)


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        ([1, 2], ValueError, r"\(3,\).*\(2,\)"),
        ([1, 2, -0.5], ValueError, r"-0\.5"),
        ([1, 2, np.nan], ValueError, "nan"),
        ("balanced", TypeError, "<U8"),
        (np.ma.masked_array([1, 2, 3], [False, True, False]), ValueError, "masked"),
    ],
)
def test_sample_weights_that_are_refused(value, error, words):
    with pytest.raises(error, match=f"^sample_weight .*{words}"):
        as_sample_weights(value, 3)
