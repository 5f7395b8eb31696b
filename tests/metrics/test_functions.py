"""Metrics against numbers counted by hand."""

import json

import numpy as np
import pytest

from pyflux.metrics import (
    accuracy,
    binary_accuracy,
    classification_report,
    confusion_matrix,
    top_k_accuracy,
)

OUTPUTS = np.array([[0.1, 0.2, 0.7], [0.5, 0.3, 0.2], [0.2, 0.5, 0.3], [0.1, 0.3, 0.6]])


def test_accuracy():
    assert accuracy([2, 0, 1, 2], OUTPUTS) == 1.0
    assert accuracy([2, 0, 1, 0], OUTPUTS) == 0.75
    assert accuracy(np.array([[0], [1], [0], [0]], np.uint8), OUTPUTS.astype(np.float32)) == 0.0


def test_accuracy_takes_the_first_of_equals_like_argmax():
    assert accuracy([0, 1], [[0.5, 0.5], [0.5, 0.5]]) == 0.5


def test_top_k():
    # The places of the labels: 1st, 2nd, 3rd, 2nd.
    labels = [2, 1, 0, 1]
    assert [top_k_accuracy(labels, OUTPUTS, k) for k in (1, 2, 3)] == [0.25, 0.75, 1.0]


def test_top_k_counts_ties_against_the_label():
    same = np.full((3, 4), 0.25)
    assert [top_k_accuracy([0, 1, 3], same, k) for k in (1, 3, 4)] == [0.0, 0.0, 1.0]
    assert top_k_accuracy([0], [[0.4, 0.4, 0.2]], k=1) == 0.0
    assert top_k_accuracy([0], [[0.4, 0.4, 0.2]], k=2) == 1.0


def test_top_1_is_accuracy_without_ties():
    rng = np.random.default_rng(0)
    outputs, labels = rng.standard_normal((200, 7)), rng.integers(0, 7, 200)
    assert top_k_accuracy(labels, outputs, k=1) == accuracy(labels, outputs)
    assert 5 / 7 - 0.1 < top_k_accuracy(labels, outputs) < 5 / 7 + 0.1


def test_infinite_logits_are_outputs_too():
    assert accuracy([1], [[-np.inf, 0.0]]) == 1.0
    assert top_k_accuracy([1], [[-np.inf, 0.0]], k=1) == 1.0


def test_binary_accuracy():
    labels, probabilities = [0, 1, 1, 0, 1], [0.1, 0.8, 0.4, 0.5, 0.6]
    assert binary_accuracy(labels, probabilities) == 0.8
    assert binary_accuracy(labels, probabilities, threshold=0.3) == 0.8
    assert binary_accuracy(np.array(labels)[:, None], np.array(probabilities)[:, None], 0.7) == 0.6


def test_confusion_matrix():
    # Counted by hand: two zeros right, one taken for 2; the one taken for 0; the two right.
    matrix = confusion_matrix([0, 0, 0, 1, 2], [0, 0, 2, 0, 2], classes=4)
    np.testing.assert_array_equal(matrix, [[2, 0, 1, 0], [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]])


def test_report():
    # Class 0: 3 samples, 3 taken for it, 2 of them right. Class 1: 1 sample, none taken for it.
    # Class 2: 2 samples, 3 taken for it, 2 of them right.
    report = classification_report([0, 0, 0, 1, 2, 2], [0, 0, 2, 0, 2, 2])
    assert report.class_names == ("0", "1", "2")
    np.testing.assert_allclose(report.precision, [2 / 3, 0, 2 / 3])
    np.testing.assert_allclose(report.recall, [2 / 3, 0, 1])
    np.testing.assert_allclose(report.f1, [2 / 3, 0, 0.8])
    np.testing.assert_array_equal(report.support, [3, 1, 2])
    assert report.accuracy == pytest.approx(4 / 6)
    assert report.macro.precision == pytest.approx(4 / 9)
    assert report.macro.recall == pytest.approx(5 / 9)
    assert report.macro.f1 == pytest.approx((2 / 3 + 0.8) / 3)
    assert report.weighted.precision == pytest.approx((3 * 2 / 3 + 2 * 2 / 3) / 6)
    assert report.weighted.recall == pytest.approx(report.accuracy)  # as it must be
    assert report.weighted.f1 == pytest.approx((3 * 2 / 3 + 2 * 0.8) / 6)


