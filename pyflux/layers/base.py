"""The base of all layers, and the shape of samples."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from .. import constraints, initializers, regularizers
from .._internal import validation
from .._internal.config import INIT_ONLY, describe
from .._internal.lookup import snake_case
from ..variables import Floats, Variable, as_weights
from . import eager, symbolic
from .arguments import float32

Shape = tuple[int, ...]

_WEIGHT_ARGUMENTS: dict[str, Callable[[str, Any], Any]] = {
    "initializer": initializers.get,
    "regularizer": regularizers.get,
    "constraint": constraints.get,
}


@dataclass(repr=False)
class Layer:
    """The base of all layers: a description that knows no engine, and the weights that belong to it.

    A layer cannot be changed after it has been made, but for ``trainable`` and its weights.

    Args:
        input_shape: Shape of one sample: ``(height, width, channels)``, ``(rows, features)`` or
            ``(features,)``. Only the first layer of a network needs it.
        input_dim: Short for ``input_shape=(input_dim,)``.
        name: Name in the summary and in saved files; by default made from the class and a number.
        trainable: Whether training changes the weights. It can be set later: what counts is its value when
            the model is compiled.
        dtype: ``"float32"``, which every layer computes in.
    """

    rank: ClassVar[int | None] = None  # how many axes a sample must have; None: any number
    random: ClassVar[bool] = False  # whether it draws random numbers in training

    input_shape: Shape | None = field(default=None, kw_only=True)
    input_dim: int | None = field(default=None, kw_only=True, metadata=INIT_ONLY)
    name: str | None = field(default=None, kw_only=True)
    trainable: bool = field(default=True, kw_only=True, compare=False)
    dtype: str | None = field(default=None, kw_only=True, metadata=INIT_ONLY)

    def __post_init__(self) -> None:
        if self.input_dim is not None:
            if self.input_shape is not None:
                raise ValueError("input_shape and input_dim say the same; give one of them")
            self._set("input_shape", (validation.as_int("input_dim", self.input_dim),))
            self._set("input_dim", None)
        if self.input_shape is not None:
            self._set("input_shape", sample_shape("input_shape", self.input_shape))
        if self.name is not None and not isinstance(self.name, str):
            raise TypeError(f"name must be a string, got {validation.show(self.name)}")
        self._convert(dtype=float32)
        self._set("_made", True)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "trainable" and not isinstance(value, bool):
            raise TypeError(f"trainable must be True or False, got {validation.show(value)}")
        if name != "trainable" and self.__dict__.get("_made"):
            raise dataclasses.FrozenInstanceError(
                f"{name} of a layer cannot be changed; make a new {type(self).__name__}({name}=…)"
            )
        self._set(name, value)

    def __repr__(self) -> str:
        values = {f.name: (getattr(self, f.name), f.default) for f in dataclasses.fields(self)}
        changed = [
            f"{name}={value!r}" for name, (value, default) in values.items() if differs(value, default)
        ]
        return f"{type(self).__name__}({', '.join(changed)})"

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of one sample after this layer.

        Raises:
            ValueError: The shape that comes in does not fit.
        """
        self._check_rank(input_shape)
        return input_shape

    def output_shape_of(self, shapes: Sequence[Shape]) -> Shape:
        """Return the shape of one sample after this layer, from the shapes of all its inputs.

        Raises:
            ValueError: Their number or a shape does not fit.
        """
        if len(shapes) != 1:
            raise ValueError(f"it takes one input, got {len(shapes)}")
        return self.output_shape(shapes[0])

    def __call__(self, inputs: Any) -> Any:
        """Describe a network, or compute this layer alone.

        Args:
            inputs: An `Input` or what another layer gave, or a list of them for a layer that joins several.
                Or NumPy arrays ``(N, …)``, which are taken as they are: bytes are not scaled.

        Returns:
            A symbolic tensor for `Model`; for arrays a float32 array, as the layer gives it when it is asked,
            or for layers that augment as in training.

        >>> from pyflux import Input, layers
        >>> layers.Dense(10)(Input((784,))).shape
        (None, 10)
        >>> layers.Rescaling(1 / 255)(np.array([[0, 255]], np.uint8))
        array([[0., 1.]], dtype=float32)
        """
        tensors = symbolic.as_tensors(inputs)
        return eager.call(self, inputs) if tensors is None else symbolic.call(self, tensors)

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Return the layer's arrays by name, in Keras's order and layout."""
        return {}

    def trainable_names(self) -> tuple[str, ...]:
        """Return the names of the arrays that an optimizer changes, whether frozen now or not."""
        return ("kernel", "bias")

    def initial_value(self, weight: str, shape: Shape, rng: np.random.Generator) -> Floats:
        """Return the first value of one of the layer's arrays, as its initializer draws it.

        Args:
            weight: Name of the array, such as ``"kernel"``.
            shape: Its shape.
            rng: Where an initializer without a seed of its own gets its random numbers.
        """
        value: Floats = getattr(self, f"{weight}_initializer").draw(shape, rng)
        return value

    # ── Weights ──────────────────────────────────────────────────────────────────────────────────────────

    def build(self, input_shape: Shape) -> tuple[Variable, ...]:
        """Return the layer's variables for samples of that shape; all models that it is in share them.

        Raises:
            ValueError: The layer has variables already, for samples of another shape.
        """
        shapes = self.weight_shapes(input_shape)
        have: tuple[Variable, ...] | None = self.__dict__.get("_variables")
        if have is None:
            have = tuple(Variable(name, shape) for name, shape in shapes.items())
            self._set("_variables", have)
        if {v.name: v.shape for v in have} != shapes:
            raise ValueError(
                f"it has weights of shapes {[v.shape for v in have]} already, which samples of shape "
                f"{input_shape} do not fit ({list(shapes.values())}); make a new {type(self).__name__}(…)"
            )
        return have

    @property
    def variables(self) -> tuple[Variable, ...]:
        """The layer's variables; none before it is part of a model that knows its input's shape."""
        return self.__dict__.get("_variables") or ()

    def get_weights(self) -> list[Floats]:
        """Return copies of the layer's arrays, in Keras's order and layout.

        >>> from pyflux import Sequential, layers
        >>> dense = layers.Dense(2, input_shape=(3,))
        >>> model = Sequential([dense], seed=0)
        >>> [w.shape for w in dense.get_weights()]
        [(3, 2), (2,)]
        """
        return [variable.read().copy() for variable in self.variables]

    def set_weights(self, weights: Sequence[ArrayLike]) -> None:
        """Replace the layer's arrays, in every model that it is in.

        Args:
            weights: Arrays such as `get_weights` returns.

        Raises:
            ValueError: Their number, a shape or a value does not fit; or the layer is in no model yet.
        """
        if not self.variables and self.__dict__.get("_variables") is None:
            raise ValueError(
                f"{type(self).__name__}.set_weights() needs a layer that is part of a model whose input "
                f"shape is known"
            )
        for variable, value in zip(
            self.variables, as_weights(weights, {v.name: v.shape for v in self.variables}), strict=True
        ):
            variable.assign(value)

    def config(self) -> dict[str, Any]:
        """Return the description as plain data, from which `from_config` makes the layer again."""
        return describe(self)

    def _set(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    def _convert(self, **rules: Callable[[str, Any], Any]) -> None:
        """Replace arguments by what their rules make of them: each gets the argument's name and its value."""
        for name, rule in rules.items():
            self._set(name, rule(name, getattr(self, name)))

    def _convert_weight_arguments(self, *weights: str) -> None:
        """Convert what weights start with, the penalties on them, and what they must satisfy."""
        for weight in weights:
            self._convert(
                **{
                    f"{weight}_{kind}": convert
                    for kind, convert in _WEIGHT_ARGUMENTS.items()
                    if hasattr(self, f"{weight}_{kind}")
                }
            )

    def _check_rank(self, shape: Shape) -> None:
        if self.rank in (None, len(shape)):
            return
        hint = f"; for grey images declare {(*shape, 1)}" if len(shape) == 2 else ""
        raise ValueError(f"it needs samples of shape (height, width, channels), got {shape}{hint}")


