"""What the published networks have in common: their arguments, the end of their bases, their weights."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from .._internal import validation
from ..datasets.base import cache_folder
from ..inputs import Floats, as_array
from ..interchange import match_weights, read_weights
from ..layers import Dense, Dropout, GlobalAveragePooling2D, GlobalMaxPooling2D, Layer, Shape
from ..layers.base import sample_shape
from ..models import Model

DEFAULT_SHAPE = (224, 224, 3)
CLASSES = 1000  # of ImageNet

POOLINGS: dict[str, type[Layer]] = {"avg": GlobalAveragePooling2D, "max": GlobalMaxPooling2D}

# Means of ImageNet's images, from 0 to 255, in the order blue, green, red.
CAFFE_MEANS = (103.939, 116.779, 123.68)

M = TypeVar("M", bound=Model)


class PublishedFile(NamedTuple):
    """A file of weights that Keras publishes: its address, MD5 as Keras's source gives it, size in bytes."""

    url: str
    md5: str
    size: int | None = None

    def fetch(self) -> os.PathLike[str]:
        """Return the file, downloading it once."""
        from ..datasets.download import fetch

        path = cache_folder("weights") / self.url.rpartition("/")[2]
        return fetch([self.url], path, md5=self.md5, size=self.size)


def check_arguments(
    include_top: bool,
    weights: str | os.PathLike[str] | None,
    input_shape: Shape | None,
    classes: int,
    *,
    default: Shape = DEFAULT_SHAPE,
    smallest: int = 32,
) -> Shape:
    """Return the shape of the samples, after checking what goes together.

    Raises:
        ValueError: ``input_shape`` or ``classes`` does not go with the weights, or is too small.
    """
    shape = default if input_shape is None else sample_shape("input_shape", input_shape)
    if include_top and weights is not None and shape != default:
        raise ValueError(
            f"input_shape must be {default} for pretrained weights with the top, got {shape}; "
            f"use include_top=False for other sizes"
        )
    if len(shape) != 3 or min(shape[:2]) < smallest:
        raise ValueError(
            f"input_shape must be (height, width, channels) with at least {smallest} × {smallest} pixels, "
            f"got {shape}"
        )
    if include_top and weights == "imagenet" and validation.as_int("classes", classes) != CLASSES:
        raise ValueError(
            f"classes must be {CLASSES} for the published weights, got {classes}; use include_top=False"
        )
    return shape


def global_pooling(pooling: str | None) -> list[Layer]:
    """Return the layer that ``pooling`` asks for at the end of a base, in a list; none for None."""
    if pooling is None:
        return []
    return [POOLINGS[validation.choice("pooling", pooling, POOLINGS)](name=f"{pooling}_pool")]


def end(
    x: Any,
    include_top: bool,
    pooling: str | None,
    classes: int,
    classifier_activation: str,
    *,
    dropout: float = 0.0,
) -> Any:
    """Return what the end of a network makes of its last feature maps.

    Args:
        x: The feature maps, a symbolic tensor.
        include_top: Whether it ends in a pooling and a dense layer.
        pooling: What it ends in otherwise, see `global_pooling`.
        classes: Number of outputs of the dense layer.
        classifier_activation: Its activation.
        dropout: The fraction that is dropped before it.
    """
    if include_top:
        x = GlobalAveragePooling2D(name="avg_pool")(x)
        if dropout:
            x = Dropout(dropout, name="top_dropout")(x)
        return Dense(classes, activation=classifier_activation, name="predictions")(x)
    for layer in global_pooling(pooling):
        x = layer(x)
    return x


def with_weights(model: M, weights: str | os.PathLike[str] | None, published: PublishedFile | None) -> M:
    """Return the model with its weights read.

    Args:
        model: The model.
        weights: ``"imagenet"``, a file, or None for those that it has.
        published: The file that ``"imagenet"`` stands for; None where there is none.

    Raises:
        ValueError: The file has other weights, or there is none for ``"imagenet"``.
        DownloadError: The published weights cannot be downloaded.
    """
    if weights is None:
        return model
    if weights == "imagenet":
        if published is None:
            raise ValueError(
                f"weights: Keras publishes no hash of {model.name}'s weights, and files without one are not "
                f"downloaded; give the path of a file, or weights=None"
            )
        weights = published.fetch()
    model.set_weights(match_weights(model.architecture, read_weights(weights)))
    return model


def caffe_preprocess(images: ArrayLike) -> Floats:
    """Return red, green, blue images from 0 to 255 as the networks of Caffe's time want them.

    That is blue, green, red, minus the means of ImageNet's images.

    Args:
        images: ``(N, height, width, 3)`` or one image.

    >>> caffe_preprocess(np.zeros((1, 1, 1, 3))).ravel()
    array([-103.939, -116.779, -123.68 ], dtype=float32)
    """
    array = _colour_images(images)
    return np.ascontiguousarray(array[..., ::-1] - np.array(CAFFE_MEANS, np.float32))


def centred_preprocess(images: ArrayLike) -> Floats:
    """Return images from 0 to 255 scaled to -1 … 1.

    Args:
        images: ``(N, height, width, 3)`` or one image.

    >>> centred_preprocess([[[0, 127.5, 255]]]).ravel()
    array([-1.,  0.,  1.], dtype=float32)
    """
    return _colour_images(images) / np.float32(127.5) - np.float32(1)


def _colour_images(images: ArrayLike) -> Floats:
    array = as_array("images", images)
    if array.ndim not in (3, 4) or array.shape[-1] != 3:
        raise ValueError(f"images must be (N, height, width, 3), got {array.shape}")
    return array.astype(np.float32)


def decode(predictions: ArrayLike, names: Sequence[str], top: int = 5) -> list[list[tuple[str, float]]]:
    """Return the names of the most probable classes of each sample, with their probabilities.

    Args:
        predictions: ``(N, classes)`` probabilities.
        names: A name for each class.
        top: How many.

    >>> decode([[0.1, 0.7, 0.2]], ["cat", "dog", "cow"], top=2)
    [[('dog', 0.7), ('cow', 0.2)]]
    """
    probabilities = as_array("predictions", predictions)
    if probabilities.ndim != 2 or probabilities.shape[1] != len(names):
        raise ValueError(f"predictions must be (N, {len(names)}), got {probabilities.shape}")
    order = np.argsort(-probabilities, axis=1, kind="stable")[:, : validation.as_int("top", top)]
    return [
        [(names[i], float(row[i])) for i in indices]
        for row, indices in zip(probabilities, order, strict=True)
    ]
