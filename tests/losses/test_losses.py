"""The losses' arguments, names and values: Keras's."""

import json

import numpy as np
import pytest

from pyflux import layers, losses
from pyflux.architecture import Architecture
from pyflux.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Huber,
    MeanAbsoluteError,
    MeanSquaredError,
    SparseCategoricalCrossentropy,
)
from tests import keras_numbers

# Every class once, with all its arguments set to something else than the default.
ALL = [
    BinaryCrossentropy(True, 0.1, name="mine"),
    CategoricalCrossentropy(True, 0.1),
    Huber(2.0),
    MeanAbsoluteError(name="mine"),
    MeanSquaredError(),
    SparseCategoricalCrossentropy(True),
]


class Cauchy(losses.Loss):
    def __init__(self, scale=1.0, name="cauchy"):
        super().__init__(name=name)
        self.scale = scale

    def call(self, y_true, y_pred):
        return np.log1p(((y_pred - y_true) / self.scale) ** 2).mean(axis=-1)

    def gradient(self, y_true, y_pred):
        d = y_pred - y_true
        return 2 * d / (self.scale**2 + d**2) / d.shape[-1]

    def get_config(self):
        return {"scale": self.scale}


@pytest.mark.parametrize("case", keras_numbers.LOSSES)
def test_values_are_keras_s(case):
    kind, options, targets, outputs = keras_numbers.LOSSES[case]
    loss = getattr(losses, kind)(**options)
    data = {name: np.array(value, np.float32) for name, value in keras_numbers.samples().items()}
    data["labels"] = data["labels"].astype(int)
    plain, weighted = keras_numbers.kept()["losses"][case]
    assert loss(data[targets], data[outputs]) == pytest.approx(plain, rel=1e-6)
    with_weights = loss(data[targets], data[outputs], sample_weight=data["weights"])
    assert with_weights == pytest.approx(weighted, rel=1e-6)


def test_the_values_kept_are_those_of_the_keras_that_is_installed():
    for case, kept in keras_numbers.kept()["losses"].items():
        assert keras_numbers.computed()["losses"][case] == pytest.approx(kept, rel=1e-6)


def test_every_class_has_its_cases():
    assert {type(loss) for loss in ALL} == set(losses.LOSSES.values())
    assert {kind for kind, *_ in keras_numbers.LOSSES.values()} == set(losses.LOSSES)


@pytest.mark.parametrize("loss", [*ALL, Cauchy(2.0)], ids=str)
def test_every_loss_is_plain_data_and_back(loss):
    plain = json.loads(json.dumps(loss.config()))
    assert plain == loss.config()
    again = losses.from_config(plain)
    assert again == loss
    assert again.config() == plain


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("sparse_categorical_crossentropy", SparseCategoricalCrossentropy),
        ("categorical_crossentropy", CategoricalCrossentropy),
        ("binary_crossentropy", BinaryCrossentropy),
        ("bce", BinaryCrossentropy),
        ("mean_squared_error", MeanSquaredError),
        ("mse", MeanSquaredError),
        ("MSE", MeanSquaredError),
        ("mean_absolute_error", MeanAbsoluteError),
        ("mae", MeanAbsoluteError),
        ("huber", Huber),
        ("MeanSquaredError", MeanSquaredError),
        (losses.mean_absolute_error, MeanAbsoluteError),
        (losses.huber, Huber),
        (CategoricalCrossentropy, CategoricalCrossentropy),
    ],
)
def test_losses_by_keras_s_names(name, kind):
    assert losses.get(name) == kind()


def test_functions_return_the_loss_of_each_sample():
    y, p = [[0.0, 2.0], [1.0, 1.0]], [[0.0, 0.0], [1.0, 4.0]]
    assert losses.mean_squared_error(y, p).tolist() == [2.0, 4.5]
    assert losses.mean_absolute_error(y, p).tolist() == [1.0, 1.5]
    assert losses.huber(y, p).tolist() == [0.75, 1.25]
    assert losses.categorical_crossentropy([[0, 1]], [[0.5, 0.5]]) == pytest.approx([np.log(2)])
    assert losses.sparse_categorical_crossentropy([1, 0], [[0.5, 0.5], [0.25, 0.75]]) == pytest.approx(
        [np.log(2), np.log(4)]
    )
    # Smoothed labels 0.9 and 0.1.
    assert losses.binary_crossentropy(
        [[1.0]], [[0.0]], from_logits=True, label_smoothing=0.2
    ) == pytest.approx([np.log(2)])


def test_a_missing_axis_of_one_output_is_put_in():
    assert MeanSquaredError()([1.0, 2.0], [[1.0], [4.0]]) == 2.0
    assert BinaryCrossentropy()([1, 0], [[0.5], [0.5]]) == pytest.approx(np.log(2))


