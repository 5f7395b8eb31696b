"""A layer has its weights once, however many models it is in."""

import copy
import pickle

import numpy as np
import pytest

from pyflux import Sequential, layers, models, optimizers
from pyflux.callbacks import EarlyStopping, LambdaCallback


def dense_model(engine, seed=0, name="sequential"):
    return Sequential(
        [
            layers.Dense(8, activation="relu", input_shape=(5,)),
            layers.Dense(3, activation="softmax"),
        ],
        name=name,
        seed=seed,
        engine=engine,
    )


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 5)).astype(np.float32)
    return x, (x[:, 0] > 0).astype(int) + (x[:, 1] > 0)


def assert_same(a, b):
    for one, other in zip(a, b, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_layers_of_a_trained_model_bring_their_weights(engine, rows):
    model = dense_model(engine)
    model.compile(optimizers.SGD(0.1))
    model.fit(*rows, verbose=0)
    features = Sequential(model.layers[:-1], engine=engine, seed=7)
    assert_same(features.get_weights(), model.get_weights()[:2])
    kernel, bias = model.get_weights()[:2]
    expected = np.maximum(rows[0] @ kernel + bias, 0)
    np.testing.assert_allclose(features.predict(rows[0]), expected, rtol=1e-5, atol=1e-6)


def test_models_with_the_same_layers_see_each_other_s_training(engine, rows):
    model = dense_model(engine)
    features = Sequential(model.layers[:-1], engine=engine)
    before = features.predict(rows[0])
    model.compile(optimizers.SGD(0.5))
    model.fit(*rows, epochs=2, verbose=0)
    after = features.predict(rows[0])
    assert not np.allclose(before, after)
    assert_same(features.get_weights(), model.get_weights()[:2])
    features.set_weights([np.zeros((5, 8)), np.ones(8)])
    assert_same(model.get_weights()[:2], [np.zeros((5, 8)), np.ones(8)])
    probabilities = model.predict(rows[0])
    np.testing.assert_allclose(probabilities, np.broadcast_to(probabilities[0], (40, 3)), rtol=1e-6)


def test_layers_hand_out_and_take_their_own_weights(engine, rows):
    model = dense_model(engine)
    first = model.layers[0]
    assert [w.shape for w in first.get_weights()] == [(5, 8), (8,)]
    first.set_weights([np.zeros((5, 8)), np.zeros(8)])
    assert_same(model.get_weights()[:2], [np.zeros((5, 8)), np.zeros(8)])
    with pytest.raises(ValueError, match=r"kernel.*\(5, 8\).*\(2, 2\)"):
        first.set_weights([np.zeros((2, 2)), np.zeros(8)])


def test_an_inner_model_has_the_weights_of_the_outer_one(engine, rows):
    encoder = Sequential([layers.Dense(4, activation="tanh", input_shape=(5,))], engine=engine, seed=1)
    model = Sequential([encoder, layers.Dense(3, activation="softmax")], engine=engine, seed=2)
    assert_same(model.get_weights()[:2], encoder.get_weights())
    model.compile(optimizers.SGD(0.5))
    seen = {}
    keep = LambdaCallback(on_epoch_end=lambda epoch, logs: seen.update({epoch: encoder.get_weights()}))
    stop = EarlyStopping(
        "loss", mode="max", patience=1, restore_best_weights=True
    )  # the first epoch is the best
    model.fit(*rows, epochs=4, verbose=0, callbacks=[keep, stop])
    assert len(seen) == 2
    assert not np.array_equal(seen[0][0], seen[1][0])
    assert_same(encoder.get_weights(), seen[0])
    assert_same(model.get_weights()[:2], seen[0])


def test_two_models_of_the_same_name_in_one(engine, rows):
    encoder = Sequential([layers.Dense(4, activation="tanh", input_shape=(5,))], engine=engine)
    decoder = Sequential([layers.Dense(5, input_shape=(4,))], engine=engine)
    autoencoder = Sequential([encoder, decoder], engine=engine)
    assert autoencoder.architecture.names == ("sequential/dense", "sequential_1/dense")
    autoencoder.compile("adam", "mse")
    history = autoencoder.fit(rows[0], rows[0], epochs=30, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]


def test_a_layer_cannot_have_weights_of_two_shapes():
    shared = layers.Dense(4)
    Sequential([layers.Input((5,)), shared])
    with pytest.raises(ValueError, match=r"dense.*\(5, 4\).*\(6, 4\)"):
        Sequential([layers.Input((6,)), shared])


def test_a_layer_cannot_be_in_one_model_twice():
    shared = layers.Dense(5, input_shape=(5,))
    with pytest.raises(ValueError, match="twice"):
        Sequential([shared, shared])


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copy_is_a_model_of_its_own(engine, rows, copied):
    model = dense_model(engine)
    fresh = copied(model)
    assert_same(fresh.get_weights(), model.get_weights())
    model.compile(optimizers.Adam(0.01), metrics=["accuracy"])
    model.fit(*rows, epochs=2, verbose=0)
    again = copied(model)
    np.testing.assert_array_equal(again.predict(rows[0]), model.predict(rows[0]))
    histories = [m.fit(*rows, epochs=2, verbose=0).history for m in (model, again)]
    assert histories[0] == histories[1]  # the optimizer's state went along
    before = model.get_weights()
    again.set_weights([np.zeros_like(w) for w in before])
    assert_same(model.get_weights(), before)


def test_a_model_unfrozen_after_a_fit_is_saved_without_the_optimizer(engine, rows, tmp_path):
    model = dense_model(engine)
    model.layers[0].trainable = False
    model.compile(optimizers.Adam(0.01))
    model.fit(*rows, verbose=0)
    model.layers[0].trainable = True
    with pytest.raises(ValueError, match="trainable.*dense/kernel"):
        model.fit(*rows, verbose=0)
    model.save(tmp_path / "model.safetensors")
    again = models.load(tmp_path / "model.safetensors", engine=engine)
    assert_same(again.get_weights(), model.get_weights())
    again.compile(optimizers.Adam(0.01))
    again.fit(*rows, verbose=0)
    assert not np.array_equal(again.get_weights()[0], model.get_weights()[0])


def test_a_clone_has_the_same_layers_and_new_weights(engine):
    model = dense_model(engine, seed=0)
    clone = models.clone_model(model)
    assert clone.get_config() == model.get_config()
    assert not np.array_equal(clone.get_weights()[0], model.get_weights()[0])


def test_a_layer_can_be_taken_off(engine, rows):
    model = dense_model(engine)
    kernel = model.get_weights()[0]
    last = model.pop()
    assert last.units == 3
    assert model.output_shape == (None, 8)
    np.testing.assert_allclose(model.predict(rows[0]), np.maximum(rows[0] @ kernel, 0), rtol=1e-5, atol=1e-6)
    model.add(layers.Dense(2, activation="softmax"))
    assert model.predict(rows[0]).shape == (40, 2)


def test_a_network_is_built_for_the_first_samples(engine, rows):
    model = Sequential(
        [layers.Dense(8, activation="relu"), layers.Dense(3, activation="softmax")], engine=engine, seed=0
    )
    model.compile("adam", metrics=["accuracy"])
    assert list(model.fit(*rows, verbose=0).history) == ["loss", "accuracy"]
    assert model.input_shape == (None, 5)
    images = Sequential([layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(2)], engine=engine)
    assert images.predict(np.zeros((4, 6, 6), np.uint8)).shape == (4, 2)


def test_the_description_as_json_makes_the_network_again():
    model = dense_model("reference")
    again = Sequential.from_config(model.get_config(), engine="reference", seed=0)
    assert_same(again.get_weights(), model.get_weights())
    assert '"class_name": "Sequential"' in model.to_json()
