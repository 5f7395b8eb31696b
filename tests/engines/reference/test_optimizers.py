"""The reference's optimizers against steps written out, Keras's numbers and PyTorch's formula."""

import numpy as np
import pytest

from pyflux import optimizers
from pyflux.engines.reference import optimizers as reference
from tests import keras_numbers


def steps(optimizer, gradients, start=0.0, dtype=np.float64):
    """One weight after each step with the learning rate 0.1."""
    w = np.array([start], dtype)
    slots = [reference.initial_slots(optimizer, w)]
    path = []
    for t, g in enumerate(gradients):
        reference.apply_gradients(optimizer, 0.1, t + 1, [w], [np.array([g], dtype)], slots)
        path.append(float(w[0]))
    return path


def test_sgd_with_momentum_by_hand():
    assert steps(optimizers.SGD(), [1.0, 3.0]) == pytest.approx([-0.1, -0.4])
    # velocity: -0.1, then 0.9 · -0.1 - 0.3 = -0.39
    assert steps(optimizers.SGD(momentum=0.9), [1.0, 3.0]) == pytest.approx([-0.1, -0.49])
    # Nesterov takes 0.9 · velocity - 0.1 · gradient: -0.19, then 0.9 · -0.39 - 0.3 = -0.651
    assert steps(optimizers.SGD(momentum=0.9, nesterov=True), [1.0, 3.0]) == pytest.approx([-0.19, -0.841])


def test_adam_by_hand():
    # m = 0.1 and v = 0.001; then 0.9 · 0.1 + 0.3 = 0.39 and 0.999 · 0.001 + 0.009 = 0.009999.
    taken = [
        0.1 * np.sqrt(0.001) / 0.1 * 0.1 / (np.sqrt(0.001) + 1e-3),
        0.1 * np.sqrt(1 - 0.999**2) / (1 - 0.9**2) * 0.39 / (np.sqrt(0.009999) + 1e-3),
    ]
    assert steps(optimizers.Adam(epsilon=1e-3), [1.0, 3.0]) == pytest.approx(-np.cumsum(taken))


def test_flux_adam_adds_epsilon_after_the_correction():
    # The corrected moments are 1 and 1, then 0.39 / (1 - 0.9²) and 0.009999 / (1 - 0.999²).
    taken = [
        0.1 * 1 / (1 + 1e-3),
        0.1 * 0.39 / (1 - 0.9**2) / (np.sqrt(0.009999 / (1 - 0.999**2)) + 1e-3),
    ]
    assert steps(optimizers.FluxAdam(epsilon=1e-3), [1.0, 3.0]) == pytest.approx(-np.cumsum(taken))


def test_ten_steps_of_flux_adam_are_pytorch_s():
    ours = path(optimizers.FluxAdam(), keras_numbers.initial_weights("Adam"))
    close(ours, keras_numbers.kept()["optimizers"]["PyTorch"])


def test_the_two_adams_differ_for_small_gradients_only():
    keras, flux = optimizers.Adam(), optimizers.FluxAdam(epsilon=1e-7)
    assert steps(keras, [1.0]) == pytest.approx(steps(flux, [1.0]), rel=1e-5)
    # Both averages are those of one step: 1e-6 against epsilon times 1 / sqrt(1 - 0.999), or epsilon itself.
    assert steps(keras, [1e-6]) == pytest.approx([-0.1 / (1 + 0.1 / np.sqrt(0.001))])
    assert steps(flux, [1e-6]) == pytest.approx([-0.1 / 1.1])


def test_a_nadam_of_many_steps_needs_no_sum_over_all_of_them():
    # After 2000 steps of gradient 1 all averages are 1, and every step is the learning rate.
    path = steps(optimizers.Nadam(), [1.0] * 2000)
    assert path[-1] - path[-2] == pytest.approx(-0.1, rel=1e-4)


def test_weights_decay_as_they_were_before_the_step():
    # 2 - 2 · 0.5 · 0.1 - 0.1 · 1, then from 1.8 on
    assert steps(optimizers.SGD(weight_decay=0.5), [1.0, 1.0], start=2.0) == pytest.approx([1.8, 1.61])


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"clipvalue": 1.0}, [[1.0, 0.0], [-1.0]]),
        ({"clipnorm": 1.0}, [[1.0, 0.0], [-1.0]]),
        ({"clipnorm": 4.0}, [[3.0, 0.0], [-4.0]]),
        ({"global_clipnorm": 1.0}, [[0.6, 0.0], [-0.8]]),
        ({"global_clipnorm": 10.0}, [[3.0, 0.0], [-4.0]]),
        ({}, [[3.0, 0.0], [-4.0]]),
    ],
)
def test_clipping(options, expected):
    gradients = [np.array([3.0, 0.0]), np.array([-4.0])]
    clipped = reference.clip(optimizers.SGD(**options), gradients)
    for g, values in zip(clipped, expected, strict=True):
        np.testing.assert_allclose(g, values)


def test_gradients_that_are_zero_are_clipped_to_zero():
    for options in ({"clipnorm": 1.0}, {"global_clipnorm": 1.0}, {"clipvalue": 1.0}):
        (g,) = reference.clip(optimizers.SGD(**options), [np.zeros(2)])
        assert g.tolist() == [0, 0]


def path(optimizer, start):
    """The weights after each step with the gradients of `keras_numbers`, in float32."""
    weights = [np.array(w, np.float32) for w in start]
    slots = [reference.initial_slots(optimizer, w) for w in weights]
    found = []
    for step in range(keras_numbers.STEPS):
        gradients = [np.array(g, np.float32) for g in keras_numbers.gradients(step)]
        rate = optimizer.rate(step)
        reference.apply_gradients(optimizer, rate, step + 1, weights, gradients, slots)
        found.append([w.copy() for w in weights])
    return found


def close(ours, theirs):
    """Within 1e-5 of each element's largest value in the ten steps."""
    largest = [np.abs(np.array(w)).max(axis=0) for w in zip(*theirs.values(), strict=True)]
    for step, weights in theirs.items():
        for w, expected, scale in zip(ours[int(step) - 1], weights, largest, strict=True):
            assert (np.abs(w - np.array(expected)) <= 1e-5 * scale).all()


@pytest.mark.parametrize("case", keras_numbers.OPTIMIZERS)
def test_ten_steps_are_keras_s(case):
    kind, options = keras_numbers.OPTIMIZERS[case]
    ours = path(getattr(optimizers, kind)(**options), keras_numbers.initial_weights(case))
    close(ours, keras_numbers.kept()["optimizers"][case])


def test_the_numbers_kept_are_those_of_the_keras_that_is_installed():
    for case, steps_kept in keras_numbers.kept()["optimizers"].items():
        theirs = keras_numbers.computed()["optimizers"][case]
        close({int(step) - 1: weights for step, weights in theirs.items()}, steps_kept)


def test_every_optimizer_has_a_formula_and_a_case():
    assert set(reference.OPTIMIZERS) == set(optimizers.OPTIMIZERS.values())
    cases = {kind for kind, _ in keras_numbers.OPTIMIZERS.values()}
    assert cases == set(optimizers.OPTIMIZERS) - {"FluxAdam"}
