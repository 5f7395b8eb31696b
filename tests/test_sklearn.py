"""The scikit-learn estimators, checked by scikit-learn's own tests and in its tools."""

import pickle
import subprocess
import sys

import numpy as np
import pytest

from pyflux import Sequential, layers

pytest.importorskip("sklearn")

from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris, make_regression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from pyflux.sklearn import FluxClassifier, FluxRegressor
from pyflux.sklearn.estimator import suggestion

EXPECTED_FAILURES = {
    "check_sample_weight_equivalence_on_dense_data": (
        "a repeated sample falls into other batches than a sample with twice the weight"
    ),
}
# Of the Flux engine alone: it computes in float32, and the check allows 1e-7.
ROUNDING = {"check_methods_subset_invariance": "a sum is rounded by the samples that are computed together"}
# Checks that scikit-learn itself leaves out where what they need is missing.
SKIPPED = {
    "check_array_api_input": "SCIPY_ARRAY_API in the environment",
    "check_classifier_data_not_an_array": "pandas",
    "check_regressor_data_not_an_array": "pandas",
    "check_sample_weights_pandas_series": "pandas",
}


@pytest.fixture(scope="module")
def pixels():
    x, y = load_digits(return_X_y=True)
    return (x * 255 / 16).astype(np.uint8), y


@pytest.mark.parametrize("estimator", [FluxClassifier, FluxRegressor])
@pytest.mark.filterwarnings("ignore")  # the checks provoke many
def test_scikit_learn_s_own_checks_pass(engine, estimator):
    expected = EXPECTED_FAILURES | (ROUNDING if engine == "flux" else {})
    done = check_estimator(
        estimator(engine=engine), expected_failed_checks=expected, on_fail=None, on_skip=None
    )
    failed = {r["check_name"]: r["exception"] for r in done if r["status"] == "failed"}
    assert failed == {}
    assert {r["check_name"] for r in done if r["status"] == "skipped"} <= set(SKIPPED)
    assert {r["check_name"] for r in done if r["status"] == "xfail"} <= set(expected)
    assert sum(r["status"] == "passed" for r in done) > 50


def test_images_get_a_convolutional_network(engine, pixels):
    x, y = pixels
    model = FluxClassifier((), image_shape=(8, 8), epochs=4, engine=engine, random_state=0)
    model.fit(x[:1200], y[:1200])
    names = [type(layer).__name__ for layer in model.model_.layers]
    assert names == ["Conv2D", "MaxPooling2D", "Conv2D", "MaxPooling2D", "Flatten", "Dense"]
    assert model.score(x[1200:], y[1200:]) > 0.85
    rows, images = model.predict_proba(x[1200:]), model.predict_proba(x[1200:].reshape(-1, 8, 8, 1))
    np.testing.assert_array_equal(rows, images)


def test_labels_may_be_words():
    x, y = load_iris(return_X_y=True)
    words = np.array(["setosa", "versicolor", "virginica"])[y]
    model = FluxClassifier(engine="reference", random_state=0, epochs=20).fit(x, words)
    assert list(model.classes_) == ["setosa", "versicolor", "virginica"]
    assert np.mean(model.predict(x) == words) > 0.9


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_pipeline_and_grid_search_in_processes():
    x, y = load_iris(return_X_y=True)
    pipeline = make_pipeline(StandardScaler(), FluxClassifier(engine="reference", random_state=0, epochs=60))
    search = GridSearchCV(pipeline, {"fluxclassifier__hidden_layer_sizes": [(), (20,)]}, cv=2, n_jobs=2)
    assert search.fit(x, y).best_score_ > 0.85
    alone = cross_val_score(pipeline, x, y, cv=3)
    assert alone.mean() > 0.85
    np.testing.assert_allclose(cross_val_score(pipeline, x, y, cv=3, n_jobs=2), alone, atol=0.03)


def test_pickles_and_clones_predict_the_same(engine):
    x, y = load_iris(return_X_y=True)
    model = FluxClassifier((10,), epochs=5, engine=engine, random_state=3).fit(x, y)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict_proba(x), model.predict_proba(x))
    again = clone(model)
    assert not hasattr(again, "model_")
    np.testing.assert_array_equal(again.fit(x, y).predict_proba(x), model.predict_proba(x))


def test_partial_fit_goes_on():
    x, y = load_iris(return_X_y=True)
    model = FluxClassifier(engine="reference", random_state=0)
    with pytest.raises(ValueError, match="classes must be given in the first call"):
        model.partial_fit(x, y)
    losses = [model.partial_fit(x, y, classes=[0, 1, 2]).history_.history["loss"][0] for _ in range(20)]
    assert losses[-1] < losses[0] / 2
    with pytest.raises(ValueError, match=r"labels \[7\], which are not among"):
        model.partial_fit(x[:2], [0, 7])


def test_a_regressor_of_several_targets():
    x, y = make_regression(200, 5, n_targets=2, random_state=0)
    y /= y.std()
    model = FluxRegressor(engine="reference", random_state=0).fit(x, y)
    assert model.predict(x).shape == (200, 2)
    assert model.score(x, y) > 0.9


def test_a_weight_of_zero_leaves_a_sample_out():
    x = np.linspace(-1, 1, 100)[:, None]
    y, weight = x[:, 0].copy(), np.ones(100)
    y[::2], weight[::2] = 50, 0
    model = FluxRegressor(engine="reference", random_state=0).fit(x, y, sample_weight=weight)
    assert np.abs(model.predict(x) - x[:, 0]).max() < 0.5
    with pytest.raises(ValueError, match="(?i)sample.weight.*zero"):
        model.fit(x, y, sample_weight=np.zeros(100))


def own_model(sample, outputs):
    return Sequential([layers.Dense(outputs, activation="softmax", input_shape=sample)], engine="reference")


def test_a_model_of_one_s_own():
    x, y = load_iris(return_X_y=True)
    model = FluxClassifier(model_fn=own_model, engine="reference", learning_rate=0.05, random_state=0)
    assert model.fit(x, y).score(x, y) > 0.9
    assert len(model.model_.layers) == 1
    wrong = FluxClassifier(model_fn=lambda sample, outputs: own_model(sample, 7), engine="reference")
    with pytest.raises(ValueError, match="model_fn must return a model with 3 outputs"):
        wrong.fit(x, y)


@pytest.mark.parametrize(("features", "fits"), [(64, "(8, 8)"), (3072, "(32, 32, 3)"), (784, "(28, 28)")])
def test_features_that_fill_no_image_name_the_shape_that_they_fill(features, fits):
    x, y = np.zeros((4, features), np.uint8), [0, 1, 0, 1]
    with pytest.raises(ValueError, match=r"image_shape=\(5, 5\) has 25 values, but .* features") as e:
        FluxClassifier(image_shape=(5, 5), engine="reference").fit(x, y)
    assert f"image_shape={fits} would fit" in str(e.value)
    assert suggestion(features) in str(e.value)


@pytest.mark.parametrize("shape", [28, (28,), (1, 2, 3, 4), "28x28"])
def test_an_image_shape_is_two_or_three_numbers(shape):
    with pytest.raises(ValueError, match="image_shape must be"):
        FluxClassifier(image_shape=shape, engine="reference").fit(np.zeros((2, 4)), [0, 1])


def test_without_scikit_learn_the_error_names_the_extra(tmp_path):
    code = "import sys; sys.modules['sklearn'] = None; import pyflux.sklearn"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "MissingExtraError" in done.stderr
    assert "pyflux-julia[sklearn]" in done.stderr
