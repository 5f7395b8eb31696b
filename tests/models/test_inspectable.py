"""What a network computes inside: outputs of its layers, and gradients."""

import numpy as np
import pytest

from pyflux import Input, Model, Sequential, layers
from pyflux.engines import Data
from pyflux.models import parts


@pytest.fixture
def branched(engine):
    """A network with a branch, whose layers are known by name."""
    inputs = Input((5, 4, 2))
    stem = layers.Conv2D(3, 2, activation="relu", name="stem")(inputs)
    left = layers.Conv2D(3, 1, name="left")(stem)
    joined = layers.Add(name="joined")([left, stem])
    outputs = layers.Dense(3, activation="softmax", name="head")(layers.Flatten(name="flat")(joined))
    return Model(inputs, outputs, seed=0, engine=engine)


X = np.random.default_rng(0).random((6, 5, 4, 2), dtype=np.float32)


def test_the_outputs_of_each_layer_are_those_that_the_next_computes_with(branched):
    stem, left, joined, flat, head = (
        branched.layer_outputs(X, name) for name in ("stem", "left", "joined", "flat", "head")
    )
    kernel, bias = branched.get_layer("left").get_weights()
    np.testing.assert_allclose(left, stem @ kernel[0, 0] + bias, atol=1e-5)
    np.testing.assert_allclose(joined, left + stem, atol=1e-5)
    np.testing.assert_array_equal(flat, joined.reshape(6, -1))
    np.testing.assert_allclose(head, branched.predict(X), atol=1e-6)
    np.testing.assert_array_equal(branched.layer_outputs(X, -1), head)


def test_the_samples_may_be_computed_in_batches(small, samples, engine):
    model = small(engine=engine)
    x, _ = samples()
    whole, parts_ = model.layer_outputs(x, "conv2d"), model.layer_outputs(x, 0, batch_size=7)
    assert whole.shape == (60, 4, 4, 4)
    np.testing.assert_allclose(whole, parts_, atol=1e-6)


def test_the_outputs_are_those_of_the_weights_of_now(small, samples, engine):
    model = small(engine=engine)
    model.compile("sgd")
    x, y = samples()
    before = model.layer_outputs(x, "conv2d")
    model.fit(x, y, verbose=0)
    after = model.layer_outputs(x, "conv2d")
    assert not np.allclose(before, after)
    kernel, bias = model.get_weights()[:2]
    patch = (x[0, 1:4, 2:4] / 255).astype(np.float32)
    expected = np.maximum((patch[..., None] * kernel).sum(axis=(0, 1, 2)) + bias, 0)
    np.testing.assert_allclose(after[0, 1, 2], expected, atol=1e-5)


def test_bytes_are_taken_as_the_whole_network_takes_them(engine):
    model = Sequential(
        [
            layers.ZeroPadding2D(1, input_shape=(4, 4, 1)),
            layers.Rescaling(1 / 255),
            layers.Flatten(),
            layers.Dense(2),
        ],
        engine=engine,
    )
    x = np.random.default_rng(0).integers(0, 256, (2, 4, 4, 1), dtype=np.uint8)
    np.testing.assert_array_equal(model.layer_outputs(x, 0)[:, 1:-1, 1:-1], x)
    np.testing.assert_allclose(model.layer_outputs(x, 1)[:, 1:-1, 1:-1], x / 255, rtol=1e-6)


def test_the_layers_before_and_after_one_make_the_whole(branched):
    architecture = branched.architecture
    for cut in (0, 2, 3):
        before, rest = parts.until(architecture, cut), parts.after(architecture, cut)
        assert before.names + rest.names == architecture.names
        assert (before.output_shape, rest.output_shape) == (rest.input_shape, (3,))


def test_a_layer_that_is_called_twice_has_an_output_for_each_call(engine):
    shared = layers.Dense(3, activation="tanh", name="shared")
    inputs = Input((3,))
    first = shared(inputs)
    joined = layers.Subtract()([first, shared(layers.Dense(3, name="between")(first))])
    model = Model(inputs, layers.Dense(2, activation="softmax")(joined), seed=0, engine=engine)
    x = X.reshape(-1, 3)[:5]
    kernel, bias = shared.get_weights()
    between = model.layer_outputs(x, "between")
    found = model.layer_outputs(x, "shared/call_1")
    np.testing.assert_allclose(found, np.tanh(between @ kernel + bias), rtol=1e-5, atol=1e-6)
    score = model.input_gradients(x, [1] * 5, of="score")
    step = 0.01 * score / np.abs(score).max()
    logits = [np.log(model.predict(each).astype(np.float64)) for each in (x + step, x - step)]
    other = model.input_gradients(x, [0] * 5, of="score")
    change = (logits[0] - logits[1])[:, 1] - (logits[0] - logits[1])[:, 0]
    np.testing.assert_allclose(change, 2 * (step * (score - other)).sum(axis=1), rtol=0.02, atol=1e-6)


