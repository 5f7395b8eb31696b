"""What a user of `Sequential` sees, on both engines."""

import numpy as np
import pytest

from pyflux import Sequential, layers, losses, networks, optimizers


def trained(model, data, **options):
    model.compile(optimizers.Adam(0.01), metrics=["accuracy"])
    return model.fit(*data, **{"batch_size": 8, "epochs": 10, "verbose": 0} | options)


def test_training_learns_the_classes(engine, small, samples):
    model = small(engine=engine)
    history = trained(model, samples(120), validation_data=samples(60, seed=1)).history
    assert list(history) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert history["loss"][-1] < history["loss"][0] / 2
    assert history["val_accuracy"][-1] > 0.9
    x, y = samples(60, seed=2)
    predicted = model.predict(x)
    assert (predicted.argmax(axis=1) == y).mean() > 0.9
    np.testing.assert_allclose(predicted.sum(axis=1), 1, rtol=1e-5)


def test_evaluate_measures_what_predict_says(engine, small, samples):
    model, (x, y) = small(engine=engine), samples(50)
    model.compile(metrics=["accuracy"])
    probabilities = model.predict(x, batch_size=7)
    loss, accuracy = model.evaluate(x, y, batch_size=16)
    assert loss == pytest.approx(-np.log(probabilities[np.arange(50), y]).mean(), rel=1e-5)
    assert accuracy == (probabilities.argmax(axis=1) == y).mean()
    assert model.evaluate(x, y, return_dict=True) == pytest.approx(
        {"loss": loss, "accuracy": accuracy}, rel=1e-5
    )


def test_calling_a_model_predicts(engine, small, samples):
    model, (x, _) = small(engine=engine), samples(3)
    np.testing.assert_array_equal(model(x), model.predict(x))


def test_same_seed_same_bits(engine, small, samples):
    runs = [small(engine=engine, seed=5) for _ in range(2)]
    histories = [trained(model, samples(), epochs=2).history for model in runs]
    assert histories[0] == histories[1]
    for a, b in zip(*(model.get_weights() for model in runs), strict=True):
        np.testing.assert_array_equal(a, b)
    other = small(engine=engine, seed=6)
    assert trained(other, samples(), epochs=2).history != histories[0]


def test_predictions_belong_to_the_caller(engine, small, samples):
    model, (x, _) = small(engine=engine), samples(10)
    first = model.predict(x)
    kept = first.copy()
    model.predict(x[::-1].copy())
    np.testing.assert_array_equal(first, kept)
    first[:] = 0
    np.testing.assert_array_equal(model.predict(x), kept)


def test_weights_go_round(engine, small, samples):
    model, (x, _) = small(engine=engine), samples(4)
    before = model.predict(x)
    given = model.get_weights()
    assert [w.shape for w in given] == [(3, 2, 2, 4), (4,), (16, 3), (3,)]
    model.set_weights([w + 1 for w in given])
    assert not np.allclose(model.predict(x), before)
    model.set_weights(given)
    np.testing.assert_array_equal(model.predict(x), before)


def test_weights_handed_out_are_copies(engine, small, samples):
    model, (x, _) = small(engine=engine), samples(4)
    before = model.predict(x)
    for w in model.get_weights():
        w[:] = 7
    np.testing.assert_array_equal(model.predict(x), before)


def test_validation_split_takes_the_end(engine, small, samples):
    x, y = samples(40)
    split, given = small(engine=engine), small(engine=engine)
    a = trained(split, (x, y), epochs=2, validation_split=0.25).history
    b = trained(given, (x[:30], y[:30]), epochs=2, validation_data=(x[30:], y[30:])).history
    assert a == b


def test_going_on_is_the_same_as_not_stopping(engine, small, samples):
    whole, parts = small(engine=engine), small(engine=engine)
    trained(whole, samples(), epochs=4)
    trained(parts, samples(), epochs=1)
    history = parts.fit(*samples(), batch_size=8, epochs=4, initial_epoch=1, verbose=0)
    assert history.epoch == [1, 2, 3]
    for a, b in zip(whole.get_weights(), parts.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_shuffle_false_keeps_the_order(engine, small, samples):
    x, y = samples(16)

    def run(order, **options):
        model = small(engine=engine)
        trained(model, (x[order], y[order]), epochs=1, **options)
        return model.get_weights()[0]

    forward, backward = np.arange(16), np.arange(16)[::-1]
    assert not np.array_equal(run(forward, shuffle=False), run(backward, shuffle=False))
    assert not np.array_equal(run(forward, shuffle=False), run(forward))


def test_every_form_of_input_gives_the_same(engine, small, samples):
    model, (x, _) = small(engine=engine), samples(9)
    expected = model.predict(x)
    scaled = x / 255
    for form in (
        scaled,
        scaled.astype(">f4"),
        np.asfortranarray(scaled),
        scaled.reshape(9, -1),
        scaled[:, ::1],
    ):
        np.testing.assert_allclose(model.predict(form), expected, rtol=1e-5, atol=1e-6)
    x.flags.writeable = False
    np.testing.assert_array_equal(model.predict(x), expected)


def test_the_input_is_not_written_to(engine, small, samples):
    x, y = samples()
    kept = x.copy(), y.copy()
    trained(small(engine=engine), (x, y), epochs=1)
    np.testing.assert_array_equal(x, kept[0])
    np.testing.assert_array_equal(y, kept[1])


def test_a_network_of_rows(engine):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 4))
    y = (x[:, 0] > 0).astype(int) + (x[:, 1] > 0)
    model = Sequential(
        [layers.Input((4,)), layers.Dense(16, activation="tanh"), layers.Dense(3, activation="softmax")],
        seed=0,
        engine=engine,
    )
    model.compile(optimizers.Adam(0.02), metrics=["accuracy"])
    history = model.fit(x, y, epochs=15, verbose=0).history
    assert history["accuracy"][-1] > 0.9


