"""Which metric `compile(metrics=…)` gets."""

import numpy as np
import pytest

from pyflux import losses, metrics
from pyflux.metrics import (
    AUC,
    BinaryAccuracy,
    CategoricalAccuracy,
    MeanAbsoluteError,
    Metric,
    Precision,
    SparseCategoricalAccuracy,
    TopKCategoricalAccuracy,
)

SPARSE, ONE_HOT = losses.SparseCategoricalCrossentropy(), losses.CategoricalCrossentropy()
BINARY, LOGITS = losses.BinaryCrossentropy(), losses.BinaryCrossentropy(from_logits=True)


@pytest.mark.parametrize("name", ["accuracy", "acc", "Accuracy"])
@pytest.mark.parametrize(
    ("loss", "outputs", "cls"),
    [
        (SPARSE, 10, SparseCategoricalAccuracy),
        (ONE_HOT, 10, CategoricalAccuracy),
        (BINARY, 1, BinaryAccuracy),
        (BINARY, 3, CategoricalAccuracy),
        (losses.MeanSquaredError(), 1, BinaryAccuracy),
        (losses.MeanSquaredError(), 3, CategoricalAccuracy),
    ],
)
def test_accuracy_goes_by_the_outputs_and_the_loss(name, loss, outputs, cls):
    metric = metrics.get(name, loss=loss, output_shape=(outputs,))
    assert (type(metric), metric.name) == (cls, name)


@pytest.mark.parametrize(
    "name", ["accuracy", "binary_accuracy", "precision", "recall", "true_positives", "auc", "bce"]
)
def test_metrics_by_name_know_about_logits(name):
    """A logit of 0.3 is class 1, of -0.3 class 0, as are their sigmoids."""
    logits = np.array([[0.3], [-0.3], [2.0], [-2.0]])
    targets = np.array([[1], [0], [1], [1]])
    ours = metrics.get(name, loss=LOGITS, output_shape=(1,))(targets, logits)
    assert ours == pytest.approx(
        metrics.get(name, loss=BINARY, output_shape=(1,))(targets, 1 / (1 + np.exp(-logits)))
    )


def test_an_object_stays_as_it_was_made():
    metric = metrics.get(BinaryAccuracy(threshold=0.7), loss=LOGITS, output_shape=(1,))
    assert metric.threshold == 0.7


@pytest.mark.parametrize("name", ["mae", "MAE", "mean_absolute_error", "MeanAbsoluteError"])
def test_a_name_is_kept_as_it_was_asked_for(name):
    metric = metrics.get(name)
    assert (type(metric), metric.name) == (MeanAbsoluteError, name)


def test_a_class_and_a_function():
    def largest_error(y_true, y_pred):
        return np.abs(y_true - y_pred).max(axis=1)

    assert metrics.get(AUC).name == "auc"
    metric = metrics.get(largest_error)
    assert metric.name == "largest_error"
    assert metric(np.zeros((2, 2)), np.array([[1, 2], [0, 1]])) == 1.5
    assert metric.config() == {"type": "function", "name": "largest_error"}


def test_a_function_that_returns_one_number_counts_samples():
    metric = metrics.get(lambda y_true, y_pred: float(np.mean(y_pred)))
    metric.update_state(np.zeros(3), np.ones(3))
    metric.update_state(np.zeros(1), np.full(1, 5.0))
    assert metric.result() == 2.0


def test_a_function_that_returns_no_number():
    with pytest.raises(TypeError, match=r"'words'.*U"):
        metrics.get(words)(np.zeros(1), np.zeros(1))


def words(y_true, y_pred):
    return "good"


def test_two_of_a_kind_side_by_side():
    made = metrics.resolve(
        [TopKCategoricalAccuracy(2, "top2"), TopKCategoricalAccuracy(3, "top3")],
        loss=ONE_HOT,
        output_shape=(4,),
    )
    outputs = np.array([[0.4, 0.3, 0.2, 0.1]])
    assert {metric.name: metric(np.eye(4)[[2]], outputs) for metric in made} == {"top2": 0.0, "top3": 1.0}


