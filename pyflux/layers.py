"""The layers: what each is, the shape it gives, the weights it has.

A layer here is a description and nothing more: a frozen dataclass that knows no engine. To add a layer,
write its class below, then its forward pass in ``julia/src/layers.jl`` and in ``engines/reference.py``.

Shapes are those of one sample, without the batch: ``(height, width, channels)`` or ``(features,)``.
Names, arguments, defaults and the layout of weights are Keras's.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from . import checks

Shape = tuple[int, ...]

ACTIVATIONS = ("linear", "relu", "sigmoid", "tanh", "softmax")
PADDINGS = ("valid", "same")


@dataclass(frozen=True)
class Layer:
    """What every layer has: a name, and for the first one the shape of the samples that go in.

    Args:
        input_shape: Shape of one sample, ``(height, width, channels)`` or ``(features,)``. Only the first
            layer of a network needs it.
        name: Name in the summary and in saved files; by default made from the class and a number.
    """

    rank: ClassVar[int | None] = None  # how many axes a sample must have; None: any number

    input_shape: Shape | None = field(default=None, kw_only=True)
    name: str | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if self.input_shape is not None:
            self._set("input_shape", sample_shape("input_shape", self.input_shape))
        if self.name is not None and not isinstance(self.name, str):
            raise TypeError(f"name must be a string, got {self.name!r}")

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of one sample after this layer.

        Raises:
            ValueError: The shape that comes in does not fit.
        """
        self._check_rank(input_shape)
        return input_shape

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Return the layer's trainable arrays by name, in Keras's order and layout."""
        return {}

    def config(self) -> dict[str, Any]:
        """Return the description as plain data, from which `from_config` makes the layer again."""
        values = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        plain = {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}
        return {"type": type(self).__name__, **plain}

    def _set(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    def _check_rank(self, shape: Shape) -> None:
        if self.rank is not None and len(shape) != self.rank:
            wanted = {3: "(height, width, channels)", 1: "(features,)"}[self.rank]
            hint = "; put a Flatten() before it" if self.rank == 1 and len(shape) == 3 else ""
            raise ValueError(f"{self._label} wants samples of shape {wanted}, got {shape}{hint}")

    @property
    def _label(self) -> str:
        kind = type(self).__name__
        return f"layer {self.name!r} ({kind})" if self.name else kind


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class Conv2D(Layer):
    """2-D convolution over ``(height, width, channels)``: a cross-correlation, as in Keras and PyTorch.

    Weights: ``kernel`` (kernel height, kernel width, channels in, filters) and ``bias`` (filters,).

    Args:
        filters: Number of output channels.
        kernel_size: Height and width of the kernel, one number or two.
        strides: Step in height and width, one number or two.
        padding: ``"valid"`` for none, ``"same"`` for zeros so that stride 1 keeps height and width.
        activation: Name of the function applied to the result; none by default.
        use_bias: Whether a bias is added.

    >>> Conv2D(16, (3, 3), activation="relu").output_shape((28, 28, 1))
    (26, 26, 16)
    """

    rank: ClassVar[int | None] = 3

    filters: int
    kernel_size: tuple[int, int]
    strides: tuple[int, int] = (1, 1)
    padding: str = "valid"
    activation: str | None = None
    use_bias: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set("filters", checks.whole("filters", self.filters))
        self._set("kernel_size", checks.pair("kernel_size", self.kernel_size))
        self._set("strides", checks.pair("strides", self.strides))
        checks.choice("padding", self.padding, PADDINGS)
        self._set("activation", activation_name(self.activation))

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return ``(height, width, filters)`` after the convolution."""
        self._check_rank(input_shape)
        return (*window_output(self, input_shape, self.kernel_size), self.filters)

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Return the shapes of ``kernel`` and ``bias``."""
        kernel = {"kernel": (*self.kernel_size, input_shape[-1], self.filters)}
        return kernel | ({"bias": (self.filters,)} if self.use_bias else {})


@dataclass(frozen=True)
class MaxPooling2D(Layer):
    """The maximum of each window, channel by channel.

    Args:
        pool_size: Height and width of the window, one number or two.
        strides: Step in height and width; by default the window's size.
        padding: ``"valid"`` drops rows and columns that fill no window, ``"same"`` keeps them.

    >>> MaxPooling2D((2, 2)).output_shape((13, 13, 16))
    (6, 6, 16)
    """

    rank: ClassVar[int | None] = 3

    pool_size: tuple[int, int] = (2, 2)
    strides: tuple[int, int] | None = None
    padding: str = "valid"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set("pool_size", checks.pair("pool_size", self.pool_size))
        steps = self.pool_size if self.strides is None else checks.pair("strides", self.strides)
        self._set("strides", steps)
        checks.choice("padding", self.padding, PADDINGS)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return ``(height, width, channels)`` after the pooling."""
        self._check_rank(input_shape)
        return (*window_output(self, input_shape, self.pool_size), input_shape[-1])