def test_outputs_that_are_images_keep_their_axes(engine):
    x = np.random.default_rng(0).random((3, 6, 5, 2), dtype=np.float32)
    pooled = Sequential([layers.MaxPooling2D((2, 1), input_shape=(6, 5, 2))], engine=engine).predict(x)
    np.testing.assert_array_equal(pooled, np.maximum(x[:, ::2], x[:, 1::2]))
    flat = Sequential([layers.Flatten(input_shape=(6, 5, 2))], engine=engine).predict(x)
    np.testing.assert_array_equal(flat, x.reshape(3, -1))


def test_logits_with_from_logits_train_like_probabilities(engine, small, samples):
    logits = Sequential([*small().layers[:-1], layers.Dense(3)], seed=0, engine=engine)
    logits.compile(optimizers.Adam(0.01), losses.SparseCategoricalCrossentropy(from_logits=True))
    probabilities = small(engine=engine)
    probabilities.compile(optimizers.Adam(0.01))
    a, b = (m.fit(*samples(), epochs=2, verbose=0).history for m in (logits, probabilities))
    assert a == b


def test_the_engine_can_be_changed_on_the_way(julia, small, samples):
    model = small(engine="flux")
    trained(model, samples(), epochs=2)
    x, _ = samples(5)
    expected = model.predict(x)
    model.compile(engine="reference")
    assert model.engine == "reference"
    np.testing.assert_allclose(model.predict(x), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("network", "count"),
    [
        # By hand: (9·1+1)·16 + (9·16+1)·32 + (800+1)·10
        (networks.flux_mnist, 12_810),
        # (9+1)·32 + (9·32+1)·64 + (9·64+1)·64 + (3·3·64+1)·64 + 65·10
        (networks.keras_mnist, 93_322),
        # (27+1)·32 + (9·32+1)·64 + (6·6·64+1)·64 + 65·10
        (networks.keras_cifar, 167_562),
        # (27+1)·32 + (9·32+1)·64 + (7·7·64+1)·64 + 65·10
        (networks.torch_cifar, 220_810),
    ],
)  # fmt: skip
def test_parameter_counts(network, count):
    model = network()
    assert model.count_params() == count
    assert sum(w.size for w in model.get_weights()) == count


def test_summary_is_the_table_that_keras_prints(capsys):
    networks.flux_mnist().summary()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == 'Model: "flux_mnist"'
    rows = [[cell.strip() for cell in line.strip("│").split("│")] for line in lines if line.startswith("│")]
    assert rows == [
        ["Layer (type)", "Output Shape", "Param #"],
        ["conv2d (Conv2D)", "(None, 26, 26, 16)", "160"],
        ["max_pooling2d (MaxPooling2D)", "(None, 13, 13, 16)", "0"],
        ["conv2d_1 (Conv2D)", "(None, 11, 11, 32)", "4,640"],
        ["max_pooling2d_1 (MaxPooling2D)", "(None, 5, 5, 32)", "0"],
        ["flatten (Flatten)", "(None, 800)", "0"],
        ["dense (Dense)", "(None, 10)", "8,010"],
    ]
    assert lines[-1] == "Total params: 12,810"


