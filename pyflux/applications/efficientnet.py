"""EfficientNetB0 to B7, with pretrained weights.

Source: Tan and Le, "EfficientNet: rethinking model scaling for convolutional neural networks", 2019. Names,
and where images are scaled, are Keras's.
"""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..inputs import Floats, as_array
from ..layers import (
    Activation,
    Add,
    BatchNormalization,
    Conv2D,
    DepthwiseConv2D,
    Dropout,
    GlobalAveragePooling2D,
    Input,
    Multiply,
    Normalization,
    Rescaling,
    Reshape,
    Shape,
    ZeroPadding2D,
)
from ..models import Functional
from .mobilenet_v2 import divisible
from .pretrained import CLASSES, PublishedFile, check_arguments, end, with_weights


class Scale(NamedTuple):
    """What tells one EfficientNet from another (table 8), and its published weights."""

    width: float
    depth: float
    resolution: int
    dropout: float
    with_top: str  # MD5 of the files that Keras publishes, as its source gives it
    without_top: str


SCALES = {
    "b0": Scale(1.0, 1.0, 224, 0.2, "902e53a9f72be733fc0bcb005b3ebbac", "50bc09e76180e00e4465e1a485ddc09d"),
    "b1": Scale(1.0, 1.1, 240, 0.2, "1d254153d4ab51201f1646940f018540", "74c4e6b3e1f6a1eea24c589628592432"),
    "b2": Scale(1.1, 1.2, 260, 0.3, "b15cce36ff4dcbd00b6dd88e7857a6ad", "111f8e2ac8aa800a7a99e3239f7bfb39"),
    "b3": Scale(1.2, 1.4, 300, 0.3, "ffd1fdc53d0ce67064dc6a9c7960ede0", "af6d107764bb5b1abb91932881670226"),
    "b4": Scale(1.4, 1.8, 380, 0.4, "18c95ad55216b8f92d7e70b3a046e2fc", "ebc24e6d6c33eaebbd558eafbeedf1ba"),
    "b5": Scale(1.6, 2.2, 456, 0.4, "ace28f2a6363774853a83a0b21b9421a", "38879255a25d3c92d5e44e04ae6cec6f"),
    "b6": Scale(1.8, 2.6, 528, 0.5, "165f6e37dce68623721b423839de8be5", "9ecce42647a20130c1f39a5d4cb75743"),
    "b7": Scale(2.0, 3.1, 600, 0.5, "8c03f828fec3ef71311cd463b6759d99", "cbcfe4450ddf6f3ad90b1b398090fe4a"),
}


class Stage(NamedTuple):
    """A row of table 1: blocks that are alike."""

    kernel: int
    blocks: int
    channels: int
    expansion: int
    strides: int


STAGES = (
    Stage(3, 1, 16, 1, 1), Stage(3, 2, 24, 6, 2), Stage(5, 2, 40, 6, 2), Stage(3, 3, 80, 6, 2),
    Stage(5, 3, 112, 6, 1), Stage(5, 4, 192, 6, 2), Stage(3, 1, 320, 6, 1),
)  # fmt: skip

SQUEEZE = 4  # channels of a block's input for each in the middle of its gate
DROPPED = 0.2  # the share of the samples for which the last block is left out in training

# The standard deviations of ImageNet's channels. With the published weights Keras divides by their roots too.
DEVIATIONS = (0.229, 0.224, 0.225)

_FILES = "https://storage.googleapis.com/keras-applications/"


def preprocess_input(images: Any) -> Floats:
    """Return images from 0 to 255 as float32: the network scales them itself."""
    return as_array("images", images).astype(np.float32)


def _efficientnet(
    which: str,
    include_top: bool = True,
    weights: str | os.PathLike[str] | None = "imagenet",
    *,
    input_shape: Shape | None = None,
    pooling: str | None = None,
    classes: int = CLASSES,
    classifier_activation: str = "softmax",
    name: str | None = None,
    seed: int | None = None,
    engine: str = "flux",
) -> Functional:
    scale = SCALES[which]
    default = (scale.resolution, scale.resolution, 3)
    shape = check_arguments(include_top, weights, input_shape, classes, default=default)
    inputs = Input(shape)
    statistics = Normalization(name="normalization")
    x: Any = statistics(Rescaling(1 / 255, name="rescaling")(inputs))
    x = _padded(x, 3, "stem_conv_pad")
    x = Conv2D(_channels(32, scale), 3, strides=2, use_bias=False, name="stem_conv", **_DRAWN)(x)
    x = _activated(x, "stem")
    total = sum(_repeats(stage, scale) for stage in STAGES)
    number = 0
    for letter, stage in enumerate(STAGES, 1):
        for i in range(_repeats(stage, scale)):
            block_name = f"block{letter}{chr(ord('a') + i)}_"
            strides = stage.strides if i == 0 else 1
            x = _block(
                x, block_name, stage, _channels(stage.channels, scale), strides, DROPPED * number / total
            )
            number += 1
    x = Conv2D(_channels(1280, scale), 1, padding="same", use_bias=False, name="top_conv", **_DRAWN)(x)
    x = _activated(x, "top")
    x = end(x, include_top, pooling, classes, classifier_activation, dropout=scale.dropout)
    full_name = f"efficientnet{which}"
    model = Functional(inputs, x, name=full_name if name is None else name, seed=seed, engine=engine)
    suffix, md5 = ("", scale.with_top) if include_top else ("_notop", scale.without_top)
    with_weights(model, weights, PublishedFile(f"{_FILES}{full_name}{suffix}.h5", md5))
    if weights == "imagenet":
        mean, variance = statistics.get_weights()
        statistics.set_weights([mean, variance * np.array(DEVIATIONS, np.float32)])
    return model


