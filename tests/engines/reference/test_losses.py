"""The reference's losses against finite differences and against the losses' own values."""

import numpy as np
import pytest

from pyflux import losses
from pyflux.engines.reference.activations import ACTIVATIONS
from pyflux.engines.reference.losses import LOSSES, loss_and_gradient

ALL = [
    losses.BinaryCrossentropy(),
    losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.2),
    losses.CategoricalCrossentropy(),
    losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.2),
    losses.Huber(),
    losses.Huber(delta=0.3),
    losses.MeanAbsoluteError(),
    losses.MeanSquaredError(),
    losses.SparseCategoricalCrossentropy(),
    losses.SparseCategoricalCrossentropy(from_logits=True),
]


class Quartic(losses.Loss):
    def call(self, y_true, y_pred):
        return ((y_pred - y_true) ** 4).mean(axis=-1)

    def gradient(self, y_true, y_pred):
        return 4 * (y_pred - y_true) ** 3 / y_pred.shape[-1]


def samples(loss):
    """Outputs or logits, and targets, of which none is where a gradient jumps."""
    rng = np.random.default_rng(0)
    outputs, targets = rng.normal(size=(5, 4)), rng.random((5, 4))
    if loss.kind == "categorical":
        targets /= targets.sum(axis=1, keepdims=True)
    if loss.kind in ("absolute", "huber"):
        targets = outputs + np.where(rng.random((5, 4)) < 0.5, -1, 1) * rng.choice([0.1, 0.6, 1.7], (5, 4))
    return outputs, rng.integers(0, 4, 5).astype(np.int32) if loss.sparse else targets, rng.random(5)


@pytest.mark.parametrize("loss", [*ALL, Quartic()], ids=str)
def test_gradients_are_those_of_finite_differences(loss):
    outputs, targets, weights = samples(loss)
    _, d = loss_and_gradient(loss, outputs, targets, weights)
    for index in np.ndindex(outputs.shape):
        step = np.zeros_like(outputs)
        step[index] = 1e-6
        up, down = (loss_and_gradient(loss, outputs + sign * step, targets, weights)[0] for sign in (1, -1))
        # The gradient is that of the mean over five samples.
        assert d[index] == pytest.approx((up - down) / 2e-6 / 5, abs=1e-8)


@pytest.mark.parametrize("loss", ALL, ids=str)
def test_a_loss_is_what_calling_it_returns(loss):
    outputs, targets, weights = samples(loss)
    y_pred = ACTIVATIONS[loss.head].forward(outputs) if loss.head else outputs
    total, _ = loss_and_gradient(loss, outputs, loss.smooth(targets), weights)
    assert total / 5 == pytest.approx(loss(targets, y_pred, sample_weight=weights), rel=1e-6)
    total, _ = loss_and_gradient(loss, outputs, loss.smooth(targets), None)
    assert total / 5 == pytest.approx(loss(targets, y_pred), rel=1e-6)


def test_the_loss_of_certain_and_hopeless_predictions_is_finite():
    logits = np.array([[1000.0, 0.0], [1000.0, 0.0]])
    labels = np.array([0, 1], np.int32)
    loss, gradient = loss_and_gradient(losses.SparseCategoricalCrossentropy(), logits, labels, None)
    assert loss == pytest.approx(1000.0)
    assert gradient == pytest.approx(np.array([[0, 0], [0.5, -0.5]]))


def test_where_outputs_are_right_the_absolute_error_has_no_gradient():
    y = np.array([[1.0, 2.0]])
    assert loss_and_gradient(losses.MeanAbsoluteError(), y, y, None)[1].tolist() == [[0, 0]]


def test_huber_is_quadratic_up_to_delta():
    outputs, targets = np.array([[0.5, -3.0]]), np.zeros((1, 2))
    loss, gradient = loss_and_gradient(losses.Huber(delta=2.0), outputs, targets, None)
    assert loss == pytest.approx((0.5**2 / 2 + 2 * (3 - 1)) / 2)
    assert gradient.tolist() == [[0.25, -1.0]]


def test_every_loss_has_its_arithmetic():
    assert set(LOSSES) == set(losses.LOSSES.values()) == {type(loss) for loss in ALL}


def test_a_loss_of_one_s_own_with_wrong_shapes_is_refused():
    class Wrong(Quartic):
        def gradient(self, y_true, y_pred):
            return (y_pred - y_true).mean(axis=-1)

    with pytest.raises(ValueError, match=r"Wrong\.gradient.*\(2, 3\).*\(2,\)"):
        loss_and_gradient(Wrong(), np.zeros((2, 3)), np.ones((2, 3)), None)