def test_a_class_without_samples_or_predictions_is_zero():
    report = classification_report([0, 1], [0, 1], class_names=["a", "b", "never"])
    assert (report.precision[2], report.recall[2], report.f1[2], report.support[2]) == (0, 0, 0, 0)
    assert report.accuracy == 1.0
    assert report.macro.f1 == pytest.approx(2 / 3)
    assert report.weighted.f1 == 1.0


def test_report_as_a_dictionary_is_plain():
    report = classification_report([0, 0, 1, 1], [0, 1, 1, 1], class_names=["cat", "accuracy"])
    plain = json.loads(json.dumps(report.to_dict()))
    assert plain == report.to_dict()
    assert plain["classes"]["cat"] == {
        "precision": 1.0,
        "recall": 0.5,
        "f1": pytest.approx(2 / 3),
        "support": 2,
    }
    assert plain["accuracy"] == 0.75
    assert plain["macro"]["recall"] == plain["weighted"]["recall"] == 0.75


def test_report_as_a_table():
    names = ["a name that is long", "ö"]
    lines = str(classification_report([0] * 12 + [1], [0] * 12 + [0], class_names=names)).splitlines()
    assert lines == [
        "                     precision  recall      f1  support",
        "a name that is long      0.923   1.000   0.960       12",
        "ö                        0.000   0.000   0.000        1",
        "",
        "accuracy                                 0.923       13",
        "macro average            0.462   0.500   0.480       13",
        "weighted average         0.852   0.923   0.886       13",
    ]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: accuracy([0, 1], OUTPUTS), ValueError, "labels must have 4 entries, one for each prediction, got 2"),
        (lambda: accuracy([0, 1, 2, 3], OUTPUTS), ValueError, "labels must be in 0 … 2.*got values from 0 to 3"),
        (lambda: accuracy([0, 1, 2, -1], OUTPUTS), ValueError, "got values from -1 to 2"),
        (lambda: accuracy([0.0, 1, 2, 1], OUTPUTS), TypeError, "labels must be whole numbers from 0, got float64"),
        (lambda: accuracy([], OUTPUTS[:0]), ValueError, r"outputs must have shape \(N, K\).*got \(0, 3\)"),
        (lambda: accuracy([0], [1.0]), ValueError, r"outputs must have shape \(N, K\)"),
        (lambda: accuracy([0], [["a"]]), TypeError, "outputs must be numbers"),
        (lambda: accuracy([0], [[np.nan, 1]]), ValueError, "outputs must not be NaN"),
        (lambda: accuracy(OUTPUTS, OUTPUTS), ValueError, r"labels must have shape \(N,\).*got \(4, 3\)"),
        (lambda: top_k_accuracy([0, 1, 2, 1], OUTPUTS), ValueError, "k must be at most .* is 3, got 5"),
        (lambda: top_k_accuracy([0, 1, 2, 1], OUTPUTS, 0), ValueError, "k must be at least 1"),
        (lambda: binary_accuracy([0, 2], [0.1, 0.2]), ValueError, "labels must be in 0 … 1"),
        (lambda: binary_accuracy([0, 1], [-3.0, 2]), ValueError, r"probabilities must be in \[0, 1\].*-3 to 2.*logits"),
        (lambda: binary_accuracy([0, 1], OUTPUTS), ValueError, r"probabilities must have shape .*got \(4, 3\)"),
        (lambda: binary_accuracy([0], [0.5], 2), ValueError, r"threshold must be in \[0, 1\], got 2"),
        (lambda: classification_report([0, 1], [0]), ValueError, "labels must have 1 entries, one for each prediction"),
        (lambda: classification_report([], []), ValueError, "predicted must have shape"),
        (lambda: classification_report([0, 1], [0.1, 0.9]), TypeError, r"predicted must be whole.*argmax"),
        (lambda: classification_report([0, 2], [0, 1], ["a", "b"]), ValueError, "labels must be in 0 … 1"),
        (lambda: classification_report([0], [0], "ab"), TypeError, "class_names must be a list"),
        (lambda: classification_report([0], [0], ["a", "a"]), ValueError, "'a' twice"),
        (lambda: classification_report([0], [0], []), ValueError, "got none"),
    ],
)  # fmt: skip
def test_what_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
