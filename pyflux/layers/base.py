"""What every layer has, and the rules for shapes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from numpy.typing import ArrayLike

from .._internal import validation
from ..regularizers import L1L2
from ..variables import Floats, Variable, as_weights

Shape = tuple[int, ...]


@dataclass
class Layer:
    """What every layer has: a name, and for the first one the shape of the samples that go in.

    Args:
        input_shape: Shape of one sample, ``(height, width, channels)`` or ``(features,)``. Only the first
            layer of a network needs it.
        name: Name in the summary and in saved files; by default made from the class and a number.
        trainable: Whether training changes the weights. It can be set later: what counts is its value when
            the model is compiled.
    """

    rank: ClassVar[int | None] = None  # how many axes a sample must have; None: any number
    random: ClassVar[bool] = False  # whether it does something else each time, in training

    input_shape: Shape | None = field(default=None, kw_only=True)
    name: str | None = field(default=None, kw_only=True)
    trainable: bool = field(default=True, kw_only=True, compare=False)

    def __post_init__(self) -> None:
        if self.input_shape is not None:
            self._set("input_shape", sample_shape("input_shape", self.input_shape))
        if self.name is not None and not isinstance(self.name, str):
            raise TypeError(f"name must be a string, got {self.name!r}")
        self._set("_made", True)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "trainable" and not isinstance(value, bool):
            raise TypeError(f"trainable must be True or False, got {value!r}")
        if name != "trainable" and self.__dict__.get("_made"):
            raise dataclasses.FrozenInstanceError(
                f"{name} of a layer cannot be changed; make a new {type(self).__name__}({name}=…)"
            )
        self._set(name, value)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of one sample after this layer.

        Raises:
            ValueError: The shape that comes in does not fit.
        """
        self._check_rank(input_shape)
        return input_shape

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Return the layer's arrays by name, in Keras's order and layout."""
        return {}

    def trainable_names(self) -> tuple[str, ...]:
        """Return the names of the arrays that an optimizer changes, whether frozen now or not."""
        return ("kernel", "bias")

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
        values = {f.name: _plain(getattr(self, f.name)) for f in dataclasses.fields(self)}
        return {"type": type(self).__name__, **values}

    def _set(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    def _check_rank(self, shape: Shape) -> None:
        if self.rank is not None and len(shape) != self.rank:
            wanted = {3: "(height, width, channels)", 1: "(features,)"}[self.rank]
            hint = "; put a Flatten() before it" if self.rank == 1 and len(shape) == 3 else ""
            raise ValueError(f"it wants samples of shape {wanted}, got {shape}{hint}")


def _plain(value: Any) -> Any:
    if isinstance(value, L1L2):
        return value.config()
    return list(value) if isinstance(value, tuple) else value


def sample_shape(argument: str, value: Iterable[int]) -> Shape:
    """Return ``value`` as the shape of one sample."""
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise TypeError(f"{argument} must be a tuple such as (28, 28, 1), got {value!r}")
    shape = tuple(validation.as_int(argument, n) for n in value)
    if len(shape) == 2:
        raise ValueError(
            f"{argument} must name the channels too: (height, width, channels), got {shape}; "
            f"for grey images use {(*shape, 1)}"
        )
    if len(shape) not in (1, 3):
        raise ValueError(f"{argument} must be (height, width, channels) or (features,), got {shape}")
    return shape
