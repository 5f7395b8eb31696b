"""Networks that others have trained, to build on."""

from __future__ import annotations

import os
from pathlib import Path

from .._internal import validation
from ..datasets.base import cache_folder
from ..interchange import match_weights, read_weights
from ..layers import Conv2D, Dense, Flatten, Layer, MaxPooling2D, Shape
from ..models import Sequential

# Filters of the convolutions in each block; a pooling ends each (Simonyan and Zisserman, "Very deep
# convolutional networks for large-scale image recognition", 2014, network D).
BLOCKS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))

# Keras's published weights. The hashes are those in keras/src/applications/vgg16.py, which are MD5.
KERAS_FILES = "https://storage.googleapis.com/tensorflow/keras-applications/vgg16/"
WITH_TOP = ("vgg16_weights_tf_dim_ordering_tf_kernels.h5", "64373286793e3c8b2b4e3219cbf3544b")
WITHOUT_TOP = ("vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5", "6d6bbae143d832006294945121d1f1fc")

IMAGE = (224, 224, 3)


def VGG16(  # noqa: N802 - Keras's name
    include_top: bool = True,
    weights: str | os.PathLike[str] | None = "imagenet",
    input_shape: Shape | None = None,
    classes: int = 1000,
    classifier_activation: str = "softmax",
    name: str = "vgg16",
    *,
    seed: int | None = None,
    engine: str = "flux",
) -> Sequential:
    """Return VGG16, as a model or as the beginning of one.

    Args:
        include_top: Whether the three dense layers at the end belong to it.
        weights: A file (safetensors, npz, or Keras's .h5) with torchvision's or Keras's names; ``"imagenet"``
            for Keras's published weights, downloaded once and checked; or None for new ones. Keras's weights
            want images with 0 to 255 in the order blue, green, red, less their means (103.939, 116.779,
            123.68); torchvision's want 0 to 1, less (0.485, 0.456, 0.406), over (0.229, 0.224, 0.225).
        input_shape: ``(height, width, 3)``, at least 32 × 32; (224, 224, 3) by default, and with the top.
        classes: Number of outputs of the top.
        classifier_activation: The top's last activation.
        name: The model's name.
        seed: Decides new weights.
        engine: As for `Sequential`.

    Raises:
        ValueError: The weights do not fit; the error names the first layer that does not.
        DownloadError: The weights cannot be had.
        MissingExtraError: A file of Keras's is given and h5py is not installed.

    >>> VGG16(include_top=False, weights=None, input_shape=(64, 64, 3)).count_params()
    14714688
    """
    shape = IMAGE if input_shape is None else tuple(input_shape)
    if len(shape) != 3 or min(shape[:2]) < 32 or (include_top and weights is not None and shape != IMAGE):
        raise ValueError(
            f"input_shape must be {IMAGE} for weights with the top, and at least (32, 32, 3) without, "
            f"got {shape}"
        )
    if include_top and weights == "imagenet" and validation.as_int("classes", classes) != 1000:
        raise ValueError(
            f"classes must be 1000 for the published weights, got {classes}; use include_top=False"
        )
    stack = blocks(shape) + (top(classes, classifier_activation) if include_top else [])
    model = Sequential(stack, name=name, seed=seed, engine=engine)
    if weights is not None:
        path = published(include_top) if weights == "imagenet" else weights
        model.set_weights(match_weights(model.architecture, read_weights(path)))
    return model


def blocks(input_shape: Shape) -> list[Layer]:
    """Return the convolutions and poolings, named as in Keras."""
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


def published(include_top: bool) -> Path:
    """Return the file of Keras's weights, downloaded if need be."""
    from ..datasets.download import fetch

    name, md5 = WITH_TOP if include_top else WITHOUT_TOP
    return fetch([KERAS_FILES + name], cache_folder("weights") / name, md5=md5)
