"""Weights under the names of other libraries, from files in each format."""

from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import save_file

from pyflux import Sequential, layers
from pyflux.architecture import Architecture
from pyflux.interchange import match_weights, read_weights, to_torch

from .helpers import assert_same, distinct

# VGG's shape with fewer filters; its convolutions are these modules of torchvision's ``features``.
BLOCKS = [(2, 3), (2, 4), (3, 5)]
FEATURES = [0, 2, 5, 7, 10, 12, 14]


def vgg(seed=0):
    stack = [layers.Input((16, 16, 3))]
    for i, (depth, filters) in enumerate(BLOCKS, start=1):
        for j in range(1, depth + 1):
            stack.append(
                layers.Conv2D(filters, 3, padding="same", activation="relu", name=f"block{i}_conv{j}")
            )
        stack.append(layers.MaxPooling2D(name=f"block{i}_pool"))
    return Sequential(stack, seed=seed, engine="reference")


def architecture(model):
    return model.require_architecture("")


def with_top(state):
    """Three layers more, as torchvision's file has them."""
    top = {
        f"classifier.{i}.{leaf}": np.ones((2, 2), np.float32)
        for i in (0, 3, 6)
        for leaf in ("weight", "bias")
    }
    return top | state  # `classifier` sorts before `features`, as in a safetensors file


def torchvision_names(model):
    return {
        f"features.{i}.{leaf}": w
        for i, pair in zip(FEATURES, pairs(to_torch(model)), strict=True)
        for leaf, w in pair
    }


def keras_names(model):
    return dict(zip(architecture(model).weight_shapes, model.get_weights(), strict=True))


def pairs(state):
    arrays = list(state.values())
    return [(("weight", w), ("bias", b)) for w, b in zip(arrays[::2], arrays[1::2], strict=True)]


@pytest.mark.parametrize("names", [torchvision_names, keras_names])
def test_either_naming_fits_from_safetensors(names, tmp_path):
    model = vgg()
    expected = distinct(model)
    save_file(names(model), tmp_path / "vgg.safetensors")
    assert_same(match_weights(architecture(vgg(1)), read_weights(tmp_path / "vgg.safetensors")), expected)


@pytest.mark.parametrize("names", [torchvision_names, keras_names])
def test_either_naming_fits_from_npz(names, tmp_path):
    model = vgg()
    expected = distinct(model)
    np.savez(tmp_path / "vgg.npz", **names(model))
    assert_same(match_weights(architecture(vgg(1)), read_weights(tmp_path / "vgg.npz")), expected)


def test_a_top_that_the_network_lacks_is_left_out(tmp_path):
    model = vgg()
    expected = distinct(model)
    save_file(with_top(torchvision_names(model)), tmp_path / "vgg.safetensors")
    assert_same(match_weights(architecture(model), read_weights(tmp_path / "vgg.safetensors")), expected)
    top = {f"{layer}/kernel": np.ones((2, 2), np.float32) for layer in ("fc1", "fc2", "predictions")}
    assert_same(match_weights(architecture(model), top | keras_names(model)), expected)


def test_a_larger_network_s_weights_do_not_fit():
    with pytest.raises(ValueError, match="1 arrays more than the network, the first is 'features.17.weight'"):
        match_weights(architecture(vgg()), torchvision_names(vgg()) | {"features.17.weight": np.ones(1)})
    with pytest.raises(
        ValueError, match="1 arrays more than the network, the first is 'block3_conv4/kernel'"
    ):
        match_weights(architecture(vgg()), keras_names(vgg()) | {"block3_conv4/kernel": np.ones(1)})


