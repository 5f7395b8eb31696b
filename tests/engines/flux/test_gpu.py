"""The whole on a GPU, against the reference: `pytest -m gpu` where there is one, else skipped with the reason."""

import numpy as np
import pytest

import pyflux
from pyflux import layers, networks, synthetic_digits
from pyflux.engines.flux import network as flux
from pyflux.engines.flux import packages
from pyflux.errors import EngineUnavailable

pytestmark = [pytest.mark.gpu, pytest.mark.usefixtures("gpu")]


@pytest.fixture(scope="module")
def gpu():
    if packages.driver() is None:
        pytest.skip("no driver of a GPU was found on this machine")
    try:
        return flux.device_name("gpu")
    except EngineUnavailable as e:
        pytest.skip(str(e))


def trained(engine, device, x, y, make=networks.flux_mnist, **options):
    model = make(seed=3, engine=engine)
    model.compile("adam", metrics=["accuracy"], device=device, **options)
    model.fit(x, y, batch_size=50, epochs=2, verbose=0)
    return model


@pytest.fixture(scope="module")
def pair():
    """The same training on the GPU and in the reference."""
    x, y = synthetic_digits(400, seed=0)
    return trained("flux", "gpu", x, y), trained("reference", "cpu", x, y), x, y


def test_training_agrees_with_the_reference(pair):
    on_gpu, reference, x, y = pair
    assert on_gpu.versions()["device"].startswith("GPU ")
    np.testing.assert_allclose(on_gpu.predict(x), reference.predict(x), atol=1e-3)
    np.testing.assert_allclose(on_gpu.evaluate(x, y), reference.evaluate(x, y), atol=1e-3)
    assert on_gpu.history.history["loss"] == pytest.approx(reference.history.history["loss"], abs=1e-3)
    for got, expected in zip(on_gpu.get_weights(), reference.get_weights(), strict=True):
        np.testing.assert_allclose(got, expected, atol=1e-3)


@pytest.mark.parametrize(("first", "second"), [("gpu", "cpu"), ("cpu", "gpu")])
def test_a_model_saved_on_one_device_goes_on_on_the_other(first, second, tmp_path):
    x, y = synthetic_digits(200, seed=1)
    model = trained("flux", first, x, y)
    model.save(tmp_path / "m.safetensors")
    other = pyflux.load(tmp_path / "m.safetensors", device=second)
    np.testing.assert_allclose(other.predict(x), model.predict(x), atol=1e-4)
    for each in (model, other):
        each.fit(x, y, batch_size=50, epochs=3, initial_epoch=2, verbose=0)
    np.testing.assert_allclose(other.predict(x), model.predict(x), atol=1e-3)


def test_every_kind_of_layer_agrees_with_the_cpu():
    def make(seed, engine):
        return pyflux.Sequential(
            [
                layers.Input((28, 28, 1)),
                layers.RandomRotation(0.05, fill_mode="constant"),
                layers.RandomTranslation(0.1, 0.1),
                layers.RandomZoom(0.1, fill_mode="nearest"),
                layers.RandomContrast(0.2),
                layers.Conv2D(8, 3, padding="same", strides=(2, 1), activation="gelu"),
                layers.MaxPooling2D((2, 3), padding="same"),
                layers.Conv2D(8, 3, groups=4, use_bias=False),
                layers.BatchNormalization(),
                layers.AveragePooling2D((3, 2), strides=(2, 2), padding="same"),
                layers.Dropout(0.3),
                layers.GlobalAveragePooling2D(),
                layers.Dense(10, activation="softmax", kernel_regularizer="l2"),
            ],
            seed=seed,
            engine=engine,
        )

    x, y = synthetic_digits(200, seed=2)
    on_gpu, on_cpu = (trained("flux", device, x, y, make) for device in ("gpu", "cpu"))
    assert on_gpu.history.history["loss"] == pytest.approx(on_cpu.history.history["loss"], abs=1e-3)
    np.testing.assert_allclose(on_gpu.predict(x), on_cpu.predict(x), atol=1e-3)


def test_frozen_layers_and_weights_of_samples():
    x, y = synthetic_digits(200, seed=2)
    found = []
    for device in ("gpu", "cpu"):
        model = networks.flux_mnist(seed=3)
        model.layers[0].trainable = False
        model.compile("sgd", device=device)
        model.fit(x, y, batch_size=50, sample_weight=np.linspace(0, 2, 200), class_weight={3: 2.0}, verbose=0)
        found.append(model.predict(x))
    np.testing.assert_allclose(*found, atol=1e-3)


def test_a_gpu_that_there_are_not_so_many_of_is_refused():
    with pytest.raises(EngineUnavailable, match="device gpu:99 is not here"):
        flux.device("gpu:99")


def test_mnist_to_99_percent(mnist_dir):
    result = pyflux.train_mnist(
        recipe="augmented", data_dir=mnist_dir, device="gpu", seed=0, batch_size=512, verbose=0
    )
    assert result.test_accuracy > 0.985
