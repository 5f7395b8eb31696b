"""`FluxRegressor`."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import RegressorMixin

from .._internal import validation
from ..models import Sequential
from .estimator import FluxEstimator


class FluxRegressor(RegressorMixin, FluxEstimator):  # type: ignore[misc]
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
