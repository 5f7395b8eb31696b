"""Flux against the reference: the same weights and data must give the same numbers."""

import numpy as np
import pytest

from pyflux import Sequential, layers, losses, networks, optimizers
from pyflux.architecture import Architecture
from pyflux.engines import Data, build
from pyflux.errors import EngineError

pytestmark = pytest.mark.usefixtures("julia")


def unequal():
    """A small network for images of unequal height and width, with unequal kernels, strides and windows."""
    return Sequential(
        [
            layers.Conv2D(
                5, (3, 2), activation="tanh", padding="same", strides=(1, 2), input_shape=(13, 10, 3)
            ),
            layers.MaxPooling2D((3, 2), strides=(2, 1)),
            layers.Conv2D(6, (2, 3), activation="sigmoid", use_bias=False),
            layers.MaxPooling2D((2, 1), padding="same"),
            layers.Flatten(),
            layers.Dense(8, activation="relu"),
            layers.Dense(4, activation="softmax"),
        ],
        name="unequal",
    )


NETWORKS = [networks.flux_mnist(), unequal()]


def ids(model):
    return model.name


def pair(model, seed=0, learning_rate=0.001):
    """The network in both engines, with biases that are not zero."""
    architecture = Architecture(model.layers, model.input_shape[1:])
    rng = np.random.default_rng(seed)
    given = [
        w + rng.normal(0, 0.1, w.shape).astype(np.float32) * (w.ndim == 1)
        for w in architecture.initial_weights(seed)
    ]
    both = [build(engine, architecture, given) for engine in ("flux", "reference")]
    for network in both:
        network.compile(optimizers.Adam(learning_rate), losses.SparseCategoricalCrossentropy())
    return both


def batch(model, n=64, seed=1):
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (n, *model.input_shape[1:]), dtype=np.uint8)
    return Data(images, rng.integers(0, model.output_shape[1], n).astype(np.int32))


@pytest.mark.parametrize("model", NETWORKS, ids=ids)
def test_logits_agree(model):
    architecture = Architecture(model.layers, model.input_shape[1:]).without("softmax")
    given = architecture.initial_weights(0)
    f, r = (build(engine, architecture, given) for engine in ("flux", "reference"))
    images = batch(model).images
    np.testing.assert_allclose(f.predict(images, 50), r.predict(images, 50), rtol=0, atol=1e-5)


@pytest.mark.parametrize("model", NETWORKS, ids=ids)
def test_probabilities_agree(model):
    f, r = pair(model)
    images = batch(model).images
    np.testing.assert_allclose(f.predict(images, 50), r.predict(images, 50), rtol=0, atol=1e-6)


@pytest.mark.parametrize("model", NETWORKS, ids=ids)
def test_loss_and_gradients_agree(model):
    f, r = pair(model)
    data = batch(model)
    (f_loss, f_grads), (r_loss, r_grads) = f.gradients(data), r.gradients(data)
    assert f_loss == pytest.approx(r_loss, rel=1e-5)
    for got, expected in zip(f_grads, r_grads, strict=True):
        assert got.shape == expected.shape
        assert np.linalg.norm(got - expected) <= 1e-4 * np.linalg.norm(expected)
        np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize("model", NETWORKS, ids=ids)
def test_weights_after_20_steps_agree(model):
    f, r = pair(model)
    data = batch(model, n=20 * 16)
    order = np.random.default_rng(2).permutation(320)
    seen = [network.train(data, order, 16, [0.001] * 20) for network in (f, r)]
    assert seen[0].loss == pytest.approx(seen[1].loss, rel=1e-5)
    np.testing.assert_allclose(seen[0].outputs, seen[1].outputs, atol=1e-4)
    # 20 steps of 0.001 take a weight 0.02 at most; rounding counts where gradients are next to 0.
    for got, expected in zip(f.weights(), r.weights(), strict=True):
        np.testing.assert_allclose(got, expected, rtol=0, atol=0.02 / 40)
    f_state, r_state = f.optimizer_state(), r.optimizer_state()
    assert f_state.iterations == r_state.iterations == 20
    assert set(f_state.slots) == set(r_state.slots) == {"momentum", "velocity"}
    for name in f_state.slots:
        for got, expected in zip(f_state.slots[name], r_state.slots[name], strict=True):
            assert np.linalg.norm(got - expected) <= 0.02 * np.linalg.norm(expected)


def test_evaluation_agrees():
    f, r = pair(unequal())
    data = batch(unequal(), n=70)
    got, expected = f.evaluate(data, 32), r.evaluate(data, 32)
    assert got.loss == pytest.approx(expected.loss, rel=1e-5)
    np.testing.assert_allclose(got.outputs, expected.outputs, atol=1e-5)


