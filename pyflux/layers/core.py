"""The layers that networks are made of."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import ClassVar

from .. import regularizers
from .._internal import validation
from ..regularizers import L1L2
from .base import Layer, Shape, sample_shape

ACTIVATIONS = ("linear", "relu", "leaky_relu", "elu", "gelu", "sigmoid", "tanh", "softmax")
PADDINGS = ("valid", "same")


@dataclass
class Input(Layer):
    """Says the shape of the samples that go into the network, and does nothing else.

    >>> Input((28, 28, 1)).shape
    (28, 28, 1)
    """

    shape: Shape = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set("shape", sample_shape("shape", self.shape or self.input_shape or ()))
        self._set("input_shape", self.shape)


@dataclass
class Conv2D(Layer):
    """2-D convolution over ``(height, width, channels)``: a cross-correlation, as in Keras and PyTorch.

    Weights: ``kernel`` (kernel height, kernel width, channels in, filters) and ``bias`` (filters,).

    Args:
        filters: Number of output channels.
        kernel_size: Height and width of the kernel, one number or two.
        strides: Step in height and width, one number or two.
        padding: ``"valid"`` for none, ``"same"`` for zeros so that stride 1 keeps height and width.
        dilation_rate: Distance of the kernel's positions, one number or two.
        groups: Number of groups that channels and filters are split into, each convolved apart.
        activation: Name of the function applied to the result; none by default.
        use_bias: Whether a bias is added.
        kernel_regularizer: Penalty on the kernel: ``"l1"``, ``"l2"`` or an object of `pyflux.regularizers`.
        bias_regularizer: Penalty on the bias.

    >>> Conv2D(16, (3, 3), activation="relu").output_shape((28, 28, 1))
    (26, 26, 16)
    """

    rank: ClassVar[int | None] = 3

    filters: int
    kernel_size: tuple[int, int]
    strides: tuple[int, int] = (1, 1)
    padding: str = "valid"
    dilation_rate: tuple[int, int] = (1, 1)
    groups: int = 1
    activation: str | None = None
    use_bias: bool = True
    kernel_regularizer: str | L1L2 | None = field(default=None, kw_only=True)
    bias_regularizer: str | L1L2 | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set("filters", validation.as_int("filters", self.filters))
        self._set("groups", validation.as_int("groups", self.groups))
        for name in ("kernel_size", "strides", "dilation_rate"):
            self._set(name, validation.pair(name, getattr(self, name)))
        validation.choice("padding", self.padding, PADDINGS)
        self._set("activation", activation_name(self.activation))
        _set_regularizers(self)
        if self.filters % self.groups:
            raise ValueError(f"filters must be a multiple of groups, got {self.filters} and {self.groups}")
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                f"strides and dilation_rate cannot both be greater than 1, "
                f"got {self.strides} and {self.dilation_rate}"
            )

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return ``(height, width, filters)`` after the convolution."""
        self._check_rank(input_shape)
        if input_shape[-1] % self.groups:
            raise ValueError(f"its {self.groups} groups do not divide the {input_shape[-1]} channels it gets")
        return (*window_output(self, input_shape, self.span), self.filters)

    @property
    def span(self) -> tuple[int, int]:
        """How many rows and columns the dilated kernel reaches over."""
        (h, w), (dh, dw) = self.kernel_size, self.dilation_rate
        return (h - 1) * dh + 1, (w - 1) * dw + 1

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Return the shapes of ``kernel`` and ``bias``."""
        kernel = {"kernel": (*self.kernel_size, input_shape[-1] // self.groups, self.filters)}
        return kernel | ({"bias": (self.filters,)} if self.use_bias else {})


@dataclass
class Pooling2D(Layer):
    """What `MaxPooling2D` and `AveragePooling2D` have in common.

    Args:
        pool_size: Height and width of the window, one number or two.
        strides: Step in height and width; by default the window's size.
        padding: ``"valid"`` drops rows and columns that fill no window, ``"same"`` keeps them.
    """

    rank: ClassVar[int | None] = 3

    pool_size: tuple[int, int] = (2, 2)
    strides: tuple[int, int] | None = None
    padding: str = "valid"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set("pool_size", validation.pair("pool_size", self.pool_size))
        steps = self.pool_size if self.strides is None else validation.pair("strides", self.strides)
        self._set("strides", steps)
        validation.choice("padding", self.padding, PADDINGS)

    @property
    def span(self) -> tuple[int, int]:
        """How many rows and columns the window reaches over."""
        return self.pool_size

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return ``(height, width, channels)`` after the pooling."""
        self._check_rank(input_shape)
        return (*window_output(self, input_shape, self.pool_size), input_shape[-1])


@dataclass
class MaxPooling2D(Pooling2D):
    """The maximum of each window, channel by channel. Arguments as in `Pooling2D`.

    >>> MaxPooling2D((2, 2)).output_shape((13, 13, 16))
    (6, 6, 16)
    """


@dataclass
class AveragePooling2D(Pooling2D):
    """The mean of each window, channel by channel; padding does not count. Arguments as in `Pooling2D`.

    >>> AveragePooling2D(2, padding="same").output_shape((13, 13, 16))
    (7, 7, 16)
    """


@dataclass
class GlobalPooling2D(Layer):
    """What `GlobalMaxPooling2D` and `GlobalAveragePooling2D` have in common."""

    rank: ClassVar[int | None] = 3

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return ``(channels,)``."""
        self._check_rank(input_shape)
        return (input_shape[-1],)


@dataclass
class GlobalMaxPooling2D(GlobalPooling2D):
    """The maximum of each channel.

    >>> GlobalMaxPooling2D().output_shape((7, 7, 512))
    (512,)
    """


@dataclass
class GlobalAveragePooling2D(GlobalPooling2D):
    """The mean of each channel.

    >>> GlobalAveragePooling2D().output_shape((7, 7, 512))
    (512,)
    """


@dataclass
class Flatten(Layer):
    """All values of a sample in one row, in row-major order: rows, then columns, then channels.

    >>> Flatten().output_shape((5, 5, 32))
    (800,)
    """

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return ``(features,)``."""
        return (math.prod(input_shape),)


