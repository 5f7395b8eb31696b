"""Networks with branches: described by calls, computed, saved and exported."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pyflux import (
    Input,
    Model,
    Sequential,
    export_onnx,
    layers,
    load,
    losses,
    optimizers,
)
from pyflux.engines import Data, build
from pyflux.models import Functional, clone_model


def network(seed=0, engine="reference", **options):
    """A network with a projected shortcut, a concatenation, and a gate with a branch of rows."""
    inputs = Input((8, 8, 3))
    x = layers.Conv2D(6, 3, padding="same", name="first")(inputs)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Add()([x, layers.Conv2D(6, 1)(inputs)])
    x = layers.Concatenate()([x, layers.Conv2D(4, 3, padding="same", activation="relu")(x)])
    gate = layers.Dense(10, activation="sigmoid")(layers.GlobalAveragePooling2D()(x))
    x = layers.Multiply()([x, layers.Reshape((1, 1, 10))(gate)])
    x = layers.Flatten()(layers.MaxPooling2D()(x))
    return Model(inputs, layers.Dense(5, activation="softmax")(x), seed=seed, engine=engine, **options)


def samples(n=12, shape=(8, 8, 3), classes=5):
    rng = np.random.default_rng(1)
    return rng.normal(size=(n, *shape)).astype(np.float32), rng.integers(0, classes, n)


# ── Description ──────────────────────────────────────────────────────────────────────────────────────────


def test_model_makes_a_functional_of_inputs_and_outputs():
    model = network()
    assert isinstance(model, Functional)
    assert (model.input_shape, model.output_shape) == ((None, 8, 8, 3), (None, 5))
    assert [type(layer).__name__ for layer in model.layers][:5] == [
        "Conv2D", "BatchNormalization", "ReLU", "Conv2D", "Add",
    ]  # fmt: skip
    assert model.get_layer("first").filters == 6


def test_layers_stand_branch_by_branch_and_know_their_inputs():
    nodes = network().architecture.nodes
    add = next(i for i, node in enumerate(nodes) if node.name == "add")
    assert [nodes[i].name for i in nodes[add].inputs] == ["re_lu", "conv2d"]
    assert nodes[3].inputs == (-1,)
    assert nodes[add].input_shapes == ((8, 8, 6), (8, 8, 6))


def test_cuts_are_where_a_single_value_crosses():
    names = [node.name for node in network().architecture.nodes]
    cuts = network().architecture.cuts
    assert [names[i - 1] for i in cuts[1:]] == [
        "add", "concatenate", "multiply", "max_pooling2d", "flatten", "dense_1",
    ]  # fmt: skip


def test_a_row_of_calls_is_a_chain():
    inputs = Input((4,))
    model = Model(inputs, layers.Dense(2)(layers.Dense(3)(inputs)))
    assert model.architecture.is_chain
    assert model.architecture == Sequential([inputs, *model.layers]).architecture


def test_the_summary_says_what_is_connected():
    lines = []
    network().summary(print_fn=lines.append)
    (table,) = lines
    assert "Connected to" in table
    row = next(line for line in table.splitlines() if line.startswith("│ add "))
    assert "re_lu, conv2d" in row


def test_several_inputs_or_outputs_are_refused():
    a, b = Input((4,)), Input((4,))
    x = layers.Add()([layers.Dense(2)(a), layers.Dense(2)(b)])
    with pytest.raises(ValueError, match="inputs .*2"):
        Model([a, b], x)
    with pytest.raises(ValueError, match=r"another input .*\(None, 4\)"):
        Model(a, x)
    with pytest.raises(TypeError, match="outputs must be .*got 3"):
        Model(a, 3)


def test_a_layer_that_is_called_twice_has_its_weights_once():
    inputs = Input((4,))
    dense = layers.Dense(4)
    model = Model(inputs, dense(dense(inputs)), engine="reference")
    assert model.architecture.names == ("dense", "dense/call_1")
    assert model.count_params() == 20
    x, _ = samples(3, (4,))
    kernel, bias = model.get_weights()
    np.testing.assert_allclose(model.predict(x), (x @ kernel + bias) @ kernel + bias, rtol=1e-5, atol=1e-6)


def test_no_cut_lies_between_two_calls_of_a_layer():
    inputs = Input((4,))
    dense, last = layers.Dense(4), layers.Dense(2)
    model = Model(inputs, last(dense(layers.ReLU()(dense(layers.ReLU()(inputs))))))
    assert model.architecture.cuts == (0, 1, 4, 5)
    model.layers[0].trainable = last.trainable = True
    dense.trainable = False
    assert model.architecture.frozen == 4


def test_a_shared_layer_needs_one_shape_and_a_head_of_its_own():
    inputs = Input((4,))
    dense = layers.Dense(3, activation="softmax")
    with pytest.raises(ValueError, match=r"'dense'.*\(4,\).*\(3,\)"):
        Model(inputs, dense(dense(inputs)))
    square = layers.Dense(4, activation="softmax")
    model = Model(inputs, square(square(inputs)), engine="reference")
    with pytest.raises(ValueError, match="'dense/call_1'.*softmax"):
        model.compile()
    stack = Sequential([inputs, square])
    with pytest.raises(ValueError, match="'dense'.*twice"):
        stack.add(square)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda a, b: layers.Add()([a, b]), r"Add.*\(4,\).*\(3,\)"),
        (lambda a, b: layers.Add()(a), "Add.*two inputs or more, got 1"),
        (lambda a, b: layers.Subtract()([a, a, a]), "Subtract.*two inputs, got 3"),
        (lambda a, b: layers.Dense(2)([a, b]), "Dense.*one input, got 2"),
        (lambda a, b: layers.Concatenate(axis=2)([a, b]), "axis 2"),
        (lambda a, b: Sequential([Input((4,)), layers.Add()]), "'add'.*list of tensors"),
    ],
)
def test_what_does_not_fit_is_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make(Input((4,)), layers.Dense(3)(Input((4,))))


# ── Models within models ─────────────────────────────────────────────────────────────────────────────────


def test_a_model_is_called_like_a_layer_and_shares_its_weights():
    base = Sequential([layers.Conv2D(4, 3, padding="same", input_shape=(8, 8, 3))], name="base", seed=1)
    inputs = Input((8, 8, 3))
    x = layers.Concatenate()([base(inputs), inputs])
    model = Model(inputs, layers.GlobalMaxPooling2D()(x), engine="reference")
    assert model.architecture.names[0] == "base/conv2d"
    np.testing.assert_array_equal(model.get_weights()[0], base.get_weights()[0])
    base.set_weights([np.zeros((3, 3, 3, 4)), np.arange(4)])
    x, _ = samples()
    expected = np.concatenate([np.tile(np.arange(4), (12, 1)), x.max(axis=(1, 2))], axis=1)
    np.testing.assert_allclose(model.predict(x), expected, rtol=1e-6)


def test_a_network_with_branches_is_a_layer_of_a_stack():
    inner = network(name="inner")
    model = Sequential([inner, layers.Dense(2)], engine="reference", seed=0)
    assert model.architecture.names[-1] == "dense"
    assert model.architecture.names[0] == "inner/first"
    x, _ = samples()
    weights, bias = model.layers[-1].get_weights()
    np.testing.assert_allclose(model.predict(x), inner.predict(x) @ weights + bias, rtol=1e-5, atol=1e-6)
    model.pop()
    assert model.output_shape == (None, 5)


# ── Computation ──────────────────────────────────────────────────────────────────────────────────────────


def merged(layer, gate_shape=(6, 5, 3)):
    """A network whose branches meet in one layer."""
    inputs = Input((6, 5, 3))
    branches = [
        layers.Conv2D(3, 3, padding="same", activation="tanh")(inputs),
        layers.Conv2D(3, 1)(inputs),
    ]
    if gate_shape != (6, 5, 3):
        branches[1] = layers.Reshape(gate_shape)(layers.GlobalAveragePooling2D()(branches[1]))
    x = layer(branches)
    return Model(inputs, layers.Dense(3, activation="softmax")(layers.Flatten()(x)), seed=0)


def siamese():
    """A tower of two layers that is called on the image and on what a convolution makes of it."""
    tower = Sequential(
        [
            layers.Conv2D(4, 3, activation="relu", input_shape=(6, 5, 3)),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.Flatten(),
        ],
        name="tower",
    )
    inputs = Input((6, 5, 3))
    mixed = layers.Conv2D(3, 3, padding="same", activation="tanh")(inputs)
    dense = layers.Dense(4, activation="tanh")
    apart = layers.Subtract()([dense(tower(inputs)), dense(tower(mixed))])
    return Model(inputs, layers.Dense(3, activation="softmax")(dense(layers.Dense(8)(apart))), seed=0)


MERGES = {
    "shared layers": siamese,
    "Add": lambda: merged(layers.Add()),
    "Subtract": lambda: merged(layers.Subtract()),
    "Multiply": lambda: merged(layers.Multiply()),
    "Average": lambda: merged(layers.Average()),
    "Maximum": lambda: merged(layers.Maximum()),
    "Minimum": lambda: merged(layers.Minimum()),
    "Concatenate": lambda: merged(layers.Concatenate()),
    "Concatenate rows": lambda: merged(layers.Concatenate(axis=1)),
    "Concatenate columns": lambda: merged(layers.Concatenate(axis=-2)),
    "Add one pixel": lambda: merged(layers.Add(), (1, 1, 3)),
    "Multiply one pixel": lambda: merged(layers.Multiply(), (1, 1, 3)),
    "Maximum one pixel": lambda: merged(layers.Maximum(), (1, 1, 3)),
    "branches within branches": network,
}
each_merge = pytest.mark.parametrize("name", MERGES)


def data(model, n=7):
    x, labels = samples(n, model.input_shape[1:], model.output_shape[1])
    return Data(x, labels.astype(np.int32))


def in_engine(model, engine, dtype=np.float32):
    weights = [w.astype(dtype) for w in model.get_weights()]
    made = build(engine, model.architecture, weights, seed=3)
    made.compile(optimizers.SGD(), losses.SparseCategoricalCrossentropy())
    return made


def test_every_merging_layer_is_tried():
    assert {name.split()[0] for name in MERGES} >= set(layers.MERGING)


@each_merge
def test_the_reference_s_gradients_are_those_of_finite_differences(name):
    model = MERGES[name]()
    given, made = data(model, 3), in_engine(model, "reference", np.float64)
    _, gradients = made.gradients(given)
    rng, step = np.random.default_rng(2), 1e-6
    trained = [i for i, yes in enumerate(model.architecture.trainable) if yes]
    for i, gradient in zip(trained, gradients, strict=True):
        for flat in rng.choice(gradient.size, min(gradient.size, 4), replace=False):
            found = []
            for sign in (1, -1):
                weights = made.weights()
                weights[i].flat[flat] += sign * step
                other = build("reference", model.architecture, weights, seed=3)
                other.compile(optimizers.SGD(), losses.SparseCategoricalCrossentropy())
                found.append(other.gradients(given)[0])
            assert gradient.flat[flat] == pytest.approx(
                (found[0] - found[1]) / (2 * step), rel=1e-5, abs=1e-8
            )


@each_merge
@pytest.mark.parametrize("fast", [True, False])
def test_flux_computes_the_same(name, fast, julia):
    model = MERGES[name]()
    given = data(model)
    (flux, reference) = (in_engine(model, engine) for engine in ("flux", "reference"))
    flux.compile(optimizers.SGD(), losses.SparseCategoricalCrossentropy(), fast)
    np.testing.assert_allclose(flux.predict(given.images, 3), reference.predict(given.images, 3), atol=1e-5)
    (loss, gradients), (expected_loss, expected) = flux.gradients(given), reference.gradients(given)
    assert loss == pytest.approx(expected_loss, rel=1e-5)
    largest = max(np.abs(g).max() for g in expected)
    for got, wanted in zip(gradients, expected, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=1e-4 * largest)


def test_both_engines_train_alike(julia):
    found = []
    for engine in ("flux", "reference"):
        model = network(engine=engine)
        model.compile("adam", metrics=["accuracy"])
        found.append(model.fit(*samples(), epochs=3, batch_size=5, verbose=0).history["loss"])
    np.testing.assert_allclose(found[0], found[1], rtol=1e-4)
    assert found[0][-1] < found[0][0]


def test_dropout_within_a_branch_is_the_same_in_both_engines(julia):
    inputs = Input((4, 4, 2))
    x = layers.Dropout(0.5)(layers.Conv2D(2, 3, padding="same")(inputs))
    x = layers.Dropout(0.5)(layers.Add()([x, inputs]))
    model = Model(inputs, layers.Dense(3, activation="softmax")(layers.Flatten()(x)), seed=0)
    losses_ = [in_engine(model, engine).gradients(data(model))[0] for engine in ("flux", "reference")]
    assert losses_[0] == pytest.approx(losses_[1], rel=1e-5)


def test_five_steps_are_those_of_pytorch(tmp_path):
    if importlib.util.find_spec("torch") is None:
        pytest.skip("torch is not installed")
    x, y = samples()
    inputs = Input((8, 8, 3))
    a = layers.Conv2D(3, 3, padding="same", activation="relu", name="a")(inputs)
    b = layers.Concatenate()([layers.Add()([a, inputs]), a])
    outputs = layers.Dense(5, activation="softmax", name="d")(layers.GlobalAveragePooling2D()(b))
    model = Model(inputs, outputs, seed=0, engine="reference")
    weights = {f"w{i}": w for i, w in enumerate(model.get_weights())}
    np.savez(tmp_path / "job.npz", x=x, y=y, **weights)
    worker = Path(__file__).with_name("torch_steps.py")
    command = [sys.executable, worker, tmp_path / "job.npz", tmp_path / "done.npz"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    model.compile(optimizers.SGD(0.1))
    model.fit(x, y, batch_size=12, epochs=5, verbose=0)
    with np.load(tmp_path / "done.npz") as expected:
        for i, got in enumerate(model.get_weights()):
            np.testing.assert_allclose(got, expected[f"w{i}"], atol=1e-5)


def test_frozen_branches_are_computed_once(engine):
    model = network(engine=engine)
    for layer in model.layers[:5]:
        layer.trainable = False
    assert model.architecture.frozen == 5
    model.layers[3].trainable = True  # one of two branches: both count as trained
    assert model.architecture.frozen == 0
    model.layers[3].trainable = False
    before = model.get_weights()
    model.compile("adam")
    history = model.fit(*samples(), epochs=2, verbose=0)
    changed = [not np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True)]
    assert changed == [False] * 8 + [True] * 6
    assert np.isfinite(history.history["loss"]).all()


# ── Files ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_saved_model_comes_back_and_goes_on(engine, tmp_path):
    x, y = samples()
    model = network(engine=engine)
    model.compile("adam")
    model.fit(x, y, verbose=0)
    model.save(tmp_path / "model.safetensors")
    again = load(tmp_path / "model.safetensors", engine=engine)
    assert isinstance(again, Functional)
    assert again.architecture.config() == model.architecture.config()
    np.testing.assert_array_equal(again.predict(x), model.predict(x))
    losses_ = [m.fit(x, y, epochs=2, initial_epoch=1, verbose=0).history["loss"] for m in (model, again)]
    assert losses_[0] == losses_[1]


def test_a_description_is_plain_data():
    config = json.loads(json.dumps(network().get_config()))
    assert config["layers"][4]["inputs"] == ["re_lu", "conv2d"]
    assert Functional.from_config(config).architecture.config() == network().architecture.config()
    assert isinstance(Model.from_config(config), Functional)
    assert clone_model(network()).count_params() == network().count_params()


def test_a_saved_model_shares_as_before(engine, tmp_path):
    x, y = samples(12, (6, 5, 3), 3)
    model = clone_model(siamese())
    model.compile("adam", engine=engine)
    model.fit(x, y, verbose=0)
    model.save(tmp_path / "model.safetensors")
    again = load(tmp_path / "model.safetensors", engine=engine)
    assert again.count_params() == model.count_params()
    assert again.architecture.config() == model.architecture.config()
    losses_ = [m.fit(x, y, epochs=2, initial_epoch=1, verbose=0).history["loss"] for m in (model, again)]
    assert losses_[0] == losses_[1]


@pytest.mark.parametrize("shares", ["nowhere", "dense_1", 3])
def test_a_description_that_shares_with_nothing_is_refused(shares):
    config = siamese().get_config()
    entry = next(entry for entry in config["layers"] if "shares" in entry)
    entry["shares"] = shares
    with pytest.raises(ValueError, match=f"{entry['name']!r}.*shares"):
        Functional.from_config(config)


@pytest.mark.parametrize("inputs", [[], ["nowhere"], ["dense_1"], [3], "first"])
def test_a_description_with_wrong_inputs_is_refused(inputs):
    config = network().get_config()
    config["layers"][4]["inputs"] = inputs
    with pytest.raises(ValueError, match="'add'"):
        Functional.from_config(config)


def test_a_description_with_an_output_that_nothing_takes_is_refused():
    config = network().get_config()
    config["layers"][4]["inputs"] = ["conv2d", "conv2d"]
    with pytest.raises(ValueError, match="'re_lu'"):
        Functional.from_config(config)


def test_onnx_computes_the_same(tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    for name, make in MERGES.items():
        model = make()
        model = Functional.from_config(model.get_config(), engine="reference", seed=0)
        export_onnx(model, tmp_path / "model.onnx")
        x = data(model).images
        (got,) = onnxruntime.InferenceSession(tmp_path / "model.onnx").run(["output"], {"input": x})
        np.testing.assert_allclose(got, model.predict(x), atol=1e-5, err_msg=name)


# ── Layers called on arrays ──────────────────────────────────────────────────────────────────────────────


def test_a_layer_computes_arrays_at_once():
    x = np.arange(6, dtype=np.uint8).reshape(1, 2, 3)
    np.testing.assert_allclose(layers.Rescaling(1 / 2, offset=1)(x), x / 2 + 1)
    np.testing.assert_array_equal(layers.Flatten()(x), x.reshape(1, 6))
    np.testing.assert_array_equal(layers.Add()([x, x]), 2.0 * x)
    assert layers.MaxPooling2D()(np.zeros((2, 4, 4, 3))).shape == (2, 2, 2, 3)


def test_a_layer_keeps_the_weights_of_its_first_call():
    dense = layers.Dense(3)
    x, _ = samples(4, (5,))
    first = dense(x)
    kernel, bias = dense.get_weights()
    np.testing.assert_allclose(first, x @ kernel + bias, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(dense(x), first)
    np.testing.assert_allclose(Sequential([dense], engine="reference").predict(x), first, rtol=1e-6)


def test_called_alone_augmentation_works_and_dropout_does_not():
    x, _ = samples(4, (6, 6, 1))
    assert not np.allclose(layers.RandomFlip(seed=1)(np.tile(x, (8, 1, 1, 1))), np.tile(x, (8, 1, 1, 1)))
    np.testing.assert_array_equal(layers.Dropout(0.5)(x), x)


@pytest.mark.parametrize(
    ("inputs", "error", "words"),
    [
        (np.zeros(3), ValueError, "inputs"),
        ("text", TypeError, "inputs"),
        ([Input((3,)), np.zeros((2, 3))], TypeError, "tensors.*ndarray"),
    ],
)
def test_what_is_no_input_is_refused(inputs, error, words):
    with pytest.raises(error, match=words):
        layers.Dense(2)(inputs)


def test_a_tensor_has_no_values():
    with pytest.raises(TypeError, match="KerasTensor"):
        np.asarray(layers.Dense(2)(Input((3,))))
