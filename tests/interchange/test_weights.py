"""Weights to and from PyTorch's and Keras's layouts, names and files."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import save_file

from pyflux import Sequential, layers, networks
from pyflux.architecture import Architecture
from pyflux.errors import MissingExtraError, SavedModelError
from pyflux.interchange.weights import (
    TORCH_PARAMS,
    from_keras,
    from_torch,
    match_weights,
    read_weights,
    to_keras,
    to_torch,
)


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


def distinct(model, seed=0):
    """Gives the model weights of which no two are alike, and returns them."""
    rng = np.random.default_rng(seed)
    model.set_weights([w + rng.uniform(0.1, 1, w.shape).astype(np.float32) for w in model.get_weights()])
    return model.get_weights()


def same(got, expected):
    assert [w.shape for w in got] == [w.shape for w in expected]
    assert all(np.array_equal(g, e) for g, e in zip(got, expected, strict=True))


# ── PyTorch ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "make",
    [networks.flux_mnist, networks.keras_mnist, networks.torch_cifar, normalized],
    ids=lambda make: make.__name__,
)
def test_there_and_back_is_the_same(make):
    model, other = make(engine="reference", seed=0), make(engine="reference", seed=1)
    expected = distinct(model)
    from_torch(other, to_torch(model))
    same(other.get_weights(), expected)


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
    same(other.get_weights(), expected)


def test_a_file_that_sorts_bias_before_weight_is_understood():
    model, other = networks.flux_mnist(seed=0), networks.flux_mnist(seed=1)
    expected, state = distinct(model), to_torch(model)
    from_torch(other, {key: state[key] for key in sorted(state)})
    same(other.get_weights(), expected)


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
    monkeypatch.delitem(TORCH_PARAMS, "Dense")
    with pytest.raises(ValueError, match="dense/kernel: a layer Dense has no counterpart in PyTorch"):
        to_torch(networks.flux_mnist())


# ── Keras ────────────────────────────────────────────────────────────────────────────────────────────────


def test_keras_has_the_same_list():
    model, other = networks.flux_mnist(seed=0), networks.flux_mnist(seed=1)
    from_keras(other, to_keras(model))
    same(other.get_weights(), model.get_weights())


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


# ── Files ────────────────────────────────────────────────────────────────────────────────────────────────

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
    same(match_weights(architecture(vgg(1)), read_weights(tmp_path / "vgg.safetensors")), expected)


@pytest.mark.parametrize("names", [torchvision_names, keras_names])
def test_either_naming_fits_from_npz(names, tmp_path):
    model = vgg()
    expected = distinct(model)
    np.savez(tmp_path / "vgg.npz", **names(model))
    same(match_weights(architecture(vgg(1)), read_weights(tmp_path / "vgg.npz")), expected)


def test_a_top_that_the_network_lacks_is_left_out(tmp_path):
    model = vgg()
    expected = distinct(model)
    save_file(with_top(torchvision_names(model)), tmp_path / "vgg.safetensors")
    same(match_weights(architecture(model), read_weights(tmp_path / "vgg.safetensors")), expected)
    top = {f"{layer}/kernel": np.ones((2, 2), np.float32) for layer in ("fc1", "fc2", "predictions")}
    same(match_weights(architecture(model), top | keras_names(model)), expected)


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
    same(
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
    same(match_weights(architecture(vgg(1)), named), expected)


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
    same(match_weights(architecture(base), named), weights)


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
    same(match_weights(architecture(vgg(1)), named), expected)


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
    same(match_weights(Architecture(unnamed, (16, 16, 3)), counted), expected)


def test_files_that_cannot_be_read_say_why(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no file of weights at"):
        read_weights(tmp_path / "vgg.npz")
    for name, message in [
        ("vgg.pth", "safetensors.torch.save_file"),
        ("vgg.keras", "save_weights"),
        ("vgg.txt", r"must be a .safetensors, .npz or .h5 file"),
    ]:
        (tmp_path / name).write_bytes(b"")
        with pytest.raises(ValueError, match=message):
            read_weights(tmp_path / name)
    for name in ("vgg.npz", "vgg.safetensors"):
        for content in (b"", b"PK\x03\x04 cut short", b"\x00" * 64):
            (tmp_path / name).write_bytes(content)
            with pytest.raises(SavedModelError, match="cannot be read as"):
                read_weights(tmp_path / name)
    np.savez(tmp_path / "empty.npz")
    with pytest.raises(SavedModelError, match="holds no weights"):
        read_weights(tmp_path / "empty.npz")


def test_a_damaged_h5_file(tmp_path):
    h5py = pytest.importorskip("h5py")
    (tmp_path / "vgg.h5").write_bytes(b"no HDF5")
    with pytest.raises(SavedModelError, match="cannot be read as .h5"):
        read_weights(tmp_path / "vgg.h5")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = 1
    with pytest.raises(SavedModelError, match="neither layer_names nor a group 'layers'"):
        read_weights(tmp_path / "other.h5")


def test_h5_without_h5py_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)  # as if it were not installed
    (tmp_path / "vgg.h5").write_bytes(b"")
    with pytest.raises(MissingExtraError, match=r"pip install 'pyflux-julia\[h5\]'"):
        read_weights(tmp_path / "vgg.h5")
