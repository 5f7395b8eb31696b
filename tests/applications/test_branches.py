"""The published networks with branches: their size, their names, and what Keras makes of the same weights."""

import numpy as np
import pytest

from pyflux import Model, Sequential, layers
from pyflux.applications import EfficientNetB0, EfficientNetB1, MobileNetV2, ResNet50, mobilenet_v2, resnet
from pyflux.applications.pretrained import decode
from tests.keras_process import ask_keras

SMALL = {"include_top": False, "weights": None, "input_shape": (32, 32, 3), "seed": 0}
NETWORKS = {"resnet": ResNet50, "mobilenet_v2": MobileNetV2, "efficientnet": EfficientNetB0}
each_network = pytest.mark.parametrize("name", NETWORKS)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A folder of weights that Keras saved."""
    folder = tmp_path_factory.mktemp("keras")
    ask_keras("tests.applications.keras_networks", "save", folder)
    return folder


@pytest.mark.parametrize(
    ("network", "with_top", "without"),
    [
        (ResNet50, 25_636_712, 23_587_712),
        (MobileNetV2, 3_538_984, 2_257_984),
        # In Keras's numbers one is the count of the samples that the normalization has seen.
        (EfficientNetB0, 5_330_571 - 1, 4_049_571 - 1),
        (EfficientNetB1, 7_856_239 - 1, 6_575_239 - 1),
    ],
)
def test_the_number_of_parameters_is_the_published_one(network, with_top, without):
    assert network(weights=None).count_params() == with_top
    assert network(**SMALL).count_params() == without


def test_layers_have_keras_s_names():
    names = ResNet50(**SMALL).architecture.names
    assert {"conv1_conv", "conv2_block1_0_bn", "conv4_block6_2_relu", "conv5_block3_out"} <= set(names)
    names = MobileNetV2(**SMALL).architecture.names
    assert {"Conv1", "expanded_conv_depthwise", "block_2_add", "block_16_project_BN"} <= set(names)


@each_network
def test_it_computes_what_keras_does(saved, name, engine):
    model = NETWORKS[name](False, saved / f"{name}.h5", input_shape=(64, 64, 3), pooling="avg", engine=engine)
    with np.load(saved / f"{name}.npz") as expected:
        got, wanted = model.predict(expected["x"]), expected["y"]
    np.testing.assert_allclose(got, wanted, atol=1e-3 * np.abs(wanted).max())


@each_network
def test_onnx_computes_the_same(saved, name, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    from pyflux import export_onnx

    model = NETWORKS[name](False, saved / f"{name}.h5", input_shape=(64, 64, 3), pooling="avg")
    export_onnx(model, tmp_path / "model.onnx")
    with np.load(saved / f"{name}.npz") as expected:
        session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
        (got,) = session.run(["output"], {"input": expected["x"]})
        np.testing.assert_allclose(got, expected["y"], atol=1e-3 * np.abs(expected["y"]).max())


def test_a_frozen_base_with_a_new_head_is_trained(julia):
    base = MobileNetV2(**SMALL, pooling="avg")
    base.trainable = False
    inputs = layers.Input((32, 32, 3))
    model = Model(inputs, layers.Dense(3, activation="softmax")(base(inputs)), seed=0)
    before = [w.copy() for w in base.get_weights()]
    x = np.random.default_rng(0).uniform(-1, 1, (12, 32, 32, 3)).astype(np.float32)
    model.compile("adam", metrics=["accuracy"])
    history = model.fit(x, np.arange(12) % 3, epochs=3, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    assert np.abs(model.layers[-1].get_weights()[1]).max() > 1e-4  # the head's bias, which was 0
    for a, b in zip(before, base.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    for layer in base.layers[-10:]:
        layer.trainable = True
    model.compile("adam")
    model.fit(x, np.arange(12) % 3, verbose=0)
    changed = [not np.array_equal(a, b) for a, b in zip(before, base.get_weights(), strict=True)]
    assert not any(changed[:20])
    assert any(changed[-4:])


def test_a_base_may_be_put_in_a_stack():
    model = Sequential([ResNet50(**SMALL), layers.GlobalAveragePooling2D(), layers.Dense(2)])
    assert model.output_shape == (None, 2)
    assert model.architecture.names[0] == "resnet50/conv1_pad"


def test_images_are_prepared_as_in_keras():
    image = np.array([[[[255, 0, 127.5]]]])
    blue, green, red = resnet.preprocess_input(image).ravel()
    assert (blue, green, red) == pytest.approx((127.5 - 103.939, -116.779, 255 - 123.68))
    np.testing.assert_allclose(mobilenet_v2.preprocess_input(image).ravel(), [1, -1, 0])
    with pytest.raises(ValueError, match=r"images .*\(2, 2\)"):
        resnet.preprocess_input(np.zeros((2, 2)))


def test_probabilities_are_decoded():
    assert decode([[0.2, 0.5, 0.3]], "abc", top=2) == [[("b", 0.5), ("c", 0.3)]]
    with pytest.raises(ValueError, match=r"predictions .*3.*\(1, 2\)"):
        decode([[0.5, 0.5]], "abc")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ResNet50(weights=None, input_shape=(31, 64, 3)), r"input_shape .*32.*\(31, 64, 3\)"),
        (lambda: ResNet50(classes=10), "classes .*1000.*10"),
        (lambda: ResNet50(input_shape=(64, 64, 3)), r"input_shape .*\(224, 224, 3\)"),
        (lambda: MobileNetV2(weights="imagenet"), "weights.*hash"),
        (lambda: MobileNetV2(alpha=0), "alpha .*0"),
        (lambda: MobileNetV2(False, pooling="mean"), "pooling 'mean'"),
    ],
)
def test_what_cannot_be_is_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make()
