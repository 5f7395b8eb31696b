"""What both estimators share: their arguments, the checks of samples, and the network."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from .. import layers
from .._internal import validation
from ..models import Sequential
from ..optimizers import Optimizer

if TYPE_CHECKING:
    from ..callbacks import History

ModelFunction = Callable[[tuple[int, ...], int], Sequential]


class FluxEstimator(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
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
