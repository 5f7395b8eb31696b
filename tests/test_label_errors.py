"""Wrong labels are found by networks that have not seen them."""

import numpy as np
import pytest

from pyflux import Sequential, find_label_errors, layers
from pyflux.label_errors import confident_errors, default_model, normalized_margins, stratified_folds


def dense(shape, classes):
    return Sequential(
        [
            layers.Input(shape),
            layers.Flatten(),
            layers.Dense(32, activation="relu"),
            layers.Dense(classes, activation="softmax"),
        ],
        seed=0,
        engine="reference",
    )


@pytest.fixture(scope="module")
def digits():
    """Noisy images of a bright row, ten classes, 15 with a wrong label: samples, labels, and which are wrong."""
    rng = np.random.default_rng(1)
    y = np.arange(600) % 10
    x = rng.integers(0, 110, (600, 10, 6), np.uint8)
    x[np.arange(600), y] += 140
    wrong = rng.choice(600, 15, replace=False)
    y = y.copy()
    y[wrong] = (y[wrong] + rng.integers(1, 10, 15)) % 10
    return x, y, set(wrong.tolist())


@pytest.mark.parametrize("method", ["plain", "cleanlab"])
def test_the_wrong_labels_are_among_the_first_suspects(digits, method):
    if method == "cleanlab":
        pytest.importorskip("cleanlab")
    x, y, wrong = digits
    found = find_label_errors(x, y, dense, folds=3, epochs=30, batch_size=16, method=method)
    assert found.method == method
    assert len(wrong & set(found.indices[:15].tolist())) >= 11
    np.testing.assert_array_equal(found.given, y[found.indices])
    assert (found.suggested != found.given).all()
    assert (np.diff(found.scores) >= 0).all()
    assert found.probabilities.shape == (600, 10)
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1, rtol=1e-5)


def test_the_same_seed_finds_the_same(digits):
    x, y, _ = digits
    first, second = (
        find_label_errors(x, y, dense, folds=2, epochs=2, method="plain", seed=5) for _ in range(2)
    )
    np.testing.assert_array_equal(first.probabilities, second.probabilities)
    np.testing.assert_array_equal(first.indices, second.indices)


def test_the_plain_rule_is_the_published_one():
    pytest.importorskip("cleanlab")
    from cleanlab.filter import find_label_issues

    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, 300)
    probabilities = rng.dirichlet(np.ones(4), 300) + 2 * np.eye(4)[labels] * rng.random((300, 1))
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    wanted = find_label_issues(labels, probabilities, filter_by="confident_learning", n_jobs=1)
    np.testing.assert_array_equal(confident_errors(labels, probabilities), np.flatnonzero(wanted))


def test_a_margin_is_the_distance_to_the_likeliest_other():
    margins, likeliest = normalized_margins(np.array([0, 2]), np.array([[0.2, 0.5, 0.3], [0.1, 0.1, 0.8]]))
    np.testing.assert_allclose(margins, [-0.3, 0.7])
    assert likeliest.tolist() == [1, 0]


def test_folds_have_all_classes():
    labels = np.repeat([0, 1, 2], [7, 5, 9])
    parts = stratified_folds(labels, 4, seed=0)
    for label in range(3):
        counts = np.bincount(parts[labels == label], minlength=4)
        assert counts.max() - counts.min() <= 1


def test_the_default_network_fits_the_samples():
    kinds = [
        [type(layer).__name__ for layer in default_model(shape, 3).layers]
        for shape in ((28, 28, 1), (4, 4, 1), (7,))
    ]
    assert kinds[0].count("Conv2D") == 2
    assert kinds[1] == kinds[2] == ["Flatten", "Dense", "Dense"]


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"folds": 1}, ValueError, "folds.*2.*1"),
        ({"folds": 20}, ValueError, "folds.*20.*class 9 has"),
        ({"method": "magic"}, ValueError, "method.*plain"),
        ({"y": np.zeros(3, int)}, ValueError, r"y must.*100.*\(3,\)"),
        ({"y": np.zeros(100)}, ValueError, "y must.*float64"),
        ({"model_fn": lambda shape, classes: "no model", "folds": 2}, TypeError, "model_fn.*no model"),
    ],
)
def test_what_cannot_be_is_refused(options, error, words):
    x, y = np.zeros((100, 4, 4), np.uint8), np.arange(100) % 9
    y[:3] = 9
    with pytest.raises(error, match=words):
        find_label_errors(**{"x": x, "y": y, "model_fn": dense, "method": "plain"} | options)


def test_suspects_are_drawn_with_what_they_are_called(digits):
    pytest.importorskip("matplotlib")
    x, y, _ = digits
    found = find_label_errors(x, y, dense, folds=2, epochs=10, method="plain")
    ax = found.plot(x, count=4, class_names=[f"n{i}" for i in range(10)])
    assert len(ax.images) == 4
    assert (
        ax.texts[0].get_text() == f"#{found.indices[0]}\nlabel n{found.given[0]}\nis n{found.suggested[0]}?"
    )
    assert f"{len(found):,} suspects" in ax.get_title()
    with pytest.raises(ValueError, match=r"600.*\(3, 10, 6\)"):
        found.plot(x[:3])
