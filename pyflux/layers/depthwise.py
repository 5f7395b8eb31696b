"""Depthwise 2-D convolution."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field

import numpy as np

from .. import constraints, initializers, regularizers
from .._internal import validation
from .._internal.config import INIT_ONLY
from ..constraints import Constraint, ConstraintLike
from ..initializers import InitializerLike
from ..regularizers import L1L2, RegularizerLike
from ..variables import Floats
from .activations import ActivationLike, as_activation
from .arguments import Pair
from .base import Shape
from .convolutional import Convolution


@dataclass(repr=False)
class DepthwiseConv2D(Convolution):
    """2-D convolution of each channel apart, with kernels of its own.

    Weights: ``kernel`` (kernel height, kernel width, channels, depth_multiplier) and ``bias``
    (channels · depth_multiplier,).

    Args:
        kernel_size: Height and width of the kernel, one integer or two.
        strides: How many pixels the kernel moves at a time, one integer or two.
        padding: ``"valid"`` for none, ``"same"`` for zeros so that stride 1 keeps height and width.
        depth_multiplier: How many outputs each channel gives.
        data_format: ``"channels_last"``, the only one supported.
        dilation_rate: Distance of the kernel's positions in pixels, one integer or two.
        activation: Applied to the result: a name, a function of `pyflux.activations` or an activation layer;
            none by default.
        use_bias: Whether a bias is added.
        depthwise_initializer: What the kernel starts with: a name or an object of `pyflux.initializers`.
        bias_initializer: What the bias starts with.
        depthwise_regularizer: Penalty on the kernel: a name or an object of `pyflux.regularizers`.
        bias_regularizer: Penalty on the bias.
        depthwise_constraint: What the kernel must satisfy after each step: a name or an object of
            `pyflux.constraints`.
        bias_constraint: What the bias must satisfy.

    Raises:
        ValueError: Both strides and dilation are greater than 1.

    >>> DepthwiseConv2D(3, depth_multiplier=2).output_shape((28, 28, 4))
    (26, 26, 8)
    """

    kernel_size: Pair
    strides: Pair = (1, 1)
    padding: str = "valid"
    depth_multiplier: int = 1
    _: KW_ONLY
    data_format: str | None = field(default=None, metadata=INIT_ONLY)
    dilation_rate: Pair = (1, 1)
    activation: ActivationLike = None
    use_bias: bool = True
    depthwise_initializer: InitializerLike = "glorot_uniform"
    bias_initializer: InitializerLike = "zeros"
    depthwise_regularizer: RegularizerLike = None
    bias_regularizer: RegularizerLike = None
    depthwise_constraint: ConstraintLike = None
    bias_constraint: ConstraintLike = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._convert(
            depth_multiplier=validation.as_int,
            activation=as_activation,
            use_bias=validation.as_bool,
        )
        self._convert_weight_arguments("depthwise", "bias")
        self._convert_window()

    @property
    def kernel_regularizer(self) -> L1L2 | None:
        """The penalty on the kernel."""
        return regularizers.get("depthwise_regularizer", self.depthwise_regularizer)

    @property
    def kernel_constraint(self) -> Constraint | None:
        """What the kernel must satisfy."""
        return constraints.get("depthwise_constraint", self.depthwise_constraint)

    def initial_value(self, weight: str, shape: Shape, rng: np.random.Generator) -> Floats:
        """Return the first value of the kernel or the bias, as its initializer draws it."""
        if weight != "kernel":
            return super().initial_value(weight, shape, rng)
        return initializers.get("depthwise_initializer", self.depthwise_initializer).draw(shape, rng)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return ``(height, width, channels · depth_multiplier)`` after the convolution."""
        self._check_rank(input_shape)
        height, width, channels = input_shape
        return (*self.window.output_size(height, width), channels * self.depth_multiplier)

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Return the shapes of ``kernel`` and ``bias``."""
        channels, multiplier = input_shape[-1], self.depth_multiplier
        kernel = {"kernel": (*self.window.size, channels, multiplier)}
        return kernel | ({"bias": (channels * multiplier,)} if self.use_bias else {})
