"""Every layer is asked for by every part that must know it: what one forgets is found here.

What a part cannot have stands in `MISSING`, with the reason; it must then be rejected in words.
"""

import functools
import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from pyflux import Model, Sequential, export_onnx, from_torch, layers, load, losses, optimizers, to_torch
from pyflux.architecture import Architecture
from pyflux.engines import Data, build
from pyflux.engines.reference.layers import LAYERS as OPS

from .conftest import ROOT
from .keras_process import ask_keras
from .layer_examples import EXAMPLES

# (part, example): reason.
MISSING = {
    ("Keras", "AveragePooling2D more after"): (
        "Keras's PyTorch backend counts padding where more of it goes after than before; with TensorFlow and JAX "
        "padding does not count, and neither does it here."
    ),
    (
        "PyTorch",
        "Dense image",
    ): "PyTorch's Linear acts on the last axis, where its images have their columns.",
    (
        "PyTorch",
        "BatchNormalization no scale",
    ): "PyTorch's BatchNorm has both a scale and a shift, or neither.",
    (
        "PyTorch",
        "BatchNormalization no shift",
    ): "PyTorch's BatchNorm has both a scale and a shift, or neither.",
}

MISSING["PyTorch", "DepthwiseConv2D multiplier"] = "PyTorch keeps the kernels of one channel in one axis."

MISSING["PyTorch", "Conv2DTranspose same"] = "PyTorch's padding is the same on both sides."
MISSING["PyTorch", "LayerNormalization"] = (
    "PyTorch's LayerNorm acts on the last axes, which are not the channels."
)
MISSING["Keras", "RandomCrop"] = "Outside of training Keras crops nothing, so that the shape would change."

for _name in EXAMPLES:
    if _name.startswith("SeparableConv2D"):
        MISSING["PyTorch", _name] = "PyTorch has no module that does both convolutions."
    if _name in (
        "LayerNormalization row",
        "LayerNormalization rows",
        "GroupNormalization rows",
        "GroupNormalization instance",
    ):
        MISSING["PyTorch", _name] = "PyTorch's module has both a scale and a shift, or neither."
    if _name.startswith("Permute"):
        MISSING["PyTorch", _name] = "PyTorch has no module that permutes axes."
    if _name.startswith("Normalization"):
        MISSING["PyTorch", _name] = "In PyTorch it is part of reading the images."
    if _name in ("Reshape", "Reshape row to image", "Reshape image to rows"):
        MISSING["PyTorch", _name] = "PyTorch's images have their values in another order."

each_example = pytest.mark.parametrize("name", EXAMPLES)


def model(example):
    """A model of one layer, with weights that are nowhere 0 or 1."""
    made = Sequential([layers.Input(example.shape), example.layer()], engine="reference", seed=0)
    made.set_weights(example.weights())
    return made


def test_every_layer_has_an_example():
    assert {type(example.layer()).__name__ for example in EXAMPLES.values()} == set(layers.LAYERS)


def test_the_reference_knows_every_layer():
    assert {cls.__name__ for cls in OPS} == set(layers.LAYERS)


@each_example
def test_a_layer_is_made_again_from_its_config(name):
    layer = EXAMPLES[name].layer()
    config = json.loads(json.dumps(layer.config()))
    assert layers.from_config(config) == layer
    assert layers.from_config(config).config() == config


@each_example
@pytest.mark.parametrize("key", [None, 1], ids=["asked", "trained"])
def test_the_reference_gives_the_shape_that_was_announced(name, key):
    example = EXAMPLES[name]
    layer, x = example.layer(), example.samples()
    y = OPS[type(layer)].forward(layer, example.weights(), x, key)
    assert y.shape == (len(x), *layer.output_shape(example.shape))
    assert y.dtype == x.dtype


def gradients_by_differences(f, arrays, step=1e-6):
    """The gradient of a number for every element of arrays, by central differences."""
    grads = []
    for array in arrays:
        grad = np.zeros_like(array)
        for i in np.ndindex(array.shape):
            kept = array[i]
            array[i] = kept + step
            up = f()
            array[i] = kept - step
            grad[i] = (up - f()) / (2 * step)
            array[i] = kept
        grads.append(grad)
    return grads


