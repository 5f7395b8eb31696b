"""What every metric class keeps to."""

import copy
import json
import pickle

import numpy as np
import pytest

from pyflux import losses, metrics

# Arguments with which a metric gives one number, and not the same for all outputs.
REQUIRED = {
    "F1Score": {"average": "macro"},
    "FBetaScore": {"average": "macro"},
    "TopKCategoricalAccuracy": {"k": 2},
    "SparseTopKCategoricalAccuracy": {"k": 2},
}

ONE_HOT = (
    metrics.CategoricalAccuracy,
    metrics.CategoricalCrossentropy,
    metrics.SparseCategoricalCrossentropy,
    metrics.FBetaScore,
)

CLASSES = list(metrics.CLASSES.values())


def data(cls, n=40, seed=0):
    """Return targets and outputs that go with a metric: one output, or four classes one-hot."""
    rng = np.random.default_rng(seed)
    if issubclass(cls, ONE_HOT):
        outputs = rng.random((n, 4), dtype=np.float32)
        targets = np.eye(4, dtype=np.float32)[rng.integers(0, 4, n)]
        return targets, outputs / outputs.sum(axis=1, keepdims=True)
    return rng.integers(0, 2, (n, 1)).astype(np.float32), rng.random((n, 1), dtype=np.float32)


@pytest.fixture(params=CLASSES, ids=lambda cls: cls.__name__)
def cls(request):
    return request.param


@pytest.fixture
def metric(cls):
    return cls(**REQUIRED.get(cls.__name__, {}))


def test_every_public_class_is_in_the_registry():
    public = {name for name in metrics.__all__ if isinstance(getattr(metrics, name), type)}
    bases = {"Averages", "Mean", "MeanMetricWrapper", "Metric", "Report"}
    assert public - bases == set(metrics.CLASSES)


def test_parts_give_what_the_whole_gives(cls, metric):
    y_true, y_pred = data(cls)
    whole = metric.copy()(y_true, y_pred)
    for part in (slice(0, 7), slice(7, 8), slice(8, None)):
        metric.update_state(y_true[part], y_pred[part])
    assert metric.result() == pytest.approx(whole, rel=1e-12)
    assert isinstance(metric.result(), float)


def test_equal_weights_change_nothing_but_counts(cls, metric):
    y_true, y_pred = data(cls)
    plain = metric.copy()(y_true, y_pred)
    weighted = metric(y_true, y_pred, np.full(len(y_true), 2.0))
    assert weighted == pytest.approx(plain * (2 if "tives" in cls.__name__ else 1), rel=1e-6)


def test_a_weight_of_zero_leaves_a_sample_out(cls, metric):
    y_true, y_pred = data(cls)
    weights = np.arange(len(y_true)) % 2
    expected = metric.copy()(y_true[1::2], y_pred[1::2])
    assert metric(y_true, y_pred, weights) == pytest.approx(expected, rel=1e-12)


def test_reset_and_copy_have_no_samples(cls, metric):
    y_true, y_pred = data(cls)
    empty = metric.result()
    first = metric(y_true, y_pred)
    assert metric.copy().result() == empty
    metric.reset_state()
    assert metric.result() == empty
    assert metric(y_true, y_pred) == first
    assert copy.deepcopy(metric).result() == pickle.loads(pickle.dumps(metric)).result() == first


def test_the_config_makes_the_same_metric(cls, metric):
    metric = type(metric)(**REQUIRED.get(cls.__name__, {}), name="mine")
    config = json.loads(json.dumps(metric.config()))
    again = metrics.from_config(config)
    assert (type(again), again.name, again.config()) == (cls, "mine", config)
    y_true, y_pred = data(cls)
    assert again(y_true, y_pred) == metric(y_true, y_pred)


def test_the_direction_is_that_of_better_outputs(cls, metric):
    """Perfect outputs against wrong ones."""
    y_true, _ = data(cls)
    difference = metric.copy()(y_true, y_true) - metric.copy()(y_true, 1 - y_true)
    assert metric.direction == ("up" if difference > 0 else "down")
    assert difference


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_outputs_that_are_not_finite_raise_nothing(cls, metric, bad):
    y_true, y_pred = data(cls)
    y_pred[3] = bad
    assert isinstance(metric(y_true, y_pred), float)
    y_pred[:] = bad
    assert isinstance(metric(y_true, y_pred), float)


def test_the_inputs_are_not_changed(cls, metric):
    y_true, y_pred = data(cls)
    before = y_true.copy(), y_pred.copy()
    y_true.flags.writeable = y_pred.flags.writeable = False
    metric(y_true, y_pred)
    np.testing.assert_array_equal(y_true, before[0])
    np.testing.assert_array_equal(y_pred, before[1])


def test_shapes_that_do_not_go_together(cls, metric):
    y_true, y_pred = data(cls)
    with pytest.raises(ValueError, match=rf"{metric.name}.*\({len(y_true) - 1}"):
        metric.update_state(y_true[:-1], y_pred)


@pytest.mark.parametrize("dtype", [None, "float32", "float64", np.float32])
def test_dtype_is_accepted(cls, dtype):
    assert cls(dtype=dtype).name == cls().name


def test_what_is_no_dtype_or_name(cls):
    with pytest.raises(ValueError, match="dtype.*'int8'"):
        cls(dtype="int8")
    with pytest.raises(TypeError, match="name.*3"):
        cls(name=3)


def test_its_name_in_snake_case_stands_for_it(cls):
    if cls in (metrics.Accuracy, metrics.F1Score, metrics.FBetaScore):
        return  # "accuracy" chooses, the scores need an average
    name = cls().name
    loss = losses.BinaryCrossentropy() if data(cls)[1].shape[1] == 1 else losses.CategoricalCrossentropy()
    found = metrics.get(name, loss=loss, output_shape=(data(cls)[1].shape[1] + 2,))
    assert (type(found), found.name) == (cls, name)
