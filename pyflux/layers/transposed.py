"""Transposed 2-D convolution."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field

from .._internal import validation
from .._internal.config import INIT_ONLY
from ..constraints import ConstraintLike
from ..initializers import InitializerLike
from ..regularizers import RegularizerLike
from .activations import ActivationLike, as_activation
from .arguments import Pair
from .base import Shape
from .convolutional import Convolution


@dataclass(repr=False)
class Conv2DTranspose(Convolution):
    """2-D convolution backwards, which makes images larger: every pixel adds the kernel, times itself.

    It is the gradient of a `Conv2D` with the same kernel, strides and padding for its input.

    Weights: ``kernel`` (kernel height, kernel width, filters, channels in) and ``bias`` (filters,).

    Source: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016.

    Args:
        filters: Number of output channels.
        kernel_size: Height and width of the kernel, one integer or two.
        strides: How many times larger the image becomes, one integer or two.
        padding: ``"same"`` for height and width times the strides, ``"valid"`` for all that the kernel
            reaches.
        data_format: ``"channels_last"``, the only one supported.
        dilation_rate: Distance of the kernel's positions in pixels, one integer or two.
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
        ValueError: Both strides and dilation are greater than 1.

    >>> Conv2DTranspose(8, 3, strides=2, padding="same").output_shape((7, 7, 16))
    (14, 14, 8)
    """

    filters: int
    kernel_size: Pair
    strides: Pair = (1, 1)
    padding: str = "valid"
    _: KW_ONLY
    data_format: str | None = field(default=None, metadata=INIT_ONLY)
    dilation_rate: Pair = (1, 1)
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
            activation=as_activation,
            use_bias=validation.as_bool,
        )
        self._convert_weight_arguments("kernel", "bias")
        self._convert_window()

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return ``(height, width, filters)`` after the convolution."""
        self._check_rank(input_shape)
        beyond = [
            0 if self.padding == "same" else max(span - step, 0)
            for span, step in zip(self.window.span, self.window.strides, strict=True)
        ]
        rows, columns = (
            size * step + more
            for size, step, more in zip(input_shape[:2], self.window.strides, beyond, strict=True)
        )
        return rows, columns, self.filters

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Return the shapes of ``kernel`` and ``bias``."""
        kernel = {"kernel": (*self.window.size, self.filters, input_shape[-1])}
        return kernel | ({"bias": (self.filters,)} if self.use_bias else {})