def test_the_first_layer_that_does_not_fit_is_named():
    named = keras_names(vgg())
    named["block2_conv1/kernel"] = np.ones((3, 3, 9, 4))
    with pytest.raises(
        ValueError,
        match=r"'block2_conv1/kernel' has shape \(3, 3, 9, 4\), but block2_conv1/kernel, .* wants \(3, 3, 3, 4\)",
    ):
        match_weights(architecture(vgg()), named)
    del named["block2_conv1/kernel"], named["block2_conv1/bias"]
    with pytest.raises(ValueError, match=r"weights_ has no block2_conv1/kernel, which wants \(3, 3, 3, 4\)"):
        match_weights(architecture(vgg()), named)


def test_a_saved_model_s_weights_are_read_without_what_the_optimizer_remembers(tmp_path, small, samples):
    model = small()
    model.compile()
    model.fit(*samples(), verbose=0)
    model.save(tmp_path / "model.safetensors")
    assert_same(
        match_weights(architecture(small(seed=1)), read_weights(tmp_path / "model.safetensors")),
        model.get_weights(),
    )


def test_keras_2_s_file(tmp_path):
    h5py = pytest.importorskip("h5py")
    model = vgg()
    expected = distinct(model)
    with h5py.File(tmp_path / "vgg.h5", "w") as file:
        # As in vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5: layers without weights are there too.
        file.attrs["layer_names"] = [layer.name.encode() for layer in model.layers]
        for layer in model.layers:
            file.create_group(layer.name).attrs["weight_names"] = np.array([], dtype="S")
        for name, pair in zip(
            [n for n in file if "conv" in n], pairs(dict(enumerate(expected))), strict=True
        ):
            names = [f"{name}_{short}_1:0" for short in ("W", "b")]
            file[name].attrs["weight_names"] = [n.encode() for n in names]
            for full, (_, array) in zip(names, pair, strict=True):
                file[name][full] = array
    named = read_weights(tmp_path / "vgg.h5")
    assert list(named)[:2] == ["block1_conv1/block1_conv1_W_1", "block1_conv1/block1_conv1_b_1"]
    assert_same(match_weights(architecture(vgg(1)), named), expected)


def test_a_model_used_as_a_layer_in_keras_2_s_file(tmp_path):
    h5py = pytest.importorskip("h5py")
    base, weights = vgg(), distinct(vgg())
    with h5py.File(tmp_path / "model.h5", "w") as file:
        root = file.create_group("model_weights")  # as in a file of a whole model
        root.attrs["layer_names"] = ["vgg"]
        root.create_group("vgg").attrs["weight_names"] = [f"{n}:0" for n in architecture(base).weight_shapes]
        for name, array in zip(architecture(base).weight_shapes, weights, strict=True):
            root[f"vgg/{name}:0"] = array
    named = read_weights(tmp_path / "model.h5")
    assert next(iter(named)) == "vgg/block1_conv1/kernel"
    assert_same(match_weights(architecture(base), named), weights)


def test_keras_3_s_file(tmp_path):
    h5py = pytest.importorskip("h5py")
    model = vgg()
    expected = distinct(model)
    with h5py.File(tmp_path / "vgg.weights.h5", "w") as file:
        for i, pair in enumerate(pairs(dict(enumerate(expected)))):
            for j, (_, array) in enumerate(pair):
                file[f"layers/conv2d{f'_{i}' if i else ''}/vars/{j}"] = array
        file.create_group("layers/max_pooling2d/vars")
        file["optimizer/vars/0"] = np.array(12)
    named = read_weights(tmp_path / "vgg.weights.h5")
    assert_same(match_weights(architecture(vgg(1)), named), expected)


def test_names_that_keras_has_counted_on_are_taken_in_order():
    model = vgg()
    expected = distinct(model)
    # The third and later convolutions of a process; some are called as others are here.
    counted = {
        f"conv2d_{i}/{weight}": w
        for i, pair in enumerate(pairs(dict(enumerate(expected))), start=2)
        for weight, (_, w) in zip(("kernel", "bias"), pair, strict=True)
    }
    unnamed = tuple(replace(layer, name=None) for layer in model.layers)
    assert_same(match_weights(Architecture(unnamed, (16, 16, 3)), counted), expected)