def test_equal_names_are_numbered():
    made = metrics.resolve(
        ["acc", Precision(class_id=0), Precision(class_id=1), "acc"], loss=ONE_HOT, output_shape=(3,)
    )
    assert [metric.name for metric in made] == ["acc", "precision", "precision_1", "acc_1"]


@pytest.mark.parametrize("values", [None, [], ()])
def test_no_metrics(values):
    assert metrics.resolve(values) == []


def test_one_metric_needs_no_list():
    assert [metric.name for metric in metrics.resolve("mae")] == ["mae"]
    assert [metric.name for metric in metrics.resolve(AUC())] == ["auc"]


def test_the_metrics_are_copies():
    mine = MeanAbsoluteError()
    mine.update_state([0.0], [1.0])
    (made,) = metrics.resolve([mine])
    assert made is not mine
    assert (made.result(), mine.result()) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("value", "loss", "outputs", "message"),
    [
        ("acuracy", SPARSE, 3, "'acuracy'.*'accuracy'"),
        (CategoricalAccuracy(), BINARY, 1, "categorical_accuracy.*BinaryAccuracy"),
        (BinaryAccuracy(), SPARSE, 3, "binary_accuracy.*SparseCategoricalCrossentropy"),
        ("mse", SPARSE, 3, "mse.*SparseCategoricalCrossentropy"),
        ("categorical_crossentropy", SPARSE, 3, "categorical_crossentropy.*SparseCategoricalCrossentropy"),
        (TopKCategoricalAccuracy(), SPARSE, 3, "k=5.*3"),
        (Precision(thresholds=[0.1, 0.2]), BINARY, 1, "precision.*2"),
        (Precision(class_id=3), ONE_HOT, 3, "class_id=3.*3"),
        (AUC(multi_label=True, num_labels=2), BINARY, 3, "num_labels=2.*3"),
        ("f1_score", ONE_HOT, 3, "f1_score.*'macro'"),
        (MeanAbsoluteError(name="loss"), BINARY, 1, "'loss'"),
    ],
)
def test_what_does_not_go_with_the_network(value, loss, outputs, message):
    with pytest.raises(ValueError, match=message):
        metrics.resolve([value], loss=loss, output_shape=(outputs,))


@pytest.mark.parametrize("value", [3, None, object, {"accuracy": 1}])
def test_what_is_no_metric(value):
    with pytest.raises(TypeError, match="metrics"):
        metrics.get(value)


# ── Metrics of one's own ─────────────────────────────────────────────────────────────────────────────────────


class Last(Metric):
    def __init__(self, scale=1.0, name="last"):
        super().__init__(name=name)
        self.scale = scale
        self.reset_state()

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.value = self.scale * float(np.asarray(y_pred)[-1])

    def result(self):
        return self.value

    def reset_state(self):
        self.value = 0.0


def test_a_class_of_ones_own():
    (made,) = metrics.resolve([Last(scale=2.0)], loss=BINARY, output_shape=(1,))
    assert made([0], [0.25]) == 0.5
    config = made.config()
    assert config == {"type": "Last", "scale": 2.0, "name": "last"}
    assert metrics.from_config(config, {"Last": Last}).scale == 2.0
    with pytest.raises(ValueError, match="'Last'.*custom_objects"):
        metrics.from_config(config)


def test_a_function_of_ones_own_from_a_config():
    config = metrics.get(words).config()
    assert metrics.from_config(config, {"words": words}).fn is words
    with pytest.raises(ValueError, match="'words'.*custom_objects"):
        metrics.from_config(config)


def test_a_class_that_lacks_something():
    class Empty(Metric):
        def __init__(self, scale):
            super().__init__()

    for method, given in (("update_state", ([0], [0])), ("result", ()), ("reset_state", ())):
        with pytest.raises(NotImplementedError, match=f"Empty.*{method}"):
            getattr(Empty(1), method)(*given)
    with pytest.raises(NotImplementedError, match=r"self\.scale"):
        Empty(1).config()
