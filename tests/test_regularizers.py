import pytest

from pyflux import regularizers
from pyflux.regularizers import L1, L1L2, L2


@pytest.mark.parametrize(
    ("given", "factors"),
    [
        ("l1", (0.01, 0)), ("l2", (0, 0.01)), ("l1_l2", (0.01, 0.01)), (L1(0.1), (0.1, 0)), (L2(0.1), (0, 0.1)),
        (L1L2(0.1, 0.2), (0.1, 0.2)), (L2, (0, 0.01)), ({"l1": 0.1, "l2": 0.2}, (0.1, 0.2)),
    ],
)  # fmt: skip
def test_a_penalty_goes_by_name_object_and_config(given, factors):
    penalty = regularizers.get("kernel_regularizer", given)
    assert (penalty.l1, penalty.l2) == factors


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: L2(-0.1), ValueError, "l2 .*-0.1"),
        (lambda: L1("much"), TypeError, "l1 .*much"),
        (lambda: regularizers.get("bias_regularizer", "l3"), ValueError, "bias_regularizer .*l3"),
        (lambda: regularizers.get("bias_regularizer", 0.01), TypeError, "bias_regularizer .*0.01"),
        (lambda: regularizers.from_config({"l4": 1}), ValueError, "l4"),
    ],
)
def test_arguments_are_checked(make, error, words):
    with pytest.raises(error, match=words):
        make()
