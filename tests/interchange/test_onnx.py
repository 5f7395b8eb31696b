"""ONNX files against the reference: ONNX's own runtime must compute what the model predicts."""

import sys

import numpy as np
import pytest

import pyflux
from pyflux import Sequential, layers, networks
from pyflux.errors import MissingExtraError
from pyflux.interchange import export_onnx


def unequal(**options):
    """Unequal images, kernels, strides and windows, all with more padding on one side than on the other."""
    return Sequential(
        [
            layers.Conv2D(
                5, (4, 3), activation="tanh", padding="same", strides=(2, 3), input_shape=(17, 12, 3)
            ),
            layers.MaxPooling2D((2, 3), strides=(2, 1), padding="same"),
            layers.Conv2D(6, (2, 2), activation="sigmoid", padding="same", use_bias=False),
            layers.MaxPooling2D((2, 2), strides=(1, 2), padding="same"),
            layers.Activation("relu"),
            layers.Flatten(),
            layers.Dense(8, activation="tanh", use_bias=False),
            layers.Dense(4),
            layers.Activation("softmax"),
        ],
        name="unequal",
        **options,
    )


def every_layer(**options):
    """The other layers, and activations between them."""
    return Sequential(
        [
            layers.Rescaling(2.0, offset=-1.0, input_shape=(16, 14, 4)),
            layers.RandomFlip("horizontal"),
            layers.Conv2D(8, 3, activation="leaky_relu", dilation_rate=(2, 1), groups=2, padding="same"),
            layers.BatchNormalization(),
            layers.Activation("elu"),
            layers.AveragePooling2D((3, 2), strides=2, padding="same"),
            layers.Dropout(0.5),
            layers.Conv2D(6, (2, 3), activation="gelu"),
            layers.GlobalAveragePooling2D(),
            layers.BatchNormalization(epsilon=0.01),
            layers.Dense(3, activation="softmax"),
        ],
        name="every_layer",
        **options,
    )


def largest_of_each_channel(**options):
    return Sequential(
        [
            layers.Conv2D(7, 3, activation="relu", input_shape=(9, 8, 2)),
            layers.GlobalMaxPooling2D(),
            layers.Dense(3, activation="softmax"),
        ],
        **options,
    )


def rows(**options):
    return Sequential([layers.Dense(5, activation="relu", input_shape=(7,)), layers.Dense(3)], **options)


def images_out(**options):
    """A network whose output is an image, with a softmax across its channels."""
    return Sequential([layers.Conv2D(4, 3, activation="softmax", input_shape=(6, 5, 2))], **options)


NETWORKS = [
    networks.flux_mnist, networks.keras_mnist, networks.keras_cifar, networks.torch_cifar,
    unequal, every_layer, largest_of_each_channel, rows, images_out,
]  # fmt: skip


def random_weights(model, rng):
    """Kernels as drawn, and biases, means and variances that are neither zero nor one."""
    return [
        w + rng.uniform(0.05, 0.2, w.shape).astype(np.float32) * (w.ndim == 1) for w in model.get_weights()
    ]


@pytest.mark.parametrize("make", NETWORKS, ids=lambda make: make.__name__)
def test_runtime_computes_what_the_model_predicts(make, tmp_path):
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    rng = np.random.default_rng(0)
    model = make(seed=0, engine="reference")
    model.set_weights(random_weights(model, rng))
    path = tmp_path / "model.onnx"
    export_onnx(model, path)
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    for n in (1, 5):  # any number of samples
        x = rng.random((n, *model.input_shape[1:]), dtype=np.float32)
        (got,) = session.run(["output"], {"input": x})
        expected = model.predict(x)
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-4)
        assert 0.001 < expected.std() < 1  # neither all alike nor all 0 and 1: these weights say something


def test_bytes_are_scaled_by_whoever_calls(tmp_path):
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    model = networks.flux_mnist(seed=0, engine="reference")
    images, _ = pyflux.synthetic_digits(8, seed=0)
    export_onnx(model, tmp_path / "model.onnx")
    session = runtime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    (got,) = session.run(None, {"input": images.reshape(8, 28, 28, 1).astype(np.float32) / 255})
    np.testing.assert_allclose(got, model.predict(images), rtol=0, atol=1e-4)


def test_an_unknown_layer_is_named_and_the_old_file_stays(tmp_path, monkeypatch):
    pytest.importorskip("onnx")
    monkeypatch.delitem(pyflux.interchange.onnx.LAYERS, "Flatten")
    path = tmp_path / "model.onnx"
    path.write_bytes(b"old")
    with pytest.raises(
        ValueError, match=r"layer 'flatten' \(Flatten\) cannot be written to ONNX yet; known: Conv2D"
    ):
        export_onnx(networks.flux_mnist(), path)
    assert [p.name for p in tmp_path.iterdir()] == ["model.onnx"]
    assert path.read_bytes() == b"old"


def test_without_the_package_the_error_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)  # as if it were not installed
    with pytest.raises(MissingExtraError, match=r"pyflux-julia\[onnx\]"):
        export_onnx(networks.flux_mnist(), tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []


def test_a_model_without_a_shape_is_refused(tmp_path):
    with pytest.raises(ValueError, match="needs the shape of the samples"):
        export_onnx(Sequential([layers.Dense(3)]), tmp_path / "model.onnx")