@each_example
@pytest.mark.parametrize("key", [None, 1], ids=["asked", "trained"])
def test_the_reference_s_gradients_are_those_of_finite_differences(name, key):
    example = EXAMPLES[name]
    layer = example.layer()
    if isinstance(layer, layers.Augmentation):
        key = None  # nothing before it is trained: in training it needs no gradient
    forward, backward = OPS[type(layer)]
    x, weights = example.samples(2), example.weights()

    def copies():  # training changes moving averages
        return [w.copy() for w in weights]

    y = forward(layer, copies(), x, key)
    dy = np.random.default_rng(3).normal(size=y.shape)
    got = backward(layer, copies(), x, y, dy, key)
    trained = [
        w
        for w, weight in zip(weights, layer.weight_shapes(example.shape), strict=True)
        if weight in layer.trainable_names()
    ]
    wanted = gradients_by_differences(
        lambda: float((forward(layer, copies(), x, key) * dy).sum()), [x, *trained]
    )
    assert len(got[1]) == len(trained)
    for g, w in zip([got[0], *got[1]], wanted, strict=True):
        # The differences are rounded to about 1e-16 · |f| / 1e-6.
        np.testing.assert_allclose(g, w, rtol=1e-6, atol=1e-7 * max(np.abs(w).max(), 1))


@each_example
def test_a_saved_file_brings_the_layer_back(name, tmp_path):
    example = EXAMPLES[name]
    first = model(example)
    first.save(tmp_path / "model.safetensors")
    again = load(tmp_path / "model.safetensors", engine="reference")
    assert again.architecture.config() == first.architecture.config()
    x = example.samples().astype(np.float32)
    np.testing.assert_array_equal(again.predict(x), first.predict(x))


# ── Flux ─────────────────────────────────────────────────────────────────────────────────────────────────


def close(got, wanted, scale=0.0):
    """Within a relative 1e-4 of the largest value, or of a thousandth of ``scale``."""
    largest = max(np.abs(wanted).max(), 1e-3 * scale)
    np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=1e-4 * largest)


@each_example
def test_flux_computes_the_same(name, julia):
    """Outputs, loss and every gradient, with layers on both sides so that the one for its input counts."""
    example = EXAMPLES[name]
    layer = example.layer()
    before = () if isinstance(layer, layers.Augmentation) else (layers.Dense(example.shape[-1]),)
    stack = (*before, layer, layers.Flatten(), layers.Dense(3, activation="softmax"))
    architecture = Architecture(stack, example.shape)
    weights = [w + np.float32(0.1) for w in architecture.initial_weights(seed=0)]
    x, labels = example.samples(5).astype(np.float32), np.array([0, 2, 1, 1, 0], np.int32)
    found = []
    for engine in ("flux", "reference"):
        network = build(engine, architecture, weights, seed=7)
        network.compile(optimizers.SGD(), losses.SparseCategoricalCrossentropy())
        found.append((network.predict(x, 3), *network.gradients(Data(x, labels))))
    (outputs, loss, gradients), (wanted_outputs, wanted_loss, wanted_gradients) = found
    close(outputs, wanted_outputs)
    assert loss == pytest.approx(wanted_loss, rel=1e-4)
    assert len(gradients) == len(wanted_gradients)
    # Some are 0 but for rounding, as that of a bias before a batch normalization is.
    largest = max(np.abs(wanted).max() for wanted in wanted_gradients)
    for got, wanted in zip(gradients, wanted_gradients, strict=True):
        close(got, wanted, largest)


LOADER = """
using PyFlux, SafeTensors
for line in eachline(ARGS[1])
    path, sizes... = split(line, '\\t')
    x = Array{Float32}(undef, parse.(Int, sizes)...)
    read!(path * ".in", x)
    write(path * ".out", predict(PyFlux.load(path), x))
end
"""


