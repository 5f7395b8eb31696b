"""2-D convolution, and what all layers with a kernel that moves over images share."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field
from typing import Any, ClassVar

from .._internal import validation
from .._internal.config import INIT_ONLY
from ..constraints import ConstraintLike
from ..initializers import InitializerLike
from ..regularizers import RegularizerLike
from .activations import ActivationLike, as_activation
from .arguments import Pair, channels_last, padding
from .base import Layer, Shape
from .window import Window


@dataclass(repr=False)
class Convolution(Layer):
    """The base of the layers that move a kernel over images.

    They have the arguments ``kernel_size``, ``strides``, ``padding``, ``data_format`` and ``dilation_rate``.
    """

    rank: ClassVar[int | None] = 3

    def _convert_window(self) -> None:
        """Check and convert the arguments that say how the kernel moves."""
        self._convert(
            kernel_size=validation.pair,
            strides=validation.pair,
            padding=padding,
            data_format=channels_last,
            dilation_rate=validation.pair,
        )
        if max(self.window.strides) > 1 and max(self.window.dilation_rate) > 1:
            raise ValueError(
                f"strides and dilation_rate cannot both be greater than 1, "
                f"got {self.window.strides} and {self.window.dilation_rate}"
            )

    @property
    def window(self) -> Window:
        """The kernel as it moves over an image."""
        given: Any = self  # every subclass has these arguments
        return Window(given.kernel_size, given.strides, given.dilation_rate, given.padding)


@dataclass(repr=False)
class Conv2D(Convolution):
    """2-D convolution over ``(height, width, channels)``: a cross-correlation, as in Keras and PyTorch.

    Weights: ``kernel`` (kernel height, kernel width, channels in / groups, filters) and ``bias`` (filters,).

    Args:
        filters: Number of output channels.
        kernel_size: Height and width of the kernel, one integer or two.
        strides: How many pixels the kernel moves at a time, one integer or two.
        padding: ``"valid"`` for none, ``"same"`` for zeros so that stride 1 keeps height and width.
        data_format: ``"channels_last"``, the only one supported.
        dilation_rate: Distance of the kernel's positions in pixels, one integer or two.
        groups: Number of groups that channels and filters are split into, each convolved apart.
        activation: Applied to the result: a name, a function of `pyflux.activations` or an activation layer;
            none by default.
        use_bias: Whether a bias is added.
        kernel_initializer: What the kernel starts with: a name or an object of `pyflux.initializers`.
        bias_initializer: What the bias starts with.
        kernel_regularizer: Penalty on the kernel: a name or an object of `pyflux.regularizers`.
        bias_regularizer: Penalty on the bias.
        kernel_constraint: What the kernel must satisfy after each step: a name or an object of
            `pyflux.constraints`.
        bias_constraint: What the bias must satisfy.

    Raises:
        ValueError: ``groups`` does not divide ``filters``, or both strides and dilation are greater than 1.

    >>> Conv2D(16, (3, 3), activation="relu").output_shape((28, 28, 1))
    (26, 26, 16)
    """

    filters: int
    kernel_size: Pair
    strides: Pair = (1, 1)
    padding: str = "valid"
    _: KW_ONLY
    data_format: str | None = field(default=None, metadata=INIT_ONLY)
    dilation_rate: Pair = (1, 1)
    groups: int = 1
    activation: ActivationLike = None
    use_bias: bool = True
    kernel_initializer: InitializerLike = "glorot_uniform"
    bias_initializer: InitializerLike = "zeros"
    kernel_regularizer: RegularizerLike = None
    bias_regularizer: RegularizerLike = None
    kernel_constraint: ConstraintLike = None
    bias_constraint: ConstraintLike = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._convert(
            filters=validation.as_int,
            groups=validation.as_int,
            activation=as_activation,
            use_bias=validation.as_bool,
        )
        self._convert_weight_arguments("kernel", "bias")
        if self.filters % self.groups:
            raise ValueError(f"filters must be a multiple of groups, got {self.filters} and {self.groups}")
        self._convert_window()

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return ``(height, width, filters)`` after the convolution."""
        self._check_rank(input_shape)
        height, width, channels = input_shape
        if channels % self.groups:
            raise ValueError(f"its {self.groups} groups do not divide the {channels} channels it gets")
        return (*self.window.output_size(height, width), self.filters)

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Return the shapes of ``kernel`` and ``bias``."""
        kernel = {"kernel": (*self.window.size, input_shape[-1] // self.groups, self.filters)}
        return kernel | ({"bias": (self.filters,)} if self.use_bias else {})
