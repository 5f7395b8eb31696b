"""Weights to and from PyTorch's layout and names."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pyflux import Input, Model, Sequential, layers, networks
from pyflux.interchange.torch import TORCH_LAYERS, from_torch, to_torch

from .helpers import assert_same, distinct


def normalized(**options):
    """An image that is flattened, and then dropout, normalization and an activation before the Dense."""
    return Sequential(
        [
            layers.Conv2D(4, (3, 2), groups=2, padding="same", strides=2, input_shape=(7, 5, 2)),
            layers.BatchNormalization(),
            layers.Activation("relu"),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.BatchNormalization(),
            layers.Dense(6, activation="relu"),
            layers.BatchNormalization(),
            layers.Dense(3, activation="softmax"),
        ],
        **{"engine": "reference", "seed": 0} | options,
    )


@pytest.mark.parametrize(
    "make",
    [networks.flux_mnist, networks.keras_mnist, networks.torch_cifar, normalized],
    ids=lambda make: make.__name__,
)
def test_there_and_back_is_the_assert_same(make):
    model, other = make(engine="reference", seed=0), make(engine="reference", seed=1)
    expected = distinct(model)
    from_torch(other, to_torch(model))
    assert_same(other.get_weights(), expected)


def test_keys_are_those_of_the_sequential():
    # Conv2d ReLU MaxPool2d Conv2d ReLU MaxPool2d Conv2d ReLU Flatten Linear ReLU Linear
    assert list(to_torch(networks.keras_mnist())) == [
        f"{i}.{leaf}" for i in (0, 3, 6, 9, 11) for leaf in ("weight", "bias")
    ]


def test_keys_count_the_modules_that_a_layer_is():
    # ZeroPad2d Conv2d BatchNorm2d ReLU Flatten Dropout BatchNorm1d Linear ReLU BatchNorm1d Linear
    stats = ["weight", "bias", "running_mean", "running_var"]
    assert list(to_torch(normalized())) == [
        "1.weight", "1.bias", *(f"2.{s}" for s in stats), *(f"6.{s}" for s in stats),
        "7.weight", "7.bias", *(f"9.{s}" for s in stats), "10.weight", "10.bias",
    ]  # fmt: skip


def test_a_convolution_s_axes():
    model = networks.keras_cifar()
    kernel = distinct(model)[2]
    weight = to_torch(model)["3.weight"]
    assert weight.shape == (64, 32, 3, 3)
    assert weight.flags.c_contiguous
    assert weight[7, 5, 0, 2] == kernel[0, 2, 5, 7]


def test_a_linear_after_a_flattened_image_meets_the_same_pixels():
    model = networks.flux_mnist()
    kernel = distinct(model)[4]
    image = np.random.default_rng(1).random((5, 5, 32))
    here = image.ravel() @ kernel
    there = to_torch(model)["7.weight"] @ image.transpose(2, 0, 1).ravel()  # as nn.Flatten does it
    np.testing.assert_allclose(there, here, rtol=1e-12)


def test_a_later_linear_is_only_transposed():
    model = networks.keras_mnist()
    weights = distinct(model)
    np.testing.assert_array_equal(to_torch(model)["11.weight"], weights[8].T)


def test_normalization_of_a_flattened_image_is_put_in_order_too():
    model = normalized()
    gamma = distinct(model)[6]
    there = to_torch(model)["6.weight"]
    assert gamma.shape == (4 * 3 * 4,)
    np.testing.assert_array_equal(there, gamma.reshape(4, 3, 4).transpose(2, 0, 1).ravel())


class Tensor:
    """What `from_torch` needs of a tensor of PyTorch."""

    def __init__(self, array):
        self._array = array

    def detach(self):
        return self

    def cpu(self):
        return self

    def numpy(self):
        return self._array


def test_names_do_not_count_and_tensors_are_taken():
    model, other = normalized(seed=0), normalized(seed=1)
    expected = distinct(model)
    state = {f"body.part{key}": Tensor(w) for key, w in to_torch(model).items()}
    state["body.part2.num_batches_tracked"] = Tensor(np.array(12))
    from_torch(other, state)
    assert_same(other.get_weights(), expected)


def test_a_file_that_sorts_bias_before_weight_is_understood():
    model, other = networks.flux_mnist(seed=0), networks.flux_mnist(seed=1)
    expected, state = distinct(model), to_torch(model)
    from_torch(other, {key: state[key] for key in sorted(state)})
    assert_same(other.get_weights(), expected)


def test_the_first_array_that_does_not_fit_is_named():
    state = to_torch(networks.keras_cifar())
    with pytest.raises(
        ValueError,
        match=r"state_dict: '7.weight' has shape \(64, 2304\), but dense/kernel, whose place it is, wants \(64, 3136\)",
    ):
        from_torch(networks.torch_cifar(), state)


def test_missing_and_left_over_arrays_are_named():
    state = to_torch(networks.flux_mnist())
    last = state.pop("7.bias")
    with pytest.raises(
        ValueError, match=r"ends before dense/bias, which wants \(10,\): it has 5 arrays, the network 6"
    ):
        from_torch(networks.flux_mnist(), state)
    with pytest.raises(
        ValueError, match="1 arrays more than the network, the first is '9.weight' after dense/bias"
    ):
        from_torch(networks.flux_mnist(), state | {"7.bias": last, "9.weight": last})


def test_what_is_no_state_dict_is_refused():
    with pytest.raises(
        TypeError, match=r"state_dict must map names to arrays, got list; give net.state_dict\(\)"
    ):
        from_torch(networks.flux_mnist(), networks.flux_mnist().get_weights())
    with pytest.raises(TypeError, match=r"state_dict\['0.weight'\] must be an array of numbers"):
        from_torch(networks.flux_mnist(), {"0.weight": "a"})
    with pytest.raises(ValueError, match=r"to_torch\(\) needs the shape of the samples"):
        to_torch(Sequential([layers.Dense(3)]))


def test_a_layer_without_a_counterpart_is_named(monkeypatch):
    monkeypatch.delitem(TORCH_LAYERS, layers.Dense)
    with pytest.raises(ValueError, match=r"'dense' \(Dense\).*PyTorch"):
        to_torch(networks.flux_mnist())


@pytest.mark.parametrize(
    ("layer", "name"),
    [(layers.Dense(3), "dense"), (layers.BatchNormalization(center=False), "batch_normalization")],
)
def test_a_layer_whose_arguments_have_no_counterpart_is_named(layer, name):
    with pytest.raises(ValueError, match=f"'{name}'.*PyTorch"):
        to_torch(Sequential([layers.Input((6, 5, 2)), layer], engine="reference"))


def test_pooling_that_keeps_an_image_is_one_module():
    def keys(keepdims):
        pool = layers.GlobalAveragePooling2D(keepdims=keepdims)
        after = [] if not keepdims else [layers.Flatten()]
        stack = [layers.Input((6, 5, 2)), pool, *after, layers.ReLU(), layers.Dense(3)]
        return list(to_torch(Sequential(stack, engine="reference")))

    # AdaptiveAvgPool2d Flatten ReLU Linear, either way
    assert keys(True) == keys(False) == ["3.weight", "3.bias"]


# ── Networks with branches ───────────────────────────────────────────────────────────────────────────────


def branches(seed=0):
    """A shortcut, a gate of channels, and two flattened images that are joined with features."""
    inputs = Input((4, 6, 3))
    x = layers.Conv2D(4, 3, padding="same", activation="relu", name="first")(inputs)
    x = layers.Add()([layers.BatchNormalization(name="bn")(x), layers.Conv2D(4, 1, name="shortcut")(inputs)])
    means = layers.GlobalAveragePooling2D()(x)
    gate = layers.Reshape((1, 1, 4))(layers.Dense(4, activation="sigmoid", name="gate")(means))
    x = layers.Multiply()([x, gate])
    flat = layers.Flatten()(layers.MaxPooling2D()(x))
    x = layers.Concatenate()([flat, means, layers.Subtract()([flat, layers.ReLU()(flat)])])
    return Model(inputs, layers.Dense(5, name="head")(x), seed=seed, engine="reference")


def test_a_network_with_branches_has_the_names_of_its_layers():
    model, other = branches(), branches(seed=1)
    expected, state = distinct(model), to_torch(model)
    assert list(state)[:3] == ["first.weight", "first.bias", "bn.weight"]
    assert {key.split(".")[0] for key in state} == {"first", "bn", "shortcut", "gate", "head"}
    assert state["head.weight"].shape == (5, 24 + 4 + 24)
    from_torch(other, state)
    assert_same(other.get_weights(), expected)


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed")
def test_a_network_with_branches_computes_the_same_in_pytorch(tmp_path):
    model = branches()
    x = np.random.default_rng(0).normal(size=(3, 4, 6, 3)).astype(np.float32)
    np.savez(tmp_path / "job.npz", x=x, **{f"state/{key}": array for key, array in to_torch(model).items()})
    worker = subprocess.run(
        [sys.executable, Path(__file__).with_name("torch_branches.py"), "job.npz", "done.npy"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert worker.returncode == 0, worker.stderr
    np.testing.assert_allclose(model.predict(x), np.load(tmp_path / "done.npy"), atol=1e-5)


def test_features_that_pytorch_has_in_different_orders_are_not_added():
    inputs = Input((2, 3, 2))
    x = layers.Add()([layers.Flatten()(inputs), layers.Dense(12)(layers.GlobalMaxPooling2D()(inputs))])
    with pytest.raises(ValueError, match=r"'add' \(Add\).*orders"):
        to_torch(Model(inputs, layers.Dense(2)(x), engine="reference"))
    x = layers.Conv2D(2, 1)(layers.Reshape((1, 1, 12))(layers.Flatten()(inputs)))
    with pytest.raises(ValueError, match=r"'reshape' \(Reshape\).*order"):
        to_torch(Model(inputs, x, engine="reference"))