def test_layers_can_be_added_one_by_one():
    model = Sequential()
    model.add(layers.Flatten(input_shape=(4, 4, 1)))
    model.add(layers.Dense(2, activation="softmax"))
    assert model.output_shape == (None, 2)
    with pytest.raises(ValueError, match=r"conv2d.*\(2,\)"):
        model.add(layers.Conv2D(4, 3))
    assert len(model.layers) == 2


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"validation_split": 1.0}, ValueError, r"validation_split must be in \[0, 1\), got 1"),
        ({"validation_split": -0.1}, ValueError, r"validation_split must be in \[0, 1\)"),
        ({"validation_split": 0.99}, ValueError, r"validation_split=0.99 of 60 samples"),
        ({"epochs": 0}, ValueError, "epochs must be at least 1, got 0"),
        ({"epochs": 1.5}, TypeError, r"epochs must .*got 1\.5"),
        ({"batch_size": 0}, ValueError, "batch_size must be at least 1"),
        ({"verbose": 3}, ValueError, "verbose must be 0, 1, 2 or 'auto', got 3"),
        ({"validation_data": 3}, TypeError, r"validation_data must be .*got int"),
        (
            {"validation_data": (np.zeros((2, 6, 5, 2)), [0])},
            ValueError,
            r"validation_data\[1\] has 1 labels",
        ),
    ],
)
def test_bad_arguments_of_fit_are_refused_before_anything_is_trained(options, error, words, small, samples):
    model = small()
    model.compile()
    before = model.get_weights()
    with pytest.raises(error, match=words):
        model.fit(*samples(), **{"verbose": 0} | options)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("use", "error", "words"),
    [
        (lambda m, x, y: m().fit(x, y), ValueError, r"fit\(\) needs a compiled model; call model.compile"),
        (lambda m, x, y: m().evaluate(x, y), ValueError, r"evaluate\(\) needs a compiled model"),
        (lambda m, x, y: m().compile("adm"), ValueError, "optimizer 'adm' .*did you mean 'Adam'"),
        (lambda m, x, y: m().compile(loss="mss"), ValueError, "loss 'mss' .*did you mean 'mse'"),
        (lambda m, x, y: m().compile(metrics=["acuracy"]), ValueError, "metrics 'acuracy' .*ccuracy"),
        (lambda m, x, y: m().compile(engine="torch"), ValueError, "engine 'torch' is not known"),
        (lambda m, x, y: m(engine="flx"), ValueError, "engine 'flx' is not known, did you mean 'flux'"),
        (lambda m, x, y: m(seed=-1), ValueError, "seed must be at least 0"),
        (lambda m, x, y: m().set_weights([]), ValueError, r"weights must be 4 arrays \(conv2d/kernel"),
        (lambda m, x, y: m().set_weights([np.zeros(3)] * 4), ValueError, r"conv2d/kernel must have shape"),
        (lambda m, x, y: m().predict(x[:, :5]), ValueError, r"x must have shape \(N, 6, 5, 2\)"),
        (lambda m, x, y: m().predict(x, batch_size=0), ValueError, "batch_size must be at least 1"),
        (lambda m, x, y: m().add(layers.Dense), TypeError, r"did you mean Dense\(…\)"),
        (lambda m, x, y: m().add("dense"), TypeError, "layer must be a layer from pyflux.layers"),
    ],
)  # fmt: skip
def test_misuse_is_refused_in_words(use, error, words, small, samples):
    with pytest.raises(error, match=words):
        use(small, *samples())


def test_a_network_without_input_shape_says_so():
    model = Sequential([layers.Flatten(), layers.Dense(2, activation="softmax")])
    for use in (model.get_weights, model.count_params, model.summary):
        with pytest.raises(ValueError, match="give the first layer input_shape="):
            use()
    with pytest.raises(ValueError, match="needs a network with layers"):
        Sequential().get_weights()


def test_a_loss_that_does_not_go_with_the_output_is_refused():
    model = Sequential([layers.Dense(3, input_shape=(4,))])
    with pytest.raises(ValueError, match="softmax.*linear.*activation='softmax'"):
        model.compile()
    model = Sequential([layers.Conv2D(3, 2, activation="softmax", input_shape=(4, 4, 1))])
    with pytest.raises(ValueError, match=r"one row of outputs.*\(3, 3, 3\)"):
        model.compile()


def test_verbose_2_prints_a_line_an_epoch(small, samples, capsys):
    model = small()
    trained(model, samples(), epochs=2, verbose=2)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" - ")[0] for line in lines] == ["Epoch 1/2", "Epoch 2/2"]
    assert "accuracy: " in lines[0]


def test_verbose_1_shows_a_bar_and_0_nothing(small, samples, capsys):
    trained(small(), samples(), epochs=1, verbose=1)
    shown = capsys.readouterr()
    assert "Epoch 1/1" in shown.err
    assert "60/60" in shown.err
    trained(small(), samples(), epochs=1, verbose=0)
    assert capsys.readouterr() == ("", "")


def test_stock_flux_is_one_argument_away_and_gives_the_same(julia, digits):
    (x, y), _ = digits
    runs = []
    for fast in (True, False):
        model = networks.flux_mnist(seed=0)
        model.compile("adam", metrics=["accuracy"], fast=fast)
        runs.append(model.fit(x[:640], y[:640], epochs=1, verbose=0).history)
    # As far as rounding allows: it grows with every step.
    assert runs[0]["loss"] == pytest.approx(runs[1]["loss"], rel=1e-3)
    assert runs[0]["accuracy"] == pytest.approx(runs[1]["accuracy"], abs=0.01)