@dataclass(frozen=True)
class Flatten(Layer):
    """All values of a sample in one row, in row-major order: rows, then columns, then channels.

    >>> Flatten().output_shape((5, 5, 32))
    (800,)
    """

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return ``(features,)``."""
        return (math.prod(input_shape),)


@dataclass(frozen=True)
class Dense(Layer):
    """Every output is a weighted sum of all inputs, plus a bias.

    Weights: ``kernel`` (features in, units) and ``bias`` (units,).

    Args:
        units: Number of outputs.
        activation: Name of the function applied to the result; none by default.
        use_bias: Whether a bias is added.

    >>> Dense(10).weight_shapes((800,))
    {'kernel': (800, 10), 'bias': (10,)}
    """

    rank: ClassVar[int | None] = 1

    units: int
    activation: str | None = None
    use_bias: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set("units", checks.whole("units", self.units))
        self._set("activation", activation_name(self.activation))

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return ``(units,)``."""
        self._check_rank(input_shape)
        return (self.units,)

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Return the shapes of ``kernel`` and ``bias``."""
        kernel = {"kernel": (input_shape[0], self.units)}
        return kernel | ({"bias": (self.units,)} if self.use_bias else {})


@dataclass(frozen=True)
class Activation(Layer):
    """A function applied to every value, or for ``"softmax"`` across the last axis.

    Args:
        activation: ``"relu"``, ``"sigmoid"``, ``"tanh"``, ``"softmax"`` or ``"linear"``.

    >>> Activation("relu").output_shape((26, 26, 16))
    (26, 26, 16)
    """

    activation: str

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set("activation", activation_name(self.activation))


# Input is not among them: it describes no work, and a model keeps its shape only.
LAYERS: dict[str, type[Layer]] = {c.__name__: c for c in (Conv2D, MaxPooling2D, Flatten, Dense, Activation)}


def from_config(config: Mapping[str, Any]) -> Layer:
    """Make a layer from what `Layer.config` gave.

    >>> from_config(Dense(10).config()) == Dense(10)
    True
    """
    values = dict(config)
    kind = LAYERS[checks.choice("layer", values.pop("type", None), LAYERS)]
    fields = {f.name for f in dataclasses.fields(kind)}
    for key in values:
        if key not in fields:
            raise ValueError(f"layer {kind.__name__} has no argument {key!r}{checks.nearest(key, fields)}")
    arguments: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
    return kind(**arguments)


def activation_name(value: str | None) -> str:
    """Return the name of an activation; none at all is ``"linear"``."""
    return "linear" if value is None else checks.choice("activation", value, ACTIVATIONS)


def sample_shape(argument: str, value: Iterable[int]) -> Shape:
    """Return ``value`` as the shape of one sample."""
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise TypeError(f"{argument} must be a tuple such as (28, 28, 1), got {value!r}")
    shape = tuple(checks.whole(argument, n) for n in value)
    if len(shape) == 2:
        raise ValueError(
            f"{argument} must name the channels too: (height, width, channels), got {shape}; "
            f"for grey images use {(*shape, 1)}"
        )
    if len(shape) not in (1, 3):
        raise ValueError(f"{argument} must be (height, width, channels) or (features,), got {shape}")
    return shape


def window_output(layer: Conv2D | MaxPooling2D, input_shape: Shape, window: Shape) -> tuple[int, int]:
    """Return the height and width after a window has been moved over the sample."""
    assert layer.strides is not None  # set by __post_init__
    out = []
    for axis, size, span, step in zip(
        ("height", "width"), input_shape[:2], window, layer.strides, strict=True
    ):
        n = -(-size // step) if layer.padding == "same" else (size - span) // step + 1
        if n < 1:
            raise ValueError(
                f"{layer._label}: its {axis} of {span} does not fit into an input of {axis} {size} "
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