def test_a_kernel_is_not_flipped():
    # The kernel picks the pixel at its top right: the output is the image, moved.
    kernel = np.zeros((2, 3, 1, 1), np.float32)
    kernel[0, 2] = 1
    architecture = Architecture((layers.Conv2D(1, (2, 3), use_bias=False),), (4, 5, 1))
    image = np.arange(20, dtype=np.float32).reshape(1, 4, 5, 1)
    for engine in ("flux", "reference"):
        moved = build(engine, architecture, [kernel]).predict(image, 1)
        np.testing.assert_array_equal(moved, image[:, :3, 2:])


def test_near_ties_in_pooling_go_to_the_largest():
    # Two values a part in ten thousand apart: a comparison with a tolerance would take the first.
    architecture = Architecture(
        (layers.Conv2D(1, 1), layers.MaxPooling2D(), layers.Flatten(), layers.Dense(2, activation="softmax")),
        (2, 2, 1),
    )
    given = [np.ones((1, 1, 1, 1)), np.zeros(1), np.array([[1.0, -1.0]]), np.zeros(2)]
    image = np.array([1, 1.0001, 0, 0], np.float32).reshape(1, 2, 2, 1)
    grads = []
    for engine in ("flux", "reference"):
        network = build(engine, architecture, [w.astype(np.float32) for w in given])
        network.compile(optimizers.Adam(), losses.SparseCategoricalCrossentropy())
        grads.append(network.gradients(Data(image, np.array([1], np.int32)))[1][0].item())
    assert grads[0] == pytest.approx(grads[1], rel=1e-6)


def test_arrays_cross_without_a_copy():
    # What changes in Python after it was lent has changed in Julia.
    f, _ = pair(unequal())
    data, other = batch(unequal(), n=4), batch(unequal(), n=4, seed=2)
    losses = [f.evaluate(each, 4).loss for each in (data, other)]
    f.release()
    f.evaluate(data, 4)
    data.images[:] = other.images
    assert losses[0] != losses[1]
    assert f.evaluate(data, 4).outputs.tolist() == f.evaluate(other, 4).outputs.tolist()


def test_an_error_of_julia_says_what_was_being_done_and_has_julia_s_stack_as_its_cause():
    f, _ = pair(unequal())
    data = batch(unequal(), n=4)
    with pytest.raises(EngineError, match=r"training: .*4.*3") as caught:
        f.train(data._replace(targets=data.targets[:3]), np.arange(4), 2, [0.1] * 2)
    cause = caught.value.__cause__
    assert type(cause).__module__ == "juliacall"
    assert "Stacktrace" in str(cause)
    assert f.predict(data.images, 4).shape == (4, 4)


def test_an_interrupted_training_has_counted_its_steps():
    f, _ = pair(unequal())
    data = batch(unequal(), n=16 * 4)
    f.train(data, np.arange(64), 16, [0.001] * 4)
    assert f.steps == 4
    with pytest.raises(EngineError):  # there are rates for two steps only
        f.train(data, np.arange(64), 16, [0.001] * 2)
    assert f.steps == 6


def test_a_network_is_a_flux_chain_in_julia():
    from juliacall import Main

    f, _ = pair(unequal())
    assert Main.seval("m -> m isa Main.PyFlux.Flux.Chain")(f.model)


def test_a_chain_of_julia_s_becomes_a_model_that_trains():
    from juliacall import Main

    f, r = pair(unequal())
    data = batch(unequal(), n=32)
    model = Sequential.from_julia(f.model, (13, 10, 3), seed=0, engine="reference")
    assert [type(layer).__name__ for layer in model.layers][:3] == ["Conv2D", "MaxPooling2D", "Conv2D"]
    np.testing.assert_allclose(model.predict(data.images), r.predict(data.images, 32), atol=1e-6)
    made = Main.seval("f -> f.Chain(f.Dense(4 => 3, tanh), f.Dense(3 => 2), f.softmax)")(Main.PyFlux.Flux)
    model = Sequential.from_julia(made, (4,), seed=0)
    x = np.eye(4, dtype=np.float32)
    before = model.predict(x)
    model.compile("adam")
    model.fit(x, [0, 1, 0, 1], epochs=3, verbose=0)
    assert before.shape == (4, 2)
    assert not np.array_equal(model.predict(x), before)


def test_a_chain_that_keras_has_no_word_for_is_an_error_that_names_the_layer():
    from juliacall import Main

    chain = Main.seval("f -> f.Chain(f.Dense(4 => 3), f.LayerNorm(3))")(Main.PyFlux.Flux)
    with pytest.raises(EngineError, match="LayerNorm"):
        Sequential.from_julia(chain, (4,))
