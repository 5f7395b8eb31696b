"""Values that Keras 3.15 gave, rounded to six digits."""

import numpy as np
import pytest

from pyflux import metrics

LABELS = [2, 0, 1, 2, 1]
OUTPUTS = [[0.1, 0.2, 0.7], [0.3, 0.5, 0.2], [0.2, 0.6, 0.2], [0.25, 0.35, 0.4], [0.5, 0.2, 0.3]]
WEIGHTS = [1, 2, 0.5, 1, 0]

# Targets, outputs and sample weights.
DATA = {
    "binary": (
        [[0], [1], [1], [0], [1], [0], [1], [1]],
        [[0.1], [0.8], [0.45], [0.5], [0.9], [0.65], [0.3], [0.55]],
        [1, 0.5, 2, 1, 0, 1, 0.25, 1],
    ),
    "one-hot": (np.eye(3)[LABELS].tolist(), OUTPUTS, WEIGHTS),
    "labels": (LABELS, OUTPUTS, WEIGHTS),
    "logits": (
        LABELS,
        [[-1.0, 0.5, 2.0], [0.2, 0.1, -0.3], [1.5, 1.0, 0.0], [0.0, 0.0, 0.1], [-2.0, -3.0, 1.0]],
        WEIGHTS,
    ),
    "regression": (
        [[1.0, 2.0], [0.5, -1.0], [3.0, 0.25]], [[0.5, 2.5], [0.5, -2.0], [2.0, 1.25]], [1, 0.5, 2]
    ),
}  # fmt: skip

# A metric, the kind of its data, and its value without and with the weights.
CASES = [
    (metrics.BinaryAccuracy(), "binary", 0.625, 0.518519),
    (metrics.BinaryAccuracy(threshold=0.6), "binary", 0.5, 0.37037),
    (metrics.CategoricalAccuracy(), "one-hot", 0.6, 0.555556),
    (metrics.SparseCategoricalAccuracy(), "labels", 0.6, 0.555556),
    (metrics.SparseCategoricalAccuracy(), "logits", 0.6, 0.888889),
    (metrics.TopKCategoricalAccuracy(k=2), "one-hot", 0.8, 1.0),
    (metrics.SparseTopKCategoricalAccuracy(k=2), "logits", 0.8, 1.0),
    (metrics.Precision(), "binary", 0.75, 0.6),
    (metrics.Precision(thresholds=0.6), "binary", 0.666667, 0.333333),
    (metrics.Precision(top_k=2), "one-hot", 0.4, 0.5),
    (metrics.Precision(class_id=1, thresholds=0.3), "one-hot", 0.333333, 0.142857),
    (metrics.Recall(), "binary", 0.6, 0.4),
    (metrics.Recall(thresholds=[0.6, 0.2]), "binary", [0.4, 1.0], [0.133333, 1.0]),
    (metrics.Recall(class_id=2), "one-hot", 0.5, 0.5),
    (metrics.TruePositives(), "binary", 3.0, 1.5),
    (metrics.FalsePositives(), "binary", 1.0, 1.0),
    (metrics.TrueNegatives(), "binary", 2.0, 2.0),
    (metrics.FalseNegatives(), "binary", 2.0, 2.25),
    (metrics.AUC(), "binary", 0.666667, 0.511111),
    (metrics.AUC(num_thresholds=5), "binary", 0.766667, 0.655556),
    (metrics.AUC(curve="PR"), "binary", 0.807875, 0.599014),
    (metrics.AUC(curve="PR", summation_method="minoring"), "binary", 0.586667, 0.359885),
    (metrics.AUC(summation_method="majoring", num_thresholds=7), "binary", 0.8, 0.777778),
    (metrics.AUC(curve="PRGAIN"), "binary", 0.12037, -0.145833),
    (metrics.AUC(multi_label=True), "one-hot", 0.777778, 1.0),
    (metrics.AUC(multi_label=True, label_weights=[1.0, 0.5, 2.0], curve="PR"), "one-hot", 0.757122, 1.0),
    (metrics.AUC(label_weights=[1.0, 0.5, 2.0]), "one-hot", 0.856884, 0.915789),
    (metrics.AUC(thresholds=[0.2, 0.25, 0.6]), "binary", 0.633333, 0.544444),
    (metrics.F1Score(average="macro"), "one-hot", 0.5, 0.444444),
    (metrics.F1Score(average="micro"), "one-hot", 0.6, 0.555556),
    (metrics.F1Score(average="weighted"), "one-hot", 0.6, 0.481481),
    (metrics.FBetaScore(average="macro", beta=2.0, threshold=0.3), "one-hot", 0.484848, 0.484848),
    (metrics.MeanSquaredError(), "regression", 0.583333, 0.714286),
    (metrics.RootMeanSquaredError(), "regression", 0.763763, 0.845154),
    (metrics.MeanAbsoluteError(), "regression", 0.666667, 0.785714),
    (metrics.MeanAbsolutePercentageError(), "regression", 101.388893, 141.666672),
    (metrics.BinaryCrossentropy(), "binary", 0.597144, 0.660111),
    (metrics.BinaryCrossentropy(label_smoothing=0.2), "binary", 0.651074, 0.687649),
    (metrics.CategoricalCrossentropy(), "one-hot", 0.91944, 0.874739),
    (metrics.CategoricalCrossentropy(label_smoothing=0.1), "one-hot", 0.949923, 0.90948),
    (metrics.SparseCategoricalCrossentropy(), "labels", 0.91944, 0.874739),
    (metrics.SparseCategoricalCrossentropy(from_logits=True), "logits", 1.473045, 0.815133),
]


