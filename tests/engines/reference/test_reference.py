"""The reference engine against finite differences and against sums written out."""

import numpy as np
import pytest

from pyflux import optimizers
from pyflux.engines.reference import losses as losses_
from pyflux.engines.reference import optimizers as optimizers_


def steps(optimizer, gradients, rate=0.1):
    """One weight from 0, changed by gradients one after the other."""
    w, memory = np.zeros(1), [np.zeros(1) for _ in optimizer.slots]
    path = []
    for t, g in enumerate(gradients):
        optimizers_.update(optimizer, rate, t + 1, w, np.array([g]), memory)
        path.append(w[0])
    return path


def test_adam_takes_the_paper_s_first_steps():
    # m̂ and v̂ by hand from algorithm 1 of Kingma and Ba, for gradients 1 and then 3.
    first, second = steps(optimizers.Adam(epsilon=1e-8), [1.0, 3.0])
    assert first == pytest.approx(-0.1)
    m_hat = (0.9 * 0.1 * 1 + 0.1 * 3) / (1 - 0.9**2)
    v_hat = (0.999 * 0.001 * 1 + 0.001 * 9) / (1 - 0.999**2)
    assert second == pytest.approx(-0.1 - 0.1 * m_hat / np.sqrt(v_hat))


def test_sgd_with_momentum_by_hand():
    assert steps(optimizers.SGD(), [1.0, 3.0]) == pytest.approx([-0.1, -0.4])
    # velocity: -0.1, then 0.9 · -0.1 - 0.3 = -0.39
    assert steps(optimizers.SGD(momentum=0.9), [1.0, 3.0]) == pytest.approx([-0.1, -0.49])
    # Nesterov takes 0.9 · velocity - 0.1 · gradient: -0.19, then 0.9 · -0.39 - 0.3 = -0.651
    assert steps(optimizers.SGD(momentum=0.9, nesterov=True), [1.0, 3.0]) == pytest.approx([-0.19, -0.841])


def test_rmsprop_by_hand():
    # v: 0.1, then 0.9 · 0.1 + 0.1 · 9 = 0.99
    path = steps(optimizers.RMSprop(epsilon=1e-12), [1.0, 3.0])
    assert path == pytest.approx([-0.1 / np.sqrt(0.1), -0.1 / np.sqrt(0.1) - 0.3 / np.sqrt(0.99)])


def test_weight_decay_takes_a_share_of_the_weight_as_it_was():
    plain, decayed = steps(optimizers.SGD(), [1.0, 1.0]), steps(optimizers.SGD(weight_decay=0.5), [1.0, 1.0])
    assert decayed == pytest.approx([plain[0], plain[1] - 0.1 * 0.5 * plain[0]])


def test_loss_of_certain_and_hopeless_predictions_is_finite():
    logits = np.array([[1000.0, 0.0], [1000.0, 0.0]])
    loss, gradient = losses_.loss_and_gradient("categorical", logits, np.array([0, 1], np.int32), None)
    assert loss == pytest.approx(1000.0)
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("kind", ["categorical", "binary", "squared"])
def test_loss_gradients_are_those_of_finite_differences(kind):
    rng = np.random.default_rng(0)
    outputs, targets, weights_ = rng.normal(size=(3, 4)), rng.random((3, 4)), rng.random(3)
    _, d = losses_.loss_and_gradient(kind, outputs, targets, weights_)
    for index in np.ndindex(outputs.shape):
        step = np.zeros_like(outputs)
        step[index] = 1e-6
        up, down = (
            losses_.loss_and_gradient(kind, outputs + sign * step, targets, weights_)[0] for sign in (1, -1)
        )
        assert d[index] == pytest.approx((up - down) / 2e-6 / 3, abs=1e-8)