@pytest.fixture(scope="module")
def outputs_in_julia(julia, tmp_path_factory):
    """What Julia's own loader makes of the saved file of every example: samples, outputs, as bytes."""
    import juliapkg

    folder = tmp_path_factory.mktemp("saved")
    paths = {name: folder / f"{i}.safetensors" for i, name in enumerate(EXAMPLES)}
    lines = []
    paths["branches"] = folder / "branches.safetensors"
    for name, path in paths.items():
        x, saved = branches() if name == "branches" else (EXAMPLES[name].samples(), model(EXAMPLES[name]))
        x = x.astype(np.float32)
        saved.save(path)
        as_flux = image_axes(x)
        Path(f"{path}.in").write_bytes(as_flux.tobytes())
        lines.append("\t".join([str(path), *map(str, reversed(as_flux.shape))]))
    (folder / "list").write_text("\n".join(lines))
    # The script resolves its environment when it starts, which the loader runs in too.
    for arguments in (
        [ROOT / "julia" / "train_mnist.jl", "--help"],
        [f"--project={ROOT}", "-e", LOADER, folder / "list"],
    ):
        done = subprocess.run(
            [juliapkg.executable(), "--startup-file=no", *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-4000:]
    return {name: np.fromfile(f"{path}.out", np.float32) for name, path in paths.items()}


def image_axes(array):
    """Samples ``(N, H, W, C)`` in the order of Flux's memory, ``(N, C, H, W)``; rows are the columns of an image."""
    if array.ndim == 3:
        array = array[:, None]
    return np.ascontiguousarray(np.moveaxis(array, -1, 1)) if array.ndim == 4 else array


def branches():
    """Samples, and a network with a shortcut and a concatenation."""
    inputs = layers.Input((6, 5, 3))
    x = layers.BatchNormalization()(layers.Conv2D(3, 3, padding="same")(inputs))
    x = layers.Concatenate()([layers.Add()([x, inputs]), inputs])
    outputs = layers.Dense(4)(layers.Flatten()(x))
    x = np.random.default_rng(0).normal(size=(4, 6, 5, 3))
    return x, Model(inputs, outputs, seed=0, engine="reference")


def test_julia_loads_a_network_with_branches(outputs_in_julia):
    x, made = branches()
    wanted = made.predict(x.astype(np.float32))
    close(outputs_in_julia["branches"].reshape(wanted.shape), wanted)


@each_example
def test_julia_loads_the_saved_file(name, outputs_in_julia):
    example = EXAMPLES[name]
    wanted = image_axes(model(example).predict(example.samples().astype(np.float32)))
    close(outputs_in_julia[name].reshape(wanted.shape), wanted)


# ── Keras ────────────────────────────────────────────────────────────────────────────────────────────────


@functools.cache
def beside_keras():
    """What differs from Keras, for each example: see ``keras_layers.py``."""
    return ask_keras("tests.keras_layers", "differences")


@each_example
def test_a_layer_is_keras_s(name):
    differences = beside_keras()[name]
    if ("Keras", name) in MISSING:
        assert any(isinstance(d, str) or d > 1e-3 for d in differences.values())
    else:
        assert {what: d for what, d in differences.items() if isinstance(d, str) or d > 1e-4} == {}


# ── Files and other libraries ────────────────────────────────────────────────────────────────────────────


@each_example
def test_onnx_computes_the_same(name, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    example = EXAMPLES[name]
    made, x = model(example), example.samples().astype(np.float32)
    export_onnx(made, tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    got, wanted = session.run(["output"], {"input": x})[0], made.predict(x)
    np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=1e-5 * max(np.abs(wanted).max(), 1))


@each_example
def test_weights_go_to_pytorch_and_back(name):
    example = EXAMPLES[name]
    first = model(example)
    if ("PyTorch", name) in MISSING:
        with pytest.raises(ValueError, match=type(example.layer()).__name__):
            to_torch(first)
        return
    again = Sequential([layers.Input(example.shape), example.layer()], engine="reference", seed=1)
    from_torch(again, to_torch(first))
    for got, wanted in zip(again.get_weights(), first.get_weights(), strict=True):
        np.testing.assert_array_equal(got, wanted)
