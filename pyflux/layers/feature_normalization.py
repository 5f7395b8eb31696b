"""Normalization within each sample, whatever batch it is in."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from .._internal import validation
from ..constraints import ConstraintLike
from ..initializers import InitializerLike
from ..regularizers import RegularizerLike
from .activations import check_last_axis, last_axis
from .base import Layer, Shape


@dataclass(repr=False)
class FeatureNormalization(Layer):
    """The base of the layers that normalize the values of one sample."""

    _: KW_ONLY
    epsilon: float = 0.001
    center: bool = True
    scale: bool = True
    beta_initializer: InitializerLike = "zeros"
    gamma_initializer: InitializerLike = "ones"
    beta_regularizer: RegularizerLike = None
    gamma_regularizer: RegularizerLike = None
    beta_constraint: ConstraintLike = None
    gamma_constraint: ConstraintLike = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._convert(
            axis=last_axis,
            center=validation.as_bool,
            scale=validation.as_bool,
        )
        self._convert_weight_arguments("beta", "gamma")
        self._set("epsilon", validation.as_float("epsilon", self.epsilon, above=0))

    def groups_of(self, channels: int) -> int:
        """Return into how many groups that many channels are split, each with a mean of its own."""
        raise NotImplementedError

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return ``input_shape``."""
        check_last_axis(getattr(self, "axis"), input_shape)  # noqa: B009 - every subclass has it
        return input_shape

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Return the shapes of the arrays that there are."""
        there = {"gamma": self.scale, "beta": self.center}
        return {name: (input_shape[-1],) for name, yes in there.items() if yes}

    def trainable_names(self) -> tuple[str, ...]:
        """Return the names of the arrays that an optimizer changes."""
        return ("gamma", "beta")


@dataclass(repr=False)
class LayerNormalization(FeatureNormalization):
    """Gives the channels of each pixel mean 0 and variance 1, then scales and shifts them.

    Of features it is all of a sample, or of a row.

    Weights, each (channels,): ``gamma`` if ``scale``, and ``beta`` if ``center``.

    Source: Ba, Kiros and Hinton, "Layer normalization", 2016.

    Args:
        axis: The axis of the channels: -1, or the last axis counted from 0 with the batch as axis 0.
        epsilon: Added to the variance, greater than 0.
        center: Whether there is a shift, ``beta``.
        scale: Whether there is a scale, ``gamma``.
        beta_initializer: What ``beta`` starts with: a name or an object of `pyflux.initializers`.
        gamma_initializer: What ``gamma`` starts with.
        beta_regularizer: Penalty on ``beta``: a name or an object of `pyflux.regularizers`.
        gamma_regularizer: Penalty on ``gamma``.
        beta_constraint: What ``beta`` must satisfy after each step: a name or an object of
            `pyflux.constraints`.
        gamma_constraint: What ``gamma`` must satisfy.

    >>> import numpy as np
    >>> LayerNormalization(epsilon=1e-6)(np.array([[1.0, 3.0]])).round(3)
    array([[-1.,  1.]], dtype=float32)
    """

    axis: int = -1

    def groups_of(self, channels: int) -> int:
        """Return 1: each pixel's channels have one mean, and one variance."""
        return 1


@dataclass(repr=False)
class GroupNormalization(FeatureNormalization):
    """Gives groups of channels mean 0 and variance 1, over all pixels of a sample; then scales and shifts.

    Weights, each (channels,): ``gamma`` if ``scale``, and ``beta`` if ``center``.

    Source: Wu and He, "Group normalization", 2018.

    Args:
        groups: Number of groups that the channels are split into; -1 for a group for each channel, which is
            instance normalization.
        axis: The axis of the channels: -1, or the last axis counted from 0 with the batch as axis 0.
        epsilon: Added to the variance, greater than 0.
        center: Whether there is a shift, ``beta``.
        scale: Whether there is a scale, ``gamma``.
        beta_initializer: What ``beta`` starts with: a name or an object of `pyflux.initializers`.
        gamma_initializer: What ``gamma`` starts with.
        beta_regularizer: Penalty on ``beta``: a name or an object of `pyflux.regularizers`.
        gamma_regularizer: Penalty on ``gamma``.
        beta_constraint: What ``beta`` must satisfy after each step: a name or an object of
            `pyflux.constraints`.
        gamma_constraint: What ``gamma`` must satisfy.

    >>> GroupNormalization(groups=4).weight_shapes((13, 13, 16))
    {'gamma': (16,), 'beta': (16,)}
    """

    groups: int = 32
    axis: int = -1

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.groups != -1:
            self._convert(groups=validation.as_int)

    def groups_of(self, channels: int) -> int:
        """Return into how many groups that many channels are split, each with a mean of its own."""
        return channels if self.groups == -1 else self.groups

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return ``input_shape``.

        Raises:
            ValueError: ``groups`` does not divide the channels.
        """
        channels = input_shape[-1]
        if channels % self.groups_of(channels):
            raise ValueError(f"its {self.groups} groups do not divide the {channels} channels it gets")
        return super().output_shape(input_shape)