def test_after_a_branch_is_refused(branched):
    with pytest.raises(ValueError, match="'left'.*'stem' or 'joined'"):
        parts.after(branched.architecture, 1)


@pytest.mark.parametrize(
    ("layer", "error", "message"),
    [
        ("stam", ValueError, "layer 'stam'.*'stem'"),
        (5, ValueError, "layer.*from -5 to 4.*5"),
        (1.0, TypeError, "layer.*1.0"),
    ],
)
def test_a_layer_that_is_not_there_is_refused(branched, layer, error, message):
    with pytest.raises(error, match=message):
        branched.layer_outputs(X, layer)


def test_the_gradient_of_the_loss_says_which_pixels_would_change_it(branched):
    branched.compile("sgd")
    y = np.array([0, 1, 2, 0, 1, 2])
    gradient = branched.input_gradients(X, y, batch_size=4)
    assert (gradient.shape, gradient.dtype) == (X.shape, np.float32)
    step = 0.01 * gradient / np.abs(gradient).max()
    losses = [-np.log(branched.predict(x)[np.arange(6), y].astype(np.float64)) for x in (X + step, X - step)]
    expected = 2 * (step * gradient).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(losses[0] - losses[1], expected, rtol=0.02, atol=1e-7)


def test_a_layer_s_gradients_are_the_same_where_the_samples_are_its_output(branched):
    branched.compile("sgd")
    y = [0, 1, 2, 0, 1, 2]
    for of in ("loss", "score"):
        found = branched.layer_gradients(X, y, "stem", of=of)
        rest = branched._part(parts.after(branched.architecture, 0))
        rest.compile("sgd")
        outputs = branched.layer_outputs(X, "stem")
        np.testing.assert_allclose(found, rest.input_gradients(outputs, y, of=of), atol=1e-6)
        # By the chain rule: a convolution's gradient for its bias is the sum over all places where it is > 0.
    _, grads = branched.session().network.gradients(Data(X, np.array(y, np.int32)))
    mean = (branched.layer_gradients(X, y, "stem") * (outputs > 0)).sum(axis=(0, 1, 2)) / 6
    np.testing.assert_allclose(mean, grads[1], rtol=1e-3, atol=1e-6)


def test_nothing_is_changed_by_asking_for_gradients(samples, engine):
    model = Sequential(
        [layers.Conv2D(3, 2, input_shape=(6, 5, 2)), layers.BatchNormalization(), layers.Dropout(0.5),
         layers.Flatten(), layers.Dense(3, activation="softmax")],
        seed=0, engine=engine,
    )  # fmt: skip
    model.compile("adam")
    x, y = samples()
    model.fit(x, y, verbose=0)
    weights, predicted, steps = model.get_weights(), model.predict(x), model.iterations
    first = model.input_gradients(x, y)
    model.layer_gradients(x, y, "conv2d", of="score")
    np.testing.assert_array_equal(model.input_gradients(x, y), first)
    for before, after in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    np.testing.assert_array_equal(model.predict(x), predicted)
    assert model.iterations == steps


def test_bytes_count_as_what_the_network_makes_of_them(small, samples, engine):
    model = small(engine=engine)
    x, y = samples(4)
    floats = (x / 255).astype(np.float32)
    np.testing.assert_allclose(
        model.input_gradients(x, y, of="score"), model.input_gradients(floats, y, of="score"), atol=1e-6
    )


@pytest.mark.parametrize("activation", ["sigmoid", "linear"])
def test_the_classes_of_a_single_output_have_opposite_scores(engine, activation):
    model = Sequential([layers.Dense(1, activation=activation, input_shape=(2,))], engine=engine)
    model.set_weights([[[2.0], [-3.0]], [0.0]])
    found = model.input_gradients(np.zeros((2, 2)), [1, 0], of="score")
    np.testing.assert_array_equal(found, [[2, -3], [-2, 3]])


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda m: m.input_gradients(X, [0] * 6), "compile"),
        (lambda m: m.input_gradients(X, [0] * 6, of="los"), "of 'los'.*'loss'"),
        (lambda m: m.input_gradients(X, [0] * 5, of="score"), "y .*6.*5"),
        (lambda m: m.input_gradients(X, [3] * 6, of="score"), "y .*0 … 2.*3"),
        (lambda m: m.layer_gradients(X, [0] * 6, "head", of="score"), "layer.*last.*'head'"),
        (lambda m: m.layer_gradients(X, [0] * 6, "left", of="score"), "'left'.*'stem' or 'joined'"),
    ],
)
def test_what_has_no_gradient_is_refused(branched, ask, message):
    with pytest.raises(ValueError, match=message):
        ask(branched)
