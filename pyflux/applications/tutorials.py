"""The networks of well-known tutorials.

All end in softmax. ``**options`` are passed on to `Sequential`, such as ``seed=`` and ``engine=``.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from ..layers import Conv2D, Dense, Flatten, Input, Layer, MaxPooling2D, Shape
from ..models import Sequential
from .vgg16 import VGG16


def flux_mnist(before: Sequence[Layer] = (), **options: Any) -> Sequential:
    """Return the network of Flux's MNIST tutorial: 28×28 grey images, 10 classes.

    Args:
        before: Layers to put in front, such as augmentation.
        options: Passed on to `Sequential`.

    >>> flux_mnist().count_params()
    12810
    """
    return Sequential(
        [
            *([Input((28, 28, 1)), *before] if before else []),
            Conv2D(16, (3, 3), activation="relu", input_shape=(28, 28, 1)),
            MaxPooling2D((2, 2)),
            Conv2D(32, (3, 3), activation="relu"),
            MaxPooling2D((2, 2)),
            Flatten(),
            Dense(10, activation="softmax"),
        ],
        **{"name": "flux_mnist"} | options,
    )


def keras_mnist(**options: Any) -> Sequential:
    """Return the network of Keras's MNIST tutorial: 28×28 grey images, 10 classes.

    >>> keras_mnist().count_params()
    93322
    """
    return Sequential(
        [
            Conv2D(32, (3, 3), activation="relu", input_shape=(28, 28, 1)),
            MaxPooling2D((2, 2)),
            Conv2D(64, (3, 3), activation="relu"),
            MaxPooling2D((2, 2)),
            Conv2D(64, (3, 3), activation="relu"),
            Flatten(),
            Dense(64, activation="relu"),
            Dense(10, activation="softmax"),
        ],
        **{"name": "keras_mnist"} | options,
    )


def keras_cifar(**options: Any) -> Sequential:
    """Return the network of TensorFlow's CIFAR tutorial: 32×32 colour images, 10 classes.

    >>> keras_cifar().count_params()
    167562
    """
    return Sequential(
        [
            Conv2D(32, (3, 3), activation="relu", input_shape=(32, 32, 3)),
            MaxPooling2D((2, 2)),
            Conv2D(64, (3, 3), activation="relu"),
            MaxPooling2D((2, 2)),
            Flatten(),
            Dense(64, activation="relu"),
            Dense(10, activation="softmax"),
        ],
        **{"name": "keras_cifar"} | options,
    )


def torch_cifar(**options: Any) -> Sequential:
    """Return the network of PyTorch's CIFAR tutorial: 32×32 colour images, 10 classes.

    Its first layer pads by 1, which for a 3×3 kernel is ``padding="same"``.

    >>> torch_cifar().layers[5].weight_shapes((7 * 7 * 64,))["kernel"]
    (3136, 64)
    """
    return Sequential(
        [
            Conv2D(32, (3, 3), padding="same", activation="relu", input_shape=(32, 32, 3)),
            MaxPooling2D((2, 2)),
            Conv2D(64, (3, 3), activation="relu"),
            MaxPooling2D((2, 2)),
            Flatten(),
            Dense(64, activation="relu"),
            Dense(10, activation="softmax"),
        ],
        **{"name": "torch_cifar"} | options,
    )


def keras_imagenet(**options: Any) -> Sequential:
    """Return the larger network of the Keras tutorial: 224×224 colour images, 10 classes.

    >>> keras_imagenet().output_shape
    (None, 10)
    """
    return Sequential(
        [
            Conv2D(32, (3, 3), activation="relu", input_shape=(224, 224, 3)),
            MaxPooling2D((2, 2)),
            Conv2D(64, (3, 3), activation="relu"),
            MaxPooling2D((2, 2)),
            Conv2D(128, (3, 3), activation="relu"),
            Flatten(),
            Dense(128, activation="relu"),
            Dense(10, activation="softmax"),
        ],
        **{"name": "keras_imagenet"} | options,
    )


def vgg16_transfer(
    weights: str | os.PathLike[str] | None = "imagenet",
    input_shape: Shape = (224, 224, 3),
    classes: int = 10,
    **options: Any,
) -> Sequential:
    """Return the network of TensorFlow's tutorial on transfer learning: a frozen VGG16 and a new classifier.

    Args:
        weights: As for `pyflux.applications.VGG16`.
        input_shape: ``(height, width, 3)``, at least 32 × 32.
        classes: Number of classes.
        options: Passed on to `Sequential`.

    Raises:
        ValueError, DownloadError: As for `pyflux.applications.VGG16`.

    >>> vgg16_transfer(weights=None, input_shape=(32, 32, 3)).output_shape
    (None, 10)
    """
    base = VGG16(include_top=False, weights=weights, input_shape=input_shape, seed=options.get("seed"))
    base.trainable = False
    return Sequential(
        [base, Flatten(), Dense(256, activation="relu"), Dense(classes, activation="softmax")],
        **{"name": "vgg16_transfer"} | options,
    )
