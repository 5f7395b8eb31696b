"""Batch normalization."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from .._internal import validation
from ..constraints import ConstraintLike
from ..initializers import InitializerLike
from ..regularizers import RegularizerLike
from .activations import check_last_axis, last_axis
from .base import Layer, Shape


@dataclass(repr=False)
class BatchNormalization(Layer):
    """Gives every channel mean 0 and variance 1, then a scale and a shift of its own.

    In training mean and variance are the batch's, and the moving averages follow them:
    ``moving = momentum * moving + (1 - momentum) * batch``, with the batch's variance divided by n, as in
    Keras. In prediction, and with ``trainable = False`` in training too, they are the moving averages, which
    then stay as they are.

    Weights, each (channels,): ``gamma`` if ``scale``, ``beta`` if ``center``, and the moving averages
    ``moving_mean`` and ``moving_variance``.

    Source: Ioffe and Szegedy, "Batch normalization: accelerating deep network training by reducing internal
    covariate shift", 2015.

    Args:
        axis: The axis of the channels: -1, or the last axis counted from 0 with the batch as axis 0.
        momentum: How much of the moving averages stays at each step, in [0, 1).
        epsilon: Added to the variance, greater than 0.
        center: Whether there is a shift, ``beta``.
        scale: Whether there is a scale, ``gamma``.
        beta_initializer: What ``beta`` starts with: a name or an object of `pyflux.initializers`.
        gamma_initializer: What ``gamma`` starts with.
        moving_mean_initializer: What ``moving_mean`` starts with.
        moving_variance_initializer: What ``moving_variance`` starts with.
        beta_regularizer: Penalty on ``beta``: a name or an object of `pyflux.regularizers`.
        gamma_regularizer: Penalty on ``gamma``.
        beta_constraint: What ``beta`` must satisfy after each step: a name or an object of
            `pyflux.constraints`.
        gamma_constraint: What ``gamma`` must satisfy.

    >>> list(BatchNormalization().weight_shapes((13, 13, 16)))
    ['gamma', 'beta', 'moving_mean', 'moving_variance']
    """

    axis: int = -1
    _: KW_ONLY
    momentum: float = 0.99
    epsilon: float = 0.001
    center: bool = True
    scale: bool = True
    beta_initializer: InitializerLike = "zeros"
    gamma_initializer: InitializerLike = "ones"
    moving_mean_initializer: InitializerLike = "zeros"
    moving_variance_initializer: InitializerLike = "ones"
    beta_regularizer: RegularizerLike = None
    gamma_regularizer: RegularizerLike = None
    beta_constraint: ConstraintLike = None
    gamma_constraint: ConstraintLike = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._convert(
            axis=last_axis,
            momentum=validation.fraction,
            center=validation.as_bool,
            scale=validation.as_bool,
        )
        self._convert_weight_arguments("beta", "gamma", "moving_mean", "moving_variance")
        self._set("epsilon", validation.as_float("epsilon", self.epsilon, above=0))

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return ``input_shape``."""
        check_last_axis(self.axis, input_shape)
        return input_shape

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Return the shapes of the arrays that there are."""
        there = {"gamma": self.scale, "beta": self.center, "moving_mean": True, "moving_variance": True}
        return {name: (input_shape[-1],) for name, yes in there.items() if yes}

    def trainable_names(self) -> tuple[str, ...]:
        """Return the names of the arrays that an optimizer changes."""
        return ("gamma", "beta")
