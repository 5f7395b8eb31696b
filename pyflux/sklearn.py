"""Estimators for scikit-learn: `FluxClassifier` and `FluxRegressor`.

They need the extra ``sklearn``, and work wherever scikit-learn takes an estimator: in a ``Pipeline``, in
``GridSearchCV`` and ``cross_val_score``, also with several processes, each of which starts its own Julia.

>>> from sklearn.datasets import load_iris
>>> from sklearn.pipeline import make_pipeline
>>> from sklearn.preprocessing import StandardScaler
>>> x, y = load_iris(return_X_y=True)
>>> pipeline = make_pipeline(StandardScaler(), FluxClassifier(engine="reference", random_state=0))
>>> bool(pipeline.fit(x, y).score(x, y) > 0.9)
True
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import layers
from ._internal import validation
from .errors import MissingExtraError
from .models import Sequential
from .optimizers import Optimizer

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
    from sklearn.utils import check_random_state
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data
except ModuleNotFoundError as e:
    if (e.name or "").partition(".")[0] != "sklearn":
        raise
    raise MissingExtraError("pyflux.sklearn needs scikit-learn: pip install 'pyflux-julia[sklearn]'") from e

if TYPE_CHECKING:
    from .callbacks import History

__all__ = ["FluxClassifier", "FluxRegressor"]

ModelFunction = Callable[[tuple[int, ...], int], Sequential]


class _FluxEstimator(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """What the classifier and the regressor share."""

    model_: Sequential
    history_: History
    n_features_in_: int

    def __init__(
        self,
        hidden_layer_sizes: Sequence[int] = (100,),
        *,
        image_shape: tuple[int, ...] | None = None,
        filters: Sequence[int] = (16, 32),
        model_fn: ModelFunction | None = None,
        optimizer: str | Optimizer = "adam",
        learning_rate: float = 0.003,
        epochs: int = 50,
        batch_size: int = 32,
        random_state: Any = None,
        engine: str = "flux",
        device: str = "auto",
        verbose: int | str | bool = 0,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.image_shape = image_shape
        self.filters = filters
        self.model_fn = model_fn
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.batch_size = batch_size
        self.random_state = random_state
        self.engine = engine
        self.device = device
        self.verbose = verbose

    def _samples(self, x: Any, *y: Any, reset: bool, multi_output: bool = False) -> Any:
        """Return checked samples ``(N, *sample)``, and the targets if they are given."""
        images = self.image_shape is not None
        options = {"reset": reset, "dtype": "numeric" if images else np.float32}
        if images and getattr(x, "ndim", 2) > 2:
            x = x.reshape(len(x), -1)  # scikit-learn counts features in rows
        if not y:
            return self._shaped(validate_data(self, x, **options))
        samples, targets = validate_data(self, x, *y, multi_output=multi_output, **options)
        return self._shaped(samples), targets

    def _shaped(self, x: NDArray[Any]) -> NDArray[Any]:
        if self.image_shape is None:
            return x
        shape = image_shape(self.image_shape)
        features = math.prod(x.shape[1:])
        if features != math.prod(shape):
            raise ValueError(
                f"image_shape={self.image_shape} has {math.prod(shape)} values, but a sample of X has "
                f"{features} features{suggestion(features)}"
            )
        x = x.reshape(len(x), *shape)
        return x if x.dtype == np.uint8 else x.astype(np.float32)

    def _new_model(self, sample: tuple[int, ...], outputs: int, activation: str, loss: str) -> Sequential:
        """Return a compiled model for samples of a shape."""
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        if self.model_fn is None:
            stack = network(sample, self.hidden_layer_sizes, self.filters)
            stack.append(layers.Dense(outputs, activation=activation))
            model = Sequential(stack, seed=seed, engine=self.engine, device=self.device)
        else:
            model = self.model_fn(sample, outputs)
            if not isinstance(model, Sequential):
                raise TypeError(f"model_fn must return a Sequential, got {validation.show(model)}")
            if model.output_shape != (None, outputs):
                raise ValueError(
                    f"model_fn must return a model with {outputs} outputs, got the output shape "
                    f"{model.output_shape}"
                )
            model.seed = seed
        model.compile(self.optimizer, loss, engine=self.engine, device=self.device)
        model.learning_rate = self.learning_rate
        return model

    def _train(self, x: Any, y: Any, epochs: int, sample_weight: ArrayLike | None) -> None:
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, x, ensure_non_negative=True)
        self.history_ = self.model_.fit(
            x, y, self.batch_size, epochs, self.verbose, sample_weight=sample_weight
        )

    def _outputs(self, x: Any) -> NDArray[np.float32]:
        check_is_fitted(self)
        return self.model_.predict(self._samples(x, reset=False), verbose=0)


class FluxClassifier(ClassifierMixin, _FluxEstimator):  # type: ignore[misc]
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


class FluxRegressor(RegressorMixin, _FluxEstimator):  # type: ignore[misc]
    """A neural network that predicts numbers, trained in Flux to the least squared error.

    Samples and targets should be scaled: see ``StandardScaler`` and ``TransformedTargetRegressor``.

    Args:
        hidden_layer_sizes: As for `FluxClassifier`, as all others.
        image_shape: As for `FluxClassifier`.
        filters: As for `FluxClassifier`.
        model_fn: As for `FluxClassifier`; its last layer gives the numbers.
        optimizer: As for `FluxClassifier`.
        learning_rate: The learning rate.
        epochs: Passes over the samples in `fit`; `partial_fit` makes one.
        batch_size: Samples per step.
        random_state: A seed, a ``RandomState`` or None.
        engine: ``"flux"``, or ``"reference"`` for NumPy without Julia.
        device: As for `Sequential`.
        verbose: As for `Sequential.fit`.

    Attributes:
        model_: The trained `Sequential`.
        history_: The `History` of the last training.
        n_features_in_: Number of features.

    >>> x = np.linspace(-1, 1, 200)[:, None]
    >>> regressor = FluxRegressor(engine="reference", random_state=0).fit(x, np.sin(3 * x[:, 0]))
    >>> bool(regressor.score(x, np.sin(3 * x[:, 0])) > 0.9)
    True
    """

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:  # noqa: N803
        """Train a new network.

        Args:
            X: As for `FluxClassifier.fit`.
            y: Target values ``(N,)`` or ``(N, outputs)``.
            sample_weight: A factor for each sample's loss, ``(N,)``.
        """
        x, y = self._targets(X, y, reset=True)
        self.model_ = self._regressor(x, y)
        self._train(x, y, validation.as_int("epochs", self.epochs), sample_weight)
        return self

    def partial_fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:  # noqa: N803
        """Train one epoch, on from where the network is."""
        first = not hasattr(self, "model_")
        x, y = self._targets(X, y, reset=first)
        if first:
            self.model_ = self._regressor(x, y)
        self._train(x, y, 1, sample_weight)
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803
        """Return the predicted values, ``(N,)`` or ``(N, outputs)`` as the targets were."""
        outputs = self._outputs(X).astype(np.float64)  # what scikit-learn expects of a regressor
        return outputs if self._columns else outputs[:, 0]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _targets(self, x: Any, y: Any, *, reset: bool) -> tuple[NDArray[Any], NDArray[np.float32]]:
        x, y = self._samples(x, y, reset=reset, multi_output=True)
        if reset:
            self._columns = y.ndim == 2
        return x, (y if y.ndim == 2 else y[:, None]).astype(np.float32)

    def _regressor(self, x: NDArray[Any], y: NDArray[Any]) -> Sequential:
        return self._new_model(x.shape[1:], y.shape[1], "linear", "mean_squared_error")


def network(sample: tuple[int, ...], hidden: Sequence[int], filters: Sequence[int]) -> list[layers.Layer]:
    """Return the layers before the outputs: convolutions where samples are images, then dense layers."""
    stack: list[layers.Layer] = [layers.Input(sample)]
    if len(sample) == 3:
        height, width = sample[:2]
        for count in filters:
            stack.append(layers.Conv2D(count, (3, 3), activation="relu", padding="same"))
            if min(height, width) >= 2:
                stack.append(layers.MaxPooling2D((2, 2)))
                height, width = height // 2, width // 2
        stack.append(layers.Flatten())
    return [*stack, *(layers.Dense(units, activation="relu") for units in hidden)]


def image_shape(value: Any) -> tuple[int, int, int]:
    """Return ``(height, width, channels)``; one channel where none is given.

    >>> image_shape((28, 28))
    (28, 28, 1)
    """
    if not isinstance(value, (tuple, list)) or len(value) not in (2, 3):
        raise ValueError(
            f"image_shape must be (height, width) or (height, width, channels), got {validation.show(value)}"
        )
    height, width, channels = (validation.as_int("image_shape", n) for n in (*value, 1)[:3])
    return height, width, channels


def suggestion(features: int) -> str:
    """Return which shapes of square images have so many values, for an error.

    >>> suggestion(784), suggestion(3072), suggestion(7)
    ('; image_shape=(28, 28) would fit', '; image_shape=(32, 32, 3) would fit', '')
    """
    for channels in (1, 3, 4):
        side = math.isqrt(features // channels)
        if side > 1 and side * side * channels == features:
            shape = (side, side) if channels == 1 else (side, side, channels)
            return f"; image_shape={shape} would fit"
    return ""
