"""MobileNetV2.

Source: Sandler and others, "MobileNetV2: inverted residuals and linear bottlenecks", 2018; names are Keras's.
"""

from __future__ import annotations

import os
from typing import Any

from .._internal import validation
from ..layers import (
    Add,
    BatchNormalization,
    Conv2D,
    DepthwiseConv2D,
    Input,
    ReLU,
    Shape,
    ZeroPadding2D,
)
from ..models import Functional
from .pretrained import CLASSES, centred_preprocess, check_arguments, end, with_weights

# Of each stage: by how much a block widens its input, channels that it gives, blocks, and how many pixels the
# first block moves at a time (table 2).
STAGES = (
    (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
)  # fmt: skip

preprocess_input = centred_preprocess


def MobileNetV2(  # noqa: N802 - Keras's name
    include_top: bool = True,
    weights: str | os.PathLike[str] | None = None,
    *,
    input_shape: Shape | None = None,
    alpha: float = 1.0,
    pooling: str | None = None,
    classes: int = CLASSES,
    classifier_activation: str = "softmax",
    name: str = "mobilenetv2",
    seed: int | None = None,
    engine: str = "flux",
) -> Functional:
    """Return MobileNetV2 as a model, which can also be a layer of another model.

    Args:
        include_top: Whether to include the pooling and the dense layer at the end.
        weights: A file (safetensors, npz or Keras's .h5) with Keras's names, or None for random weights. They
            expect images as `pyflux.applications.mobilenet_v2.preprocess_input` makes them, from -1 to 1.
        input_shape: ``(height, width, 3)``, at least 32 × 32; ``(224, 224, 3)`` by default, and necessarily
            with pretrained weights and the top.
        alpha: Factor for the number of channels in every layer.
        pooling: Without the top, ``"avg"`` or ``"max"`` for a global pooling at the end; None for none.
        classes: Number of outputs of the top.
        classifier_activation: Activation of the top's last layer.
        name: The model's name.
        seed: Seed of random weights.
        engine: As for `pyflux.Sequential`.

    Raises:
        ValueError: ``input_shape`` or ``classes`` does not go with the weights, ``alpha`` is not above 0, or
            the file has other weights; the error names the first layer that does not match.

    >>> MobileNetV2().count_params()
    3538984
    """
    shape = check_arguments(include_top, weights, input_shape, classes)
    alpha = validation.as_float("alpha", alpha)
    if alpha <= 0:
        raise ValueError(f"alpha must be above 0, got {alpha:g}")
    inputs = Input(shape)
    x: Any = Conv2D(divisible(32 * alpha), 3, strides=2, padding="same", use_bias=False, name="Conv1")(inputs)
    x = ReLU(6.0, name="Conv1_relu")(_normalized(x, "bn_Conv1"))
    number = 0
    for expansion, channels, blocks, strides in STAGES:
        for block in range(blocks):
            prefix = f"block_{number}_" if number else "expanded_conv_"
            x = _block(x, prefix, expansion, divisible(int(channels * alpha)), strides if block == 0 else 1)
            number += 1
    x = Conv2D(divisible(1280 * max(alpha, 1.0)), 1, use_bias=False, name="Conv_1")(x)
    x = ReLU(6.0, name="out_relu")(_normalized(x, "Conv_1_bn"))
    x = end(x, include_top, pooling, classes, classifier_activation)
    model = Functional(inputs, x, name=name, seed=seed, engine=engine)
    return with_weights(model, weights, None)


def divisible(channels: float) -> int:
    """Return the multiple of 8 that is nearest to a number of channels, and no more than 10 % below it.

    >>> divisible(32), divisible(44.8), divisible(3)
    (32, 48, 8)
    """
    nearest = max(8, int(channels + 4) // 8 * 8)
    return nearest if nearest >= 0.9 * channels else nearest + 8


def _normalized(x: Any, name: str) -> Any:
    return BatchNormalization(epsilon=1e-3, momentum=0.999, name=name)(x)


def _block(x: Any, prefix: str, expansion: int, channels: int, strides: int) -> Any:
    """Widen, filter each channel, and narrow again; around it where nothing changes its size."""
    inputs, wide = x, expansion * x.shape[-1]
    if expansion > 1:
        x = Conv2D(wide, 1, padding="same", use_bias=False, name=f"{prefix}expand")(x)
        x = ReLU(6.0, name=f"{prefix}expand_relu")(_normalized(x, f"{prefix}expand_BN"))
    if strides == 2:
        # A pixel on both sides of an odd size; of an even one only below, and to the right.
        _, height, width, _ = x.shape
        x = ZeroPadding2D(((height % 2, 1), (width % 2, 1)), name=f"{prefix}pad")(x)
    x = DepthwiseConv2D(
        3, strides, "same" if strides == 1 else "valid", use_bias=False, name=f"{prefix}depthwise"
    )(x)
    x = ReLU(6.0, name=f"{prefix}depthwise_relu")(_normalized(x, f"{prefix}depthwise_BN"))
    x = Conv2D(channels, 1, padding="same", use_bias=False, name=f"{prefix}project")(x)
    x = _normalized(x, f"{prefix}project_BN")
    if strides == 1 and inputs.shape[-1] == channels:
        x = Add(name=f"{prefix}add")([inputs, x])
    return x