# As the published networks were started.
_DRAWN: dict[str, Any] = {
    "kernel_initializer": {
        "type": "VarianceScaling", "scale": 2.0, "mode": "fan_out", "distribution": "truncated_normal",
    }
}  # fmt: skip


def _channels(channels: int, scale: Scale) -> int:
    return divisible(channels * scale.width)


def _repeats(stage: Stage, scale: Scale) -> int:
    return math.ceil(scale.depth * stage.blocks)


def _activated(x: Any, name: str) -> Any:
    return Activation("swish", name=f"{name}_activation")(BatchNormalization(name=f"{name}_bn")(x))


def _padded(x: Any, kernel: int, name: str) -> Any:
    """Zeros for a convolution that moves two pixels at a time: fewer before an even size than after it."""
    _, height, width, _ = x.shape
    half = kernel // 2
    return ZeroPadding2D(((half - 1 + height % 2, half), (half - 1 + width % 2, half)), name=name)(x)


def _block(x: Any, name: str, stage: Stage, channels: int, strides: int, dropped: float) -> Any:
    """Widen, filter each channel, weigh the channels, and narrow again; a way around where the size stays.

    Args:
        x: What goes in.
        name: Begins the names of the layers.
        stage: The kernel and the expansion.
        channels: How many come out.
        strides: Pixels that the filter moves at a time.
        dropped: The share of the samples for which the block is left out in training.
    """
    inputs, given = x, x.shape[-1]
    wide = stage.expansion * given
    if stage.expansion > 1:
        x = Conv2D(wide, 1, padding="same", use_bias=False, name=f"{name}expand_conv", **_DRAWN)(x)
        x = _activated(x, f"{name}expand")
    if strides == 2:
        x = _padded(x, stage.kernel, f"{name}dwconv_pad")
    x = DepthwiseConv2D(
        stage.kernel, strides, "same" if strides == 1 else "valid", use_bias=False, name=f"{name}dwconv",
        depthwise_initializer=_DRAWN["kernel_initializer"],
    )(x)  # fmt: skip
    x = Activation("swish", name=f"{name}activation")(BatchNormalization(name=f"{name}bn")(x))
    gate = Reshape((1, 1, wide), name=f"{name}se_reshape")(
        GlobalAveragePooling2D(name=f"{name}se_squeeze")(x)
    )
    gate = Conv2D(
        max(1, given // SQUEEZE), 1, padding="same", activation="swish", name=f"{name}se_reduce", **_DRAWN
    )(gate)
    gate = Conv2D(wide, 1, padding="same", activation="sigmoid", name=f"{name}se_expand", **_DRAWN)(gate)
    x = Multiply(name=f"{name}se_excite")([x, gate])
    x = Conv2D(channels, 1, padding="same", use_bias=False, name=f"{name}project_conv", **_DRAWN)(x)
    x = BatchNormalization(name=f"{name}project_bn")(x)
    if strides == 1 and given == channels:
        if dropped > 0:
            x = Dropout(dropped, noise_shape=(None, 1, 1, 1), name=f"{name}drop")(x)
        x = Add(name=f"{name}add")([x, inputs])
    return x


_DOCUMENTATION = """Return {title} as a model, which can also be a layer of another model.

    Args:
        include_top: Whether to include the pooling and the dense layer at the end.
        weights: ``"imagenet"`` for Keras's published weights, downloaded once and verified; a file
            (safetensors, npz or Keras's .h5) with Keras's names; or None for random weights. Images go in
            from 0 to 255: the network scales them.
        input_shape: ``(height, width, 3)``, at least 32 × 32; {size} × {size} by default, and necessarily
            with pretrained weights and the top.
        pooling: Without the top, ``"avg"`` or ``"max"`` for a global pooling at the end; None for none.
        classes: Number of outputs of the top.
        classifier_activation: Activation of the top's last layer.
        name: The model's name.
        seed: Seed of random weights.
        engine: As for `pyflux.Sequential`.

    Raises:
        ValueError: ``input_shape`` or ``classes`` does not go with the weights, or the file has other
            weights; the error names the first layer that does not match.
        DownloadError: The published weights cannot be downloaded.
    """


def _named(which: str) -> Callable[..., Functional]:
    @functools.wraps(_efficientnet, assigned=())
    def build(*arguments: Any, **options: Any) -> Functional:
        return _efficientnet(which, *arguments, **options)

    build.__name__ = build.__qualname__ = f"EfficientNet{which.upper()}"
    build.__module__ = __name__
    build.__doc__ = _DOCUMENTATION.format(title=build.__name__, size=SCALES[which].resolution)
    return build


EfficientNetB0 = _named("b0")
EfficientNetB1 = _named("b1")
EfficientNetB2 = _named("b2")
EfficientNetB3 = _named("b3")
EfficientNetB4 = _named("b4")
EfficientNetB5 = _named("b5")
EfficientNetB6 = _named("b6")
EfficientNetB7 = _named("b7")
