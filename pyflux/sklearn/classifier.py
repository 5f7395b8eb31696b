"""`FluxClassifier`."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets

from .._internal import validation
from ..models import Sequential
from .estimator import FluxEstimator


class FluxClassifier(ClassifierMixin, FluxEstimator):  # type: ignore[misc]
    """A neural network that classifies, trained in Flux.

    Without ``image_shape`` it is a dense network; with it, a convolutional one. Samples of a dense network
    should be scaled, such as by ``StandardScaler``; images are uint8, or floats from 0 to 1.

    Args:
        hidden_layer_sizes: Units of each hidden dense layer. Before the outputs of a convolutional network
            they stand too.
        image_shape: ``(height, width)`` or ``(height, width, channels)`` of the images whose pixels are the
            features of a sample; None for features that are no pixels.
        filters: Filters of each 3×3 convolution, with ``image_shape``; 2×2 max-pooling follows each.
        model_fn: ``model_fn(sample_shape, outputs)`` returns a `Sequential` that is trained in the place of
            these; its last layer gives probabilities. To be pickled it must be a function of a module.
        optimizer: Name of an optimizer, or an object of `pyflux.optimizers`.
        learning_rate: The learning rate.
        epochs: Passes over the samples in `fit`; `partial_fit` makes one.
        batch_size: Samples per step.
        random_state: A seed, a ``RandomState`` or None, as everywhere in scikit-learn.
        engine: ``"flux"``, or ``"reference"`` for NumPy without Julia.
        device: As for `Sequential`.
        verbose: As for `Sequential.fit`.

    Attributes:
        classes_: The labels, sorted.
        model_: The trained `Sequential`.
        history_: The `History` of the last training.
        n_features_in_: Number of features.

    >>> from sklearn.datasets import load_digits
    >>> x, y = load_digits(return_X_y=True)
    >>> images = FluxClassifier((), image_shape=(8, 8), epochs=3, engine="reference", random_state=0)
    >>> bool(images.fit(x[:1000] / 16, y[:1000]).score(x[1000:] / 16, y[1000:]) > 0.85)
    True
    """

    classes_: NDArray[Any]

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:  # noqa: N803
        """Train a new network.

        Args:
            X: ``(N, features)``; with ``image_shape``, ``(N, *image_shape)`` too.
            y: Labels ``(N,)`` of any type.
            sample_weight: A factor for each sample's loss, ``(N,)``.

        Raises:
            ValueError: There are fewer than two classes, or a sample does not fill ``image_shape``.
        """
        x, y = self._samples(X, y, reset=True)
        self.classes_, labels = self._labels(y)
        self.model_ = self._classifier(x)
        self._train(x, labels, validation.as_int("epochs", self.epochs), sample_weight)
        return self

    def partial_fit(
        self,
        X: ArrayLike,  # noqa: N803
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Train one epoch, on from where the network is.

        Args:
            X: As for `fit`.
            y: As for `fit`.
            classes: All labels that will ever come; needed in the first call alone.
            sample_weight: As for `fit`.
        """
        first = not hasattr(self, "model_")
        if first and classes is None:
            raise ValueError("classes must be given in the first call of partial_fit: all labels that come")
        x, y = self._samples(X, y, reset=first)
        check_classification_targets(y)
        known = self._labels(np.asarray(classes))[0] if classes is not None else self.classes_
        if not first and not np.array_equal(known, self.classes_):
            raise ValueError(f"classes must be those of the first call, {self.classes_}, got {known}")
        unknown = np.setdiff1d(y, known)
        if len(unknown):
            raise ValueError(f"y has the labels {unknown}, which are not among classes={known}")
        if first:
            self.classes_ = known
            self.model_ = self._classifier(x)
        self._train(x, np.searchsorted(self.classes_, y), 1, sample_weight)
        return self

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float32]:  # noqa: N803
        """Return the probability of each class, ``(N, classes)``, in the order of ``classes_``."""
        return self._outputs(X)

    def predict(self, X: ArrayLike) -> NDArray[Any]:  # noqa: N803
        """Return the most probable label of each sample, ``(N,)``."""
        chosen = self._outputs(X).argmax(axis=1)
        labels: NDArray[Any] = self.classes_[chosen]
        return labels

    def _labels(self, y: ArrayLike) -> tuple[NDArray[Any], NDArray[np.int64]]:
        check_classification_targets(y)
        classes, labels = np.unique(y, return_inverse=True)
        if len(classes) < 2:
            raise ValueError(f"y must have at least 2 classes, got 1 class: {classes[0]!r}")
        return classes, labels

    def _classifier(self, x: NDArray[Any]) -> Sequential:
        return self._new_model(x.shape[1:], len(self.classes_), "softmax", "sparse_categorical_crossentropy")
