import numpy as np
import pytest

from pyflux.models.training_data import class_factors


@pytest.mark.parametrize(
    "given",
    [{2: 3.0}, {np.int64(2): 3}, {2.0: np.float32(3)}, dict(zip(np.unique([2.0]), [3.0], strict=True))],
)
def test_classes_may_be_named_by_any_whole_number(given):
    np.testing.assert_array_equal(class_factors(given, 4), [1, 1, 3, 1])
    assert class_factors(given, 4).dtype == np.float32


@pytest.mark.parametrize(
    ("given", "error", "parts"),
    [
        ([1.0, 2.0], TypeError, "class_weight .*dictionary.*1.0, 2.0"),
        ("balanced", TypeError, "class_weight .*dictionary.*balanced"),
        ({"cat": 1.0}, TypeError, "key of class_weight.*integer.*cat"),
        ({0.5: 1.0}, TypeError, "key of class_weight.*integer.*0.5"),
        ({float("nan"): 1.0}, TypeError, "key of class_weight.*integer.*nan"),
        ({-1: 1.0}, ValueError, "key of class_weight.*-1"),
        ({3: 1.0}, ValueError, "class 3.*3 classes"),
        ({1: -0.5}, ValueError, r"class_weight\[1\].*-0.5"),
        ({1: "many"}, TypeError, r"class_weight\[1\].*many"),
    ],
)
def test_class_weights_that_cannot_be_are_refused(given, error, parts):
    with pytest.raises(error, match=parts):
        class_factors(given, 3)
