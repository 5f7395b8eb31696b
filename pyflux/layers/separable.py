"""Separable 2-D convolution."""

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
class SeparableConv2D(Convolution):
    """2-D convolution of each channel apart, and then one of a single pixel that mixes the channels.

    Weights: ``depthwise_kernel`` (kernel height, kernel width, channels, depth_multiplier),
    ``pointwise_kernel`` (1, 1, channels · depth_multiplier, filters) and ``bias`` (filters,).

    Source: Chollet, "Xception: deep learning with depthwise separable convolutions", 2017.

    Args:
        filters: Number of output channels.
        kernel_size: Height and width of the depthwise kernel, one integer or two.
        strides: How many pixels the kernel moves at a time, one integer or two.
        padding: ``"valid"`` for none, ``"same"`` for zeros so that stride 1 keeps height and width.
        data_format: ``"channels_last"``, the only one supported.
        dilation_rate: Distance of the kernel's positions in pixels, one integer or two.
        depth_multiplier: How many outputs the first convolution gives for each channel.
        activation: Applied to the result: a name, a function of `pyflux.activations` or an activation layer;
            none by default.
        use_bias: Whether a bias is added.
        depthwise_initializer: What the depthwise kernel starts with: a name or an object of
            `pyflux.initializers`.
        pointwise_initializer: What the pointwise kernel starts with.
        bias_initializer: What the bias starts with.
        depthwise_regularizer: Penalty on the depthwise kernel: a name or an object of `pyflux.regularizers`.
        pointwise_regularizer: Penalty on the pointwise kernel.
        bias_regularizer: Penalty on the bias.
        depthwise_constraint: What the depthwise kernel must satisfy after each step: a name or an object of
            `pyflux.constraints`.
        pointwise_constraint: What the pointwise kernel must satisfy.
        bias_constraint: What the bias must satisfy.

    Raises:
        ValueError: Both strides and dilation are greater than 1.

    >>> SeparableConv2D(8, 3).weight_shapes((28, 28, 4))
    {'depthwise_kernel': (3, 3, 4, 1), 'pointwise_kernel': (1, 1, 4, 8), 'bias': (8,)}
    """

    filters: int
    kernel_size: Pair
    strides: Pair = (1, 1)
    padding: str = "valid"
    _: KW_ONLY
    data_format: str | None = field(default=None, metadata=INIT_ONLY)
    dilation_rate: Pair = (1, 1)
    depth_multiplier: int = 1
    activation: ActivationLike = None
    use_bias: bool = True
    depthwise_initializer: InitializerLike = "glorot_uniform"
    pointwise_initializer: InitializerLike = "glorot_uniform"
    bias_initializer: InitializerLike = "zeros"
    depthwise_regularizer: RegularizerLike = None
    pointwise_regularizer: RegularizerLike = None
    bias_regularizer: RegularizerLike = None
    depthwise_constraint: ConstraintLike = None
    pointwise_constraint: ConstraintLike = None
    bias_constraint: ConstraintLike = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._convert(
            filters=validation.as_int,
            depth_multiplier=validation.as_int,
            activation=as_activation,
            use_bias=validation.as_bool,
        )
        self._convert_weight_arguments("depthwise", "pointwise", "bias")
        self._convert_window()

    @property
    def depthwise_kernel_regularizer(self) -> L1L2 | None:
        """The penalty on the depthwise kernel."""
        return regularizers.get("depthwise_regularizer", self.depthwise_regularizer)

    @property
    def pointwise_kernel_regularizer(self) -> L1L2 | None:
        """The penalty on the pointwise kernel."""
        return regularizers.get("pointwise_regularizer", self.pointwise_regularizer)

    @property
    def depthwise_kernel_constraint(self) -> Constraint | None:
        """What the depthwise kernel must satisfy."""
        return constraints.get("depthwise_constraint", self.depthwise_constraint)

    @property
    def pointwise_kernel_constraint(self) -> Constraint | None:
        """What the pointwise kernel must satisfy."""
        return constraints.get("pointwise_constraint", self.pointwise_constraint)

    def initial_value(self, weight: str, shape: Shape, rng: np.random.Generator) -> Floats:
        """Return the first value of a kernel or the bias, as its initializer draws it."""
        argument = f"{weight.removesuffix('_kernel')}_initializer"
        return initializers.get(argument, getattr(self, argument)).draw(shape, rng)

    def trainable_names(self) -> tuple[str, ...]:
        """Return the names of the arrays that an optimizer changes."""
        return ("depthwise_kernel", "pointwise_kernel", "bias")

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return ``(height, width, filters)`` after both convolutions."""
        self._check_rank(input_shape)
        return (*self.window.output_size(*input_shape[:2]), self.filters)

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Return the shapes of the two kernels and of ``bias``."""
        channels, multiplier = input_shape[-1], self.depth_multiplier
        kernels: dict[str, Shape] = {
            "depthwise_kernel": (*self.window.size, channels, multiplier),
            "pointwise_kernel": (1, 1, channels * multiplier, self.filters),
        }
        return kernels | ({"bias": (self.filters,)} if self.use_bias else {})
