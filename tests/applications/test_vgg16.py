import itertools

import numpy as np
import pytest

from pyflux import Sequential, layers
from pyflux.applications import VGG16

# Channels before and after each convolution.
CHANNELS = [3, 64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512]


@pytest.fixture(scope="module")
def base():
    """The convolutional base for small images."""
    return VGG16(include_top=False, weights=None, input_shape=(32, 32, 3), seed=1)


def test_the_base_has_the_published_number_of_parameters(base):
    # Nine numbers and a bias for each pair of channels: 9·3·64+64 + 9·64·64+64 + … + 9·512·512+512
    by_hand = sum(9 * a * b + b for a, b in itertools.pairwise(CHANNELS))
    assert base.count_params() == by_hand == 14_714_688
    assert base.output_shape == (None, 1, 1, 512)


def test_the_whole_has_the_published_number_of_parameters():
    model = VGG16(weights=None)
    assert model.count_params() == 138_357_544
    assert (model.input_shape, model.output_shape) == ((None, 224, 224, 3), (None, 1000))
    assert [layer.name for layer in model.layers[-4:]] == ["flatten", "fc1", "fc2", "predictions"]


@pytest.mark.parametrize("pooling", ["avg", "max"])
def test_the_base_may_end_in_a_global_pooling(base, pooling):
    model = VGG16(
        include_top=False, weights=None, input_shape=(64, 64, 3), pooling=pooling, engine="reference"
    )
    assert model.output_shape == (None, 512)
    model.set_weights(base.get_weights())
    stack = Sequential([*VGG16(False, None, input_shape=(64, 64, 3)).layers], engine="reference")
    stack.set_weights(base.get_weights())
    x = np.random.default_rng(0).random((2, 64, 64, 3), np.float32)
    reduce = {"avg": np.mean, "max": np.max}[pooling]
    np.testing.assert_allclose(model.predict(x), reduce(stack.predict(x), axis=(1, 2)), rtol=1e-4, atol=1e-6)


def test_weights_come_from_a_file_in_either_naming(base, tmp_path):
    convolutions = [layer for layer in base.layers if isinstance(layer, layers.Conv2D)]
    names = [f"{layer.name}/{weight}" for layer in convolutions for weight in ("kernel", "bias")]
    arrays = base.get_weights()
    numbers = [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28]  # of torchvision's `features`
    torch = {}
    for i, n in enumerate(numbers):
        torch[f"features.{n}.weight"] = arrays[2 * i].transpose(3, 2, 0, 1)
        torch[f"features.{n}.bias"] = arrays[2 * i + 1]
    np.savez(tmp_path / "torch.npz", **torch)
    np.savez(tmp_path / "keras.npz", **dict(zip(names, arrays, strict=True)))
    for name in ("torch.npz", "keras.npz"):
        model = VGG16(include_top=False, weights=tmp_path / name, input_shape=(48, 32, 3))
        for a, b in zip(model.get_weights(), arrays, strict=True):
            np.testing.assert_array_equal(a, b)
    torch["features.5.weight"] = torch["features.5.weight"][:100]
    np.savez(tmp_path / "short.npz", **torch)
    with pytest.raises(ValueError, match=r"features\.5\.weight.*block2_conv1"):
        VGG16(include_top=False, weights=tmp_path / "short.npz", input_shape=(32, 32, 3))


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"input_shape": (31, 64, 3)}, ValueError, r"input_shape .*32.*\(31, 64, 3\)"),
        ({"input_shape": (64,)}, ValueError, r"input_shape .*\(64,\)"),
        ({"input_shape": 64}, TypeError, "input_shape .*64"),
        ({"include_top": True, "weights": "imagenet", "input_shape": (64, 64, 3)}, ValueError,
         r"input_shape .*\(224, 224, 3\).*\(64, 64, 3\)"),
        ({"include_top": True, "weights": "imagenet", "classes": 10}, ValueError, "classes .*1000.*10"),
        ({"pooling": "mean"}, ValueError, "pooling 'mean' .*avg, max"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_before_anything_is_downloaded(options, error, words):
    with pytest.raises(error, match=words):
        VGG16(**{"include_top": False, "weights": None} | options)
