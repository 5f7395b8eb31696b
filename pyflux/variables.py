"""Variables: the arrays of a layer, shared by every model that the layer is in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from .inputs import Floats, as_array, as_finite_floats

__all__ = ["Floats", "Source", "Variable", "as_weights"]


class Source(Protocol):
    """What has the values of variables that are not in memory here: an engine, or an initializer."""

    def pull(self) -> None:
        """Assign its value to every variable whose source this is."""


class Variable:
    """One float32 array of a layer.

    Its value is here, or with its `Source`: with an initializer until it is first used, with the engine that
    trained it last. Reading it fetches it. ``version`` grows with every change, so that an engine sees when
    its copy is out of date.

    Args:
        name: Its name in the layer, such as ``"kernel"``.
        shape: Its shape, in Keras's layout.

    >>> kernel = Variable("kernel", (2,))
    >>> kernel.assign(np.array([1, 2], np.float32))
    >>> kernel.read(), kernel.version
    (array([1., 2.], dtype=float32), 1)
    """

    __slots__ = ("_source", "_value", "name", "shape", "version")

    def __init__(self, name: str, shape: tuple[int, ...]) -> None:
        self.name, self.shape = name, shape
        self.version = 0
        self._value: Floats | None = None
        self._source: Source | None = None

    def __repr__(self) -> str:
        return f"Variable({self.name!r}, {self.shape})"

    def __getstate__(self) -> dict[str, Any]:
        value = self.read() if self.has_value else None
        return {"name": self.name, "shape": self.shape, "value": value}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.name, self.shape = state["name"], state["shape"]
        self.version, self._value, self._source = 1, state["value"], None

    @property
    def source(self) -> Source | None:
        """What has the value, where it is not here."""
        return self._source

    @property
    def has_value(self) -> bool:
        """Whether it has a value, here or with its source."""
        return self._value is not None or self._source is not None

    def initialize_from(self, source: Source) -> None:
        """Let ``source`` give the first value, unless the variable has one, or a source, already."""
        if not self.has_value:
            self._source = source

    def read(self) -> Floats:
        """Return the value, which must not be changed; copy it to hand it out."""
        if self._value is None:
            assert self._source is not None, f"{self.name} has no value and no initializer"
            self._source.pull()
        assert self._value is not None
        return self._value

    def assign(self, value: Floats) -> None:
        """Replace the value by an array that nobody else changes."""
        assert value.shape == self.shape, (self.name, self.shape, value.shape)
        self._value, self._source = value, None
        self.version += 1

    def changed_at(self, source: Source) -> None:
        """Note that the value has changed, and that ``source`` has it."""
        self._value, self._source = None, source
        self.version += 1

    def moved_to(self, source: Source) -> None:
        """Leave the value to ``source``, which has the same: it need not be here too."""
        self._value, self._source = None, source

    def supply(self, source: Source, value: Floats) -> None:
        """Take the value that ``source`` was asked for, unless another one has it by now."""
        if self._source is source:
            self._value, self._source = value, None


def as_weights(weights: Sequence[ArrayLike], shapes: Mapping[str, tuple[int, ...]]) -> list[Floats]:
    """Return ``weights`` as float32 copies, one for each of ``shapes``.

    Raises:
        TypeError: An array is not of real numbers.
        ValueError: The number of arrays, a shape or a value does not fit; the error names the array.

    >>> as_weights([[1, 2]], {"dense/bias": (2,)})
    [array([1., 2.], dtype=float32)]
    """
    if len(weights) != len(shapes):
        raise ValueError(f"weights must be {len(shapes)} arrays ({', '.join(shapes)}), got {len(weights)}")
    result = []
    for value, (name, shape) in zip(weights, shapes.items(), strict=True):
        given = as_array(f"weights: {name}", value)
        if given.shape != shape:
            raise ValueError(f"weights: {name} must have shape {shape}, got {given.shape}")
        floats = as_finite_floats(f"weights: {name}", given)
        result.append(floats.copy() if np.may_share_memory(floats, given) else floats)
    return result