@dataclass
class Dense(Layer):
    """Every output is a weighted sum of all inputs, plus a bias.

    Weights: ``kernel`` (features in, units) and ``bias`` (units,).

    Args:
        units: Number of outputs.
        activation: Name of the function applied to the result; none by default.
        use_bias: Whether a bias is added.
        kernel_regularizer: Penalty on the kernel: ``"l1"``, ``"l2"`` or an object of `pyflux.regularizers`.
        bias_regularizer: Penalty on the bias.

    >>> Dense(10).weight_shapes((800,))
    {'kernel': (800, 10), 'bias': (10,)}
    """

    rank: ClassVar[int | None] = 1

    units: int
    activation: str | None = None
    use_bias: bool = True
    kernel_regularizer: str | L1L2 | None = field(default=None, kw_only=True)
    bias_regularizer: str | L1L2 | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set("units", validation.as_int("units", self.units))
        self._set("activation", activation_name(self.activation))
        _set_regularizers(self)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return ``(units,)``."""
        self._check_rank(input_shape)
        return (self.units,)

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Return the shapes of ``kernel`` and ``bias``."""
        kernel = {"kernel": (input_shape[0], self.units)}
        return kernel | ({"bias": (self.units,)} if self.use_bias else {})


@dataclass
class Activation(Layer):
    """A function applied to every value, or for ``"softmax"`` across the last axis.

    Args:
        activation: Its name, such as ``"relu"``.

    >>> Activation("relu").output_shape((26, 26, 16))
    (26, 26, 16)
    """

    activation: str

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set("activation", activation_name(self.activation))


@dataclass
class Dropout(Layer):
    """In training, sets a fraction of the values to 0 and scales the others up; otherwise does nothing.

    Args:
        rate: The fraction, in [0, 1).

    >>> Dropout(0.5).output_shape((128,))
    (128,)
    """

    random: ClassVar[bool] = True

    rate: float

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set("rate", validation.fraction("rate", self.rate))


@dataclass
class BatchNormalization(Layer):
    """Gives every channel mean 0 and variance 1, then a scale and a shift of its own.

    In training mean and variance are the batch's, otherwise moving averages of them. With ``trainable =
    False`` they are the moving averages in training too.

    Weights: ``gamma``, ``beta``, and the moving averages ``moving_mean`` and ``moving_variance``, each
    (channels,). The moving variance is that of a sample (divided by n - 1), as in Flux and PyTorch.

    Args:
        momentum: How much of the moving average stays at each step, in [0, 1).
        epsilon: Added to the variance, greater than 0.

    >>> list(BatchNormalization().weight_shapes((13, 13, 16)))
    ['gamma', 'beta', 'moving_mean', 'moving_variance']
    """

    momentum: float = field(default=0.99, kw_only=True)
    epsilon: float = field(default=0.001, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set("momentum", validation.fraction("momentum", self.momentum))
        self._set("epsilon", validation.as_float("epsilon", self.epsilon, above=0))

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Return the shapes of the four arrays."""
        return dict.fromkeys(("gamma", "beta", "moving_mean", "moving_variance"), (input_shape[-1],))

    def trainable_names(self) -> tuple[str, ...]:
        """Return the two that an optimizer changes."""
        return ("gamma", "beta")


@dataclass
class Rescaling(Layer):
    """Every value times ``scale`` plus ``offset``.

    A network that begins with it gets uint8 images as they are, 0 to 255, and not scaled by 1/255: the
    tutorials' ``Rescaling(1 / 255)`` does it.

    Args:
        scale: Factor.
        offset: What is added.

    >>> Rescaling(1 / 127.5, offset=-1).output_shape((32, 32, 3))
    (32, 32, 3)
    """

    scale: float
    offset: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("scale", "offset"):
            self._set(name, validation.as_float(name, getattr(self, name)))


def activation_name(value: str | None) -> str:
    """Return the name of an activation; none at all is ``"linear"``."""
    return "linear" if value is None else validation.choice("activation", value, ACTIVATIONS)


def _set_regularizers(layer: Conv2D | Dense) -> None:
    for name in ("kernel_regularizer", "bias_regularizer"):
        layer._set(name, regularizers.get(name, getattr(layer, name)))


def window_output(layer: Conv2D | Pooling2D, input_shape: Shape, window: Shape) -> tuple[int, int]:
    """Return the height and width after a window has been moved over the sample."""
    assert layer.strides is not None  # set by __post_init__
    out = []
    for axis, size, span, step in zip(
        ("height", "width"), input_shape[:2], window, layer.strides, strict=True
    ):
        n = -(-size // step) if layer.padding == "same" else (size - span) // step + 1
        if n < 1:
            raise ValueError(
                f"its {axis} of {span} does not fit into an input of {axis} {size} "
                f"(input {input_shape}); use a larger image, a smaller window, fewer poolings, "
                f"or padding='same'"
            )
        out.append(n)
    return out[0], out[1]


def same_padding(size: int, span: int, step: int) -> tuple[int, int]:
    """Return how many zeros ``padding="same"`` puts before and after an axis, as TensorFlow counts them.

    >>> same_padding(size=28, span=3, step=2)
    (0, 1)
    """
    total = max((-(-size // step) - 1) * step + span - size, 0)
    return total // 2, total - total // 2
