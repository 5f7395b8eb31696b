"""`match_weights`: arrays that have names as a network's weights, whoever named them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from .._internal.lookup import snake_case
from ..architecture import Architecture
from ..inputs import Floats
from ..variables import as_weights
from .arrays import Array, as_number_array, check_rest, check_shape, split_name
from .torch import TORCH_ORDER, weights_from_torch

# As Keras orders the weights of a layer; safetensors sorts them by name.
KERAS_ORDER = ("kernel", "gamma", "bias", "beta", "moving_mean", "moving_variance", "mean", "variance")
UNUSED = "count"  # of the samples that a Normalization has seen, which no prediction needs


def match_weights(architecture: Architecture, weights_: Mapping[str, Any]) -> list[Floats]:
    """Return arrays that have names as the list of a network's weights, whoever named them.

    With PyTorch's names (``features.0.weight``) they are taken in their order and their layout is changed.
    With Keras's (``block1_conv1/kernel``) they are found by the name of the layer, else by the name that
    Keras gives to a layer of that class (``conv2d_1``), else taken in their order. A top (``classifier.0``,
    ``fc1``, ``predictions``) that the network does not have is left out.

    Args:
        architecture: The network.
        weights_: Arrays or tensors by name, such as `read_weights` gives.

    Returns:
        float32 arrays in Keras's order and layout, as ``set_weights`` takes them.

    Raises:
        TypeError: ``weights_`` does not map names to arrays of numbers.
        ValueError: An array is missing, left over, or of the wrong shape; the error names the first one.

    >>> import numpy as np
    >>> from pyflux.layers import Dense
    >>> network = Architecture((Dense(2),), (3,))
    >>> [w.shape for w in match_weights(network, {"fc.weight": np.ones((2, 3)), "fc.bias": np.ones(2)})]
    [(3, 2), (2,)]
    >>> [w.shape for w in match_weights(network, {"dense/kernel": np.ones((3, 2)), "dense/bias": np.ones(2)})]
    [(3, 2), (2,)]
    """
    if not isinstance(weights_, Mapping):
        raise TypeError(f"weights_ must map names to arrays, got {type(weights_).__name__}")
    given: list[Floats] | list[Array]
    if any("/" not in key and split_name(key)[1] in TORCH_ORDER for key in weights_):
        given = weights_from_torch(architecture, weights_, "weights_")
    else:
        given = _from_keras(architecture, weights_)
    return as_weights(given, architecture.weight_shapes)


def _from_keras(architecture: Architecture, given: Mapping[str, Any]) -> list[Array]:
    wanted = _by_layer(architecture.weight_shapes)
    have = _by_layer(given)
    sources = _sources(architecture, list(wanted), list(have))
    result: list[Array] = []
    for layer, names in wanted.items():
        keys = have.get(sources.get(layer, ""), [])
        for i, name in enumerate(names):
            if i >= len(keys):
                raise ValueError(
                    f"weights_ has no {name}, which wants {architecture.weight_shapes[name]}; it has "
                    f"{', '.join(list(have)[:5])} and {max(len(have) - 5, 0)} layers more"
                )
            array = as_number_array("weights_", keys[i], given[keys[i]])
            check_shape("weights_", keys[i], array.shape, name, architecture.weight_shapes[name])
            result.append(array)
        check_rest("weights_", keys[len(names) :], names)
    used = set(sources.values())
    check_rest("weights_", [k for m, keys in have.items() if m not in used for k in keys], [*wanted])
    return result


def _by_layer(names: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the names of arrays by that of their layer, both in their order."""
    layers: dict[str, list[str]] = {}
    for name in names:
        layer, own = split_name(name)
        if own != UNUSED:
            layers.setdefault(layer, []).append(name)
    return {layer: sorted(keys, key=_rank) for layer, keys in layers.items()}


def _rank(name: str) -> int:
    own = split_name(name)[1]
    return KERAS_ORDER.index(own) if own in KERAS_ORDER else 0  # numbered names are in order already


def _sources(architecture: Architecture, wanted: list[str], have: list[str]) -> dict[str, str]:
    """Return which layer of the file belongs to which layer of the network."""
    if set(wanted) <= set(have):
        return {name: name for name in wanted}
    for kind in ("sequential", "functional"):  # what a model used as a layer is in Keras
        defaults = _class_names(architecture, kind)
        if {defaults[name] for name in wanted} <= set(have):
            return {name: defaults[name] for name in wanted}
    if any(name in have and name != defaults[name] for name in wanted):
        return {name: name for name in wanted if name in have}  # named by hand, and some are missing
    # Keras counts through a whole process: conv2d_7 may be the first of its network.
    return dict(zip(wanted, have, strict=False))


def _class_names(architecture: Architecture, kind: str) -> dict[str, str]:
    """Return the names that Keras's newer files give to layers: their class, and a number in their model.

    A layer of a model used as a layer has the model's name before its own, as ``vgg16/block1_conv1`` here and
    ``functional/conv2d`` there.
    """
    counts: dict[str, Counter[str]] = {}
    models: dict[str, str] = {}

    def numbered(model: str, base: str) -> str:
        count = counts.setdefault(model, Counter())
        count[base] += 1
        return base if count[base] == 1 else f"{base}_{count[base] - 1}"

    names = {}
    for node in architecture.nodes:
        outer, _, _ = node.name.rpartition("/")
        if outer and outer not in models:
            models[outer] = numbered("", kind)
        own = numbered(outer, snake_case(type(node.layer).__name__))
        names[node.name] = f"{models[outer]}/{own}" if outer else own
    return names
