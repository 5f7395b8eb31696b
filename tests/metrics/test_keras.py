"""Values of metrics against Keras's, over random data."""

import numpy as np

from pyflux import metrics

from ..keras_process import ask_keras
from .test_golden import CASES as GOLDEN

N = 101


def data(seed):
    """Return targets, outputs and weights by kind."""
    rng = np.random.default_rng(seed)
    labels, logits = rng.integers(0, 3, N), rng.normal(size=(N, 3)).astype(np.float32)
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    binary = rng.integers(0, 2, (N, 1)).astype(np.float32)
    likely = (1 / (1 + np.exp(-rng.normal(binary, 1)))).astype(np.float32)
    several, outputs = rng.integers(0, 2, (N, 3)).astype(np.float32), rng.random((N, 3), dtype=np.float32)
    values = rng.normal(size=(N, 3)).astype(np.float32)
    return {
        "binary": (binary, likely),
        "several": (several, outputs),
        "one-hot": (np.eye(3, dtype=np.float32)[labels], probabilities),
        "labels": (labels, probabilities),
        "logits": (labels, logits),
        "regression": (values, (values + rng.normal(size=(N, 3))).astype(np.float32)),
    }, rng.random(N).astype(np.float32)


CASES = [(type(metric).__name__, metric.get_config(), kind) for metric, kind, *_ in GOLDEN] + [
    ("AUC", {"curve": curve, "summation_method": method, **more}, kind)
    for curve in ("ROC", "PR", "PRGAIN")
    for method in ("interpolation", "minoring", "majoring")
    for more, kind in (
        ({}, "binary"),
        ({"num_thresholds": 9}, "binary"),
        ({"multi_label": True}, "several"),
        ({"multi_label": True, "label_weights": [1.0, 0.5, 2.0]}, "several"),
    )
]


def values(library, seed=0):
    """Return what every metric makes of random data that come in two parts, without and with weights."""
    samples, weights = data(seed)
    found = []
    for name, options, kind in CASES:
        if library is not metrics and options.get("thresholds", 0) is None:
            options = {key: value for key, value in options.items() if key != "thresholds"}
        y_true, y_pred = samples[kind]
        for weighted in (False, True):
            metric = getattr(library, name)(**options)
            for part in (slice(0, 37), slice(37, None)):
                metric.update_state(y_true[part], y_pred[part], weights[part] if weighted else None)
            found.append(np.asarray(metric.result()).astype(float).tolist())
    return found


def everything(keras):
    return values(keras.metrics)


def test_values_are_keras_s():
    """Within what sums in single precision, as Keras's, can be off."""
    theirs = ask_keras(__name__, "everything")
    for case, ours, wanted in zip(
        [case for case in CASES for _ in range(2)], values(metrics), theirs, strict=True
    ):
        np.testing.assert_allclose(ours, wanted, rtol=2e-5, atol=1e-6, err_msg=repr(case))
