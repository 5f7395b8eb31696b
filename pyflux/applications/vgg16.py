"""VGG16, with pretrained weights."""

from __future__ import annotations

import os

from ..layers import Conv2D, Dense, Flatten, Layer, MaxPooling2D, Shape
from ..models import Sequential
from .pretrained import (
    CLASSES,
    PublishedFile,
    caffe_preprocess,
    check_arguments,
    global_pooling,
    with_weights,
)

# Filters of the convolutions in each block, which ends in a pooling (Simonyan and Zisserman, "Very deep
# convolutional networks for large-scale image recognition", 2014, configuration D).
BLOCKS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))

_FILES = "https://storage.googleapis.com/tensorflow/keras-applications/vgg16/"
WITH_TOP = PublishedFile(
    _FILES + "vgg16_weights_tf_dim_ordering_tf_kernels.h5", "64373286793e3c8b2b4e3219cbf3544b", 553_467_096
)
WITHOUT_TOP = PublishedFile(
    _FILES + "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
    "6d6bbae143d832006294945121d1f1fc",
    58_889_256,
)

preprocess_input = caffe_preprocess


def VGG16(  # noqa: N802 - Keras's name
    include_top: bool = True,
    weights: str | os.PathLike[str] | None = "imagenet",
    *,
    input_shape: Shape | None = None,
    pooling: str | None = None,
    classes: int = CLASSES,
    classifier_activation: str = "softmax",
    name: str = "vgg16",
    seed: int | None = None,
    engine: str = "flux",
) -> Sequential:
    """Return VGG16 as a model, which can also be a layer of another model.

    Args:
        include_top: Whether to include the three dense layers at the end.
        weights: ``"imagenet"`` for Keras's published weights, downloaded once and verified; a file
            (safetensors, npz or Keras's .h5) with torchvision's or Keras's names; or None for random weights.
            Keras's weights expect images from 0 to 255 in the channel order blue, green, red, minus the means
            (103.939, 116.779, 123.68); torchvision's expect red, green, blue from 0 to 1, minus
            (0.485, 0.456, 0.406), divided by (0.229, 0.224, 0.225).
        input_shape: ``(height, width, 3)``, at least 32 × 32; ``(224, 224, 3)`` by default, and necessarily
            with pretrained weights and the top.
        pooling: Without the top, ``"avg"`` or ``"max"`` for a global pooling at the end; None for none.
        classes: Number of outputs of the top.
        classifier_activation: Activation of the top's last layer.
        name: The model's name.
        seed: Seed of random weights.
        engine: As for `Sequential`.

    Raises:
        ValueError: ``input_shape`` or ``classes`` does not go with the weights, or the file has other
            weights; the error names the first layer that does not match.
        DownloadError: The published weights cannot be downloaded.

    >>> VGG16(include_top=False, weights=None, input_shape=(64, 64, 3)).count_params()
    14714688
    """
    shape = check_arguments(include_top, weights, input_shape, classes)
    stack = convolutional_base(shape)
    if include_top:
        stack += top(classes, classifier_activation)
    else:
        stack += global_pooling(pooling)
    model = Sequential(stack, name=name, seed=seed, engine=engine)
    return with_weights(model, weights, WITH_TOP if include_top else WITHOUT_TOP)


def convolutional_base(input_shape: Shape) -> list[Layer]:
    """Return the five blocks of convolutions and poolings, named as in Keras."""
    stack: list[Layer] = []
    for b, filters in enumerate(BLOCKS, 1):
        for c, count in enumerate(filters, 1):
            stack.append(
                Conv2D(
                    count, (3, 3), padding="same", activation="relu", name=f"block{b}_conv{c}",
                    input_shape=None if stack else input_shape,
                )
            )  # fmt: skip
        stack.append(MaxPooling2D((2, 2), strides=(2, 2), name=f"block{b}_pool"))
    return stack


def top(classes: int, activation: str) -> list[Layer]:
    """Return the classifier, named as in Keras."""
    return [
        Flatten(name="flatten"),
        Dense(4096, activation="relu", name="fc1"),
        Dense(4096, activation="relu", name="fc2"),
        Dense(classes, activation=activation, name="predictions"),
    ]
