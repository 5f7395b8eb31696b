"""ResNet50, with pretrained weights.

Source: He and others, "Deep residual learning for image recognition", 2015. Sizes, names and the place of
strides, in the first convolution of a block, are Keras's.
"""

from __future__ import annotations

import os
from typing import Any

from ..layers import (
    Activation,
    Add,
    BatchNormalization,
    Conv2D,
    Input,
    MaxPooling2D,
    Shape,
    ZeroPadding2D,
)
from ..models import Functional
from .pretrained import (
    CLASSES,
    PublishedFile,
    caffe_preprocess,
    check_arguments,
    end,
    with_weights,
)

# Of each stage: filters, blocks, and how many pixels its first block moves at a time.
STAGES = ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2))
EPSILON = 1.001e-5

_FILES = "https://storage.googleapis.com/tensorflow/keras-applications/resnet/"
WITH_TOP = PublishedFile(
    _FILES + "resnet50_weights_tf_dim_ordering_tf_kernels.h5",
    "2cb95161c43110f7111970584f804107",
    102_967_424,
)
WITHOUT_TOP = PublishedFile(
    _FILES + "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5",
    "4d473c1dd8becc155b73f8504c6f6626",
    94_765_736,
)

preprocess_input = caffe_preprocess


def ResNet50(  # noqa: N802 - Keras's name
    include_top: bool = True,
    weights: str | os.PathLike[str] | None = "imagenet",
    *,
    input_shape: Shape | None = None,
    pooling: str | None = None,
    classes: int = CLASSES,
    classifier_activation: str = "softmax",
    name: str = "resnet50",
    seed: int | None = None,
    engine: str = "flux",
) -> Functional:
    """Return ResNet50 as a model, which can also be a layer of another model.

    Args:
        include_top: Whether to include the pooling and the dense layer at the end.
        weights: ``"imagenet"`` for Keras's published weights, downloaded once and verified; a file
            (safetensors, npz or Keras's .h5) with Keras's names; or None for random weights. They expect
            images as `pyflux.applications.resnet.preprocess_input` makes them.
        input_shape: ``(height, width, 3)``, at least 32 × 32; ``(224, 224, 3)`` by default, and necessarily
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

    >>> ResNet50(weights=None).count_params()
    25636712
    """
    shape = check_arguments(include_top, weights, input_shape, classes)
    inputs = Input(shape)
    x: Any = ZeroPadding2D(3, name="conv1_pad")(inputs)
    x = _convolution(x, "conv1", 64, 7, strides=2)
    x = Activation("relu", name="conv1_relu")(x)
    x = MaxPooling2D(3, strides=2, name="pool1_pool")(ZeroPadding2D(1, name="pool1_pad")(x))
    for number, (filters, blocks, strides) in enumerate(STAGES, 2):
        for block in range(1, blocks + 1):
            x = _block(x, f"conv{number}_block{block}", filters, strides if block == 1 else 1, block == 1)
    x = end(x, include_top, pooling, classes, classifier_activation)
    model = Functional(inputs, x, name=name, seed=seed, engine=engine)
    return with_weights(model, weights, WITH_TOP if include_top else WITHOUT_TOP)


def _convolution(x: Any, name: str, filters: int, size: int, **options: Any) -> Any:
    """A convolution and its batch normalization."""
    x = Conv2D(filters, size, name=f"{name}_conv", **options)(x)
    return BatchNormalization(epsilon=EPSILON, name=f"{name}_bn")(x)


def _block(x: Any, name: str, filters: int, strides: int, projected: bool) -> Any:
    """Three convolutions and the way around them, which is a convolution where the size changes."""
    shortcut = _convolution(x, f"{name}_0", 4 * filters, 1, strides=strides) if projected else x
    x = _convolution(x, f"{name}_1", filters, 1, strides=strides)
    x = Activation("relu", name=f"{name}_1_relu")(x)
    x = _convolution(x, f"{name}_2", filters, 3, padding="same")
    x = Activation("relu", name=f"{name}_2_relu")(x)
    x = _convolution(x, f"{name}_3", 4 * filters, 1)
    return Activation("relu", name=f"{name}_out")(Add(name=f"{name}_add")([shortcut, x]))