@dataclass(repr=False)
class ActivationLayer(Layer):
    """The base of the layers that apply one function to every value, or across the last axis.

    What it applies is its ``activation``: a name out of `pyflux.activations.ACTIVATIONS`, or a layer of this
    kind where no name stands for a function with its arguments.
    """


def differs(value: Any, default: Any) -> bool:
    """Return whether an argument, as a layer keeps it, is another than its default, as it is written.

    >>> from pyflux.initializers import Zeros
    >>> differs(Zeros(), "zeros"), differs("linear", None), differs("relu", None)
    (False, False, True)
    """
    if value == default or (default is None and value in ("linear", "float32", "channels_last")):
        return False
    return not (isinstance(default, str) and default == snake_case(type(value).__name__))


def sample_shape(argument: str, value: Any) -> Shape:
    """Return ``value`` as the shape of one sample.

    Raises:
        TypeError: It is no tuple of integers.
        ValueError: It has no axis or more than three, or an axis is None or below 1.

    >>> sample_shape("input_shape", [28, 28, 1])
    (28, 28, 1)
    """
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        hint = f"; write ({value},)" if isinstance(value, int) else ""
        raise TypeError(f"{argument} must be a tuple such as (28, 28, 1), got {validation.show(value)}{hint}")
    axes = tuple(value)
    if None in axes:
        raise ValueError(f"{argument} must have a size for every axis, got {axes}; None is not supported")
    if len(axes) not in (1, 2, 3):
        raise ValueError(
            f"{argument} must be (height, width, channels), (rows, features) or (features,), got {axes}"
        )
    return tuple(validation.as_int(argument, n) for n in axes)
