"""What a model says about labelled samples."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..inputs import Batches, Images, as_array, as_columns, as_labels, as_samples, is_batched
from ..losses.probabilities import as_probabilities, output_kind

if TYPE_CHECKING:
    from ..models import Model


@dataclass(frozen=True)
class Predictions:
    """Labelled samples with a model's probabilities.

    Attributes:
        images: The samples, ``(N, height, width, channels)``.
        labels: Their classes ``(N,)``.
        probabilities: ``(N, classes)``.
    """

    images: Images
    labels: NDArray[np.integer[Any]]
    probabilities: NDArray[np.floating[Any]]

    @cached_property
    def predicted(self) -> NDArray[np.int64]:
        """The most probable class of each sample, ``(N,)``."""
        return np.asarray(self.probabilities.argmax(axis=1), np.int64)

    @cached_property
    def confidence(self) -> NDArray[np.floating[Any]]:
        """The probability of that class, ``(N,)``."""
        return np.asarray(self.probabilities.max(axis=1))

    def mistakes(self) -> NDArray[np.int64]:
        """Return the indices of the wrong ones, the surest first."""
        wrong = np.flatnonzero(self.predicted != self.labels)
        return wrong[np.argsort(-self.confidence[wrong], kind="stable")]


def predictions_of(model: Model, x: Any, y: ArrayLike | None) -> Predictions:
    """Return what a model says about labelled images.

    Args:
        model: A model that gives probabilities of classes.
        x: Images, or a data set of batches ``(x, y)`` that ends.
        y: Labels ``(N,)`` or ``(N, 1)``, or ``(N, classes)`` with a 1 for the right class; None with a data
            set.

    Raises:
        ValueError: The model gives no probabilities, takes no images, or the labels do not fit.
    """
    if is_batched(x):
        batches = list(Batches(x, y, labelled=True))
        x = np.concatenate([as_array("x", batch.x) for batch in batches])
        y = np.concatenate([as_array("y", batch.y) for batch in batches])
    elif y is None:
        raise ValueError("y must be given: a class for each of the images; only a data set has them in x")
    images = as_images(model, x)
    probabilities = probabilities_of(model, images)
    return Predictions(images, as_classes(y, probabilities.shape[1], len(images)), probabilities)


def probabilities_of(model: Model, images: Images) -> NDArray[np.floating[Any]]:
    """Return the probability of each class, ``(N, classes)``.

    Raises:
        ValueError: The model gives none.
    """
    kind = output_kind(model.architecture, model.loss if model.compiled else None)
    return as_probabilities(kind, model.predict(images, verbose=0))


def as_images(model: Model, x: ArrayLike, argument: str = "x") -> Images:
    """Return images as the model takes them, ``(N, height, width, channels)``.

    Raises:
        ValueError: They do not fit the model, or it takes no images.
    """
    architecture = model.require_architecture("pyflux.plots")
    if len(architecture.input_shape) != 3:
        raise ValueError(f"model must take images, got one for samples of shape {architecture.input_shape}")
    return as_samples(argument, x, architecture.input_shape, scales_bytes=architecture.scales_bytes)


def as_classes(y: ArrayLike, classes: int, samples: int) -> NDArray[np.integer[Any]]:
    """Return class numbers ``(N,)`` from these or from columns with a 1 for the right class."""
    array = as_array("y", y)
    if array.ndim == 2 and array.shape[1] == classes > 1:
        columns = as_columns("y", array, classes, samples, "x", unit=True)
        return np.asarray(columns.argmax(axis=1), np.int64)
    return as_labels("y", array, classes, samples, "x")


def names_of(x: Any, class_names: Iterable[Any] | None) -> Iterable[Any] | None:
    """Return the names of the classes: those that are given, or those of a data set; None for numbers.

    >>> names_of([[0.0]], None) is None
    True
    """
    return getattr(x, "class_names", None) if class_names is None else class_names
