"""Weights to and from Keras's lists."""

import pytest

from pyflux import networks
from pyflux.interchange.keras import from_keras, to_keras

from .helpers import assert_same


def test_keras_has_the_same_list():
    model, other = networks.flux_mnist(seed=0), networks.flux_mnist(seed=1)
    from_keras(other, to_keras(model))
    assert_same(other.get_weights(), model.get_weights())


def test_a_list_that_does_not_fit_is_refused():
    weights = to_keras(networks.flux_mnist())
    with pytest.raises(
        ValueError, match=r"array 0 has shape .*, but conv2d/kernel, whose place it is, wants \(3, 3, 1, 32\)"
    ):
        from_keras(networks.keras_mnist(), weights)
    with pytest.raises(ValueError, match="6 arrays"):
        from_keras(networks.flux_mnist(), weights[:-1])
    with pytest.raises(TypeError, match="weights_ must be the list"):
        from_keras(networks.flux_mnist(), {"conv2d/kernel": weights[0]})
