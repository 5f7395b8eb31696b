"""Every network of the tutorials, whole: described, summarised, trained in Flux, saved, loaded."""

import numpy as np
import pytest

from pyflux import load, networks, synthetic_digits, synthetic_images
from pyflux.layers import Rescaling
from pyflux.models import Sequential
from pyflux.optimizers import Adam

# Name, the network, images, epochs, parameters.
NETWORKS = {
    "flux_mnist": (networks.flux_mnist, lambda: synthetic_digits(64), 4, 12_810),
    "keras_mnist": (networks.keras_mnist, lambda: synthetic_digits(64), 4, 93_322),
    "keras_cifar": (networks.keras_cifar, lambda: synthetic_images(64), 4, 167_562),
    # (27+1)·32 + (9·32+1)·64 + (7·7·64+1)·64 + 65·10
    "torch_cifar": (networks.torch_cifar, lambda: synthetic_images(64), 4, 220_810),
    # (27+1)·32 + (9·32+1)·64 + (9·64+1)·128 + (52·52·128+1)·128 + 129·10
    "keras_imagenet": (networks.keras_imagenet, lambda: synthetic_images(4, size=(224, 224)), 3, 44_397_002),
    # VGG16 without its top, and (1·1·512+1)·256 + 257·10
    "vgg16_transfer": (
        lambda **options: networks.vgg16_transfer(weights=None, input_shape=(32, 32, 3), **options),
        lambda: synthetic_images(32),
        4,
        14_714_688 + 133_898,
    ),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_of_the_tutorials(name, julia, tmp_path, capsys):
    make, images, epochs, parameters = NETWORKS[name]
    (x, y), path = images(), tmp_path / "model.safetensors"
    model = make(seed=0)
    model.summary()
    shown = capsys.readouterr().out
    assert f'Model: "{name}"' in shown
    assert f"Total params: {parameters:,}" in shown
    model.compile(Adam(0.001), "sparse_categorical_crossentropy", ["accuracy"])
    history = model.fit(x, y, batch_size=min(8, len(x) // 2), epochs=epochs, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
    model.save(path)
    np.testing.assert_array_equal(load(path).predict(x[:4]), model.predict(x[:4]))


def test_a_tutorial_s_own_code_runs(julia):
    """As printed, but for the import lines, the data and the number of epochs."""
    from pyflux import layers, models

    train_images, train_labels = synthetic_images(40)
    train_images = train_images / 255.0
    model = models.Sequential()
    model.add(layers.Conv2D(32, (3, 3), activation="relu", input_shape=(32, 32, 3)))
    model.add(layers.MaxPooling2D((2, 2)))
    model.add(layers.Conv2D(64, (3, 3), activation="relu"))
    model.add(layers.MaxPooling2D((2, 2)))
    model.add(layers.Flatten())
    model.add(layers.Dense(64, activation="relu"))
    model.add(layers.Dense(10, activation="softmax"))
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(
        train_images, train_labels, epochs=2, validation_data=(train_images, train_labels), verbose=0
    )
    assert list(history.history) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    test_loss, _test_acc = model.evaluate(train_images, train_labels)
    assert test_loss == pytest.approx(history.history["val_loss"][-1], rel=1e-5)


def test_names_are_where_keras_has_them():
    from pyflux.applications import VGG16  # noqa: F401
    from pyflux.callbacks import EarlyStopping  # noqa: F401
    from pyflux.layers import Conv2D, Dense, Flatten, MaxPooling2D  # noqa: F401
    from pyflux.losses import CategoricalCrossentropy  # noqa: F401
    from pyflux.optimizers import SGD, schedules
    from pyflux.regularizers import l1, l2

    assert l2(0.5) == l2(l2=0.5) != l1(0.5)
    assert SGD(schedules.CosineDecay(0.1, 100)).rate(0) == 0.1


def test_one_hot_and_integer_labels_train_alike(engine):
    x, y = synthetic_digits(64)
    models = [networks.flux_mnist(seed=0, engine=engine) for _ in range(2)]
    models[0].compile("adam", "sparse_categorical_crossentropy", ["accuracy", "top_k_categorical_accuracy"])
    models[1].compile("adam", "categorical_crossentropy", ["accuracy", "top_k_categorical_accuracy"])
    one_hot = np.eye(10)[y]
    a, b = (m.fit(x, t, epochs=2, verbose=0).history for m, t in zip(models, (y, one_hot), strict=True))
    assert list(a) == ["loss", "accuracy", "top_k_categorical_accuracy"]
    for name in a:
        assert a[name] == pytest.approx(b[name], rel=1e-4)
    assert all(
        top >= first for top, first in zip(a["top_k_categorical_accuracy"], a["accuracy"], strict=True)
    )


def test_rescaling_as_in_the_tutorials_is_not_done_twice(engine):
    x, _ = synthetic_digits(3)
    plain = networks.flux_mnist(seed=0, engine=engine)
    rescaled = networks.flux_mnist([Rescaling(1 / 255)], seed=0, engine=engine)
    np.testing.assert_allclose(rescaled.predict(x), plain.predict(x), atol=1e-6)


def test_yes_and_no(engine):
    from pyflux import layers

    rng = np.random.default_rng(0)
    x = rng.normal(size=(120, 3))
    y = x[:, 0] * x[:, 1] > 0
    model = Sequential(
        [layers.Dense(16, activation="elu", input_shape=(3,)), layers.Dense(1, activation="sigmoid")],
        seed=0,
        engine=engine,
    )
    model.compile(Adam(0.05), "binary_crossentropy", ["accuracy"])
    history = model.fit(x, y.astype(np.float32), epochs=40, verbose=0).history
    assert history["accuracy"][-1] > 0.9
    assert ((model.predict(x)[:, 0] > 0.5) == y).mean() > 0.9


def test_a_curve(engine):
    from pyflux import layers

    x = np.linspace(-1, 1, 64)[:, None]
    model = Sequential(
        [layers.Dense(16, activation="tanh", input_shape=(1,)), layers.Dense(1)], seed=0, engine=engine
    )
    model.compile(Adam(0.05), "mse")
    assert model.fit(x, x[:, 0] ** 2, epochs=80, verbose=0).history["loss"][-1] < 0.005
