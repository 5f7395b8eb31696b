"""Whole networks beside Keras: 60 that are drawn, with every optimizer."""

import numpy as np

from pyflux.optimizers import OPTIMIZERS as OURS
from tests.keras_networks import NETWORKS, OPTIMIZERS, draw
from tests.keras_process import ask_keras


def test_random_networks_train_as_in_keras():
    """Float32 sums of a few hundred terms, and ten steps: seen 1.6e-6 of the largest value."""
    found = ask_keras("tests.keras_networks", "differences")
    assert len(found) == NETWORKS
    wrong = {(seed, what): d for seed, each in found.items() for what, d in each.items() if not d < 2e-5}
    assert wrong == {}, draw(int(next(iter(wrong))[0]))


def test_the_networks_have_all_that_they_are_for():
    drawn = [draw(seed) for seed in range(NETWORKS)]
    names = {name for stack, _, _ in drawn for name, _ in stack}
    assert names >= {"Conv2D", "BatchNormalization", "MaxPooling2D", "AveragePooling2D", "Dense"}
    assert len({loss for *_, loss in drawn}) == 5
    assert {kind for kind, _ in OPTIMIZERS} == set(OURS) - {"FluxAdam"}
    assert np.mean([len(stack) for stack, _, _ in drawn]) > 4