def test_smoothed_targets():
    one_hot = np.eye(4, dtype=np.float32)[[0, 3]]
    smooth = CategoricalCrossentropy(label_smoothing=0.2).smooth(one_hot)
    np.testing.assert_allclose(smooth, [[0.85, 0.05, 0.05, 0.05], [0.05, 0.05, 0.05, 0.85]], rtol=1e-6)
    np.testing.assert_allclose(BinaryCrossentropy(label_smoothing=0.2).smooth(one_hot[:, :1]), [[0.9], [0.1]])
    assert MeanSquaredError().smooth(one_hot) is one_hot
    assert CategoricalCrossentropy().smooth(one_hot) is one_hot


def network(activation, outputs=3):
    return Architecture((layers.Dense(outputs, activation=activation),), (4,))


@pytest.mark.parametrize(
    ("loss", "activation", "message"),
    [
        (SparseCategoricalCrossentropy(), "linear", "softmax.*linear.*from_logits=True"),
        (SparseCategoricalCrossentropy(), "sigmoid", "softmax.*sigmoid"),
        (SparseCategoricalCrossentropy(from_logits=True), "softmax", "softmax.*from_logits=False"),
        (CategoricalCrossentropy(from_logits=True), "relu", "relu"),
        (BinaryCrossentropy(), "softmax", "sigmoid.*softmax"),
        (BinaryCrossentropy(from_logits=True), "sigmoid", "sigmoid.*from_logits=False"),
    ],
)
def test_a_network_with_the_wrong_end_is_refused(loss, activation, message):
    with pytest.raises(ValueError, match=f"{type(loss).__name__}.*{message}"):
        loss.check(network(activation))


def test_networks_with_the_right_end_are_accepted():
    SparseCategoricalCrossentropy().check(network("softmax"))
    SparseCategoricalCrossentropy(from_logits=True).check(network(None))
    BinaryCrossentropy().check(network("sigmoid"))
    for loss in (MeanSquaredError(), MeanAbsoluteError(), Huber(), Cauchy()):
        loss.check(network("tanh"))


def test_a_loss_needs_rows_of_outputs():
    images = Architecture((layers.Conv2D(2, 3, activation="sigmoid"),), (8, 8, 1))
    with pytest.raises(ValueError, match=r"BinaryCrossentropy.*\(6, 6, 2\).*Flatten"):
        BinaryCrossentropy().check(images)


def squared(y_true, y_pred):
    return (y_true - y_pred) ** 2


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: BinaryCrossentropy(label_smoothing=1.1), ValueError, r"label_smoothing.*1\.1"),
        (lambda: CategoricalCrossentropy(label_smoothing=-0.1), ValueError, r"label_smoothing.*-0\.1"),
        (lambda: SparseCategoricalCrossentropy("yes"), TypeError, "from_logits.*yes"),
        (lambda: SparseCategoricalCrossentropy(ignore_class=255), ValueError, "ignore_class.*255.*sample_weight"),
        (lambda: SparseCategoricalCrossentropy(axis=1), ValueError, "axis.*1"),
        (lambda: MeanSquaredError(reduction="sum"), ValueError, "reduction.*'sum'"),
        (lambda: MeanSquaredError(dtype="float16"), ValueError, "dtype.*float16"),
        (lambda: Huber(0), ValueError, "delta.*0"),
        (lambda: Huber(10**400), ValueError, r"delta.*10\*\*400"),
        (lambda: losses.get("mean_square_error"), ValueError, "mean_square_error.*'mean_squared_error'"),
        (lambda: losses.get(squared), TypeError, r"squared.*losses\.Loss.*call.*gradient"),
        (lambda: losses.get(None), TypeError, "loss.*None"),
        (lambda: losses.get(np.zeros(3)), TypeError, "loss"),
        (lambda: losses.from_config({"type": "Huber", "epsilon": 1}), ValueError, "Huber.*'epsilon'"),
        (lambda: losses.from_config({"type": "Hubert"}), ValueError, "Hubert.*'Huber'"),
        (lambda: MeanSquaredError()([[1.0, 2.0]], [[1.0, 2.0, 3.0]]), ValueError, r"\(1, 2\).*\(1, 3\)"),
        (lambda: MeanSquaredError()([1.0], [[1.0]], [1.0, 2.0]), ValueError, r"sample_weight.*\(1,\).*\(2,\)"),
        (lambda: SparseCategoricalCrossentropy()([3], [[0.5, 0.5]]), ValueError, "y_true.*3"),
        (lambda: losses.Loss().gradient(1, 2), NotImplementedError, "Loss.*gradient"),
        (lambda: losses.Loss()([1.0], [[1.0]]), NotImplementedError, "Loss.*call"),
    ],
)  # fmt: skip
def test_what_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_what_keras_has_and_pyflux_has_not_is_accepted_where_it_changes_nothing():
    options = {"reduction": "sum_over_batch_size", "dtype": None}
    assert (
        SparseCategoricalCrossentropy(ignore_class=None, axis=-1, **options)
        == SparseCategoricalCrossentropy()
    )