@pytest.mark.parametrize(("metric", "kind", "plain", "weighted"), CASES, ids=repr)
def test_values(metric, kind, plain, weighted):
    y_true, y_pred, weights = DATA[kind]
    assert metric.copy()(y_true, y_pred) == pytest.approx(plain, rel=2e-6, abs=2e-6)
    assert metric.copy()(y_true, y_pred, weights) == pytest.approx(weighted, rel=2e-6, abs=2e-6)
    assert metric.copy()(y_true, y_pred, np.reshape(weights, (-1, 1))) == pytest.approx(
        weighted, rel=2e-6, abs=2e-6
    )


@pytest.mark.parametrize("columns", [False, True])
def test_labels_and_one_hot_rows_are_the_same_targets(columns):
    """Where the outputs tell classes apart, targets may be either."""
    y_true = np.reshape(LABELS, (-1, 1)) if columns else LABELS
    for metric in (
        metrics.CategoricalAccuracy(),
        metrics.TopKCategoricalAccuracy(2),
        metrics.Precision(),
        metrics.F1Score("micro"),
    ):
        assert metric.copy()(y_true, OUTPUTS) == metric.copy()(DATA["one-hot"][0], OUTPUTS)


def test_ties_count_for_the_label_in_the_class_and_against_it_in_the_function():
    same = np.full((3, 4), 0.25)
    assert metrics.TopKCategoricalAccuracy(k=1)([0, 1, 3], same) == 1.0
    assert metrics.top_k_accuracy([0, 1, 3], same, k=1) == 0.0


def test_a_root_is_of_the_mean_over_all_batches():
    metric = metrics.RootMeanSquaredError()
    metric.update_state([0.0], [3.0])
    metric.update_state([0.0, 0.0, 0.0], [1.0, 1.0, 1.0])
    assert metric.result() == pytest.approx(3**0.5)


def test_predictions_at_a_threshold_are_not_above_it():
    """Also at thresholds and outputs that single precision rounds."""
    outputs = np.arange(11, dtype=np.float32) / 10
    counts = metrics.TruePositives(thresholds=(np.arange(11) / 10).tolist())(np.ones(11), outputs)
    np.testing.assert_array_equal(counts, np.arange(10, -1, -1))


def test_mean_of_values():
    mean = metrics.Mean()
    mean.update_state([[1.0, 3.0], [5.0, 7.0]])
    assert mean.result() == 4.0
    mean.update_state(10.0)
    assert mean.result() == 6.0
    with pytest.raises(ValueError, match=r"sample_weight.*\(3,\).*\(2,\)"):
        mean.update_state([1.0, 2.0], sample_weight=[1, 1, 1])
