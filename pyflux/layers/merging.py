"""Layers that make one value of several: where the branches of a network meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .._internal import validation
from .base import Layer, Shape


@dataclass(repr=False)
class Merge(Layer):
    """The base of the layers that take several inputs, which are called on a list of tensors."""

    def output_shape(self, input_shape: Shape) -> Shape:
        """Refuse a single input.

        Raises:
            ValueError: Always.
        """
        raise ValueError(
            "it joins several inputs: call it on a list of tensors, and make the model with "
            "Model(inputs, outputs)"
        )

    def output_shape_of(self, shapes: Sequence[Shape]) -> Shape:
        """Return the shape of one sample, from those that are joined.

        Raises:
            ValueError: There are fewer than two, or they do not fit together.
        """
        self._check_number(shapes)
        result = shapes[0]
        for shape in shapes[1:]:
            if len(shape) != len(result) or any(
                a != b and 1 not in (a, b) for a, b in zip(shape, result, strict=True)
            ):
                raise ValueError(f"its inputs must have the same shape, or 1 in an axis, got {list(shapes)}")
            result = tuple(map(max, shape, result))
        return result

    def _check_number(self, shapes: Sequence[Shape]) -> None:
        if len(shapes) < 2:
            raise ValueError(f"it joins two inputs or more, got {len(shapes)}; call it on a list of tensors")


@dataclass(repr=False)
class Add(Merge):
    """Adds its inputs, element by element. An axis of size 1 is repeated.

    >>> Add().output_shape_of([(8, 8, 3), (8, 8, 3)])
    (8, 8, 3)
    """


@dataclass(repr=False)
class Subtract(Merge):
    """Subtracts the second input from the first.

    >>> Subtract().output_shape_of([(5,), (5,)])
    (5,)
    """

    def _check_number(self, shapes: Sequence[Shape]) -> None:
        if len(shapes) != 2:
            raise ValueError(f"it takes two inputs, got {len(shapes)}; call it on a list of two tensors")


@dataclass(repr=False)
class Multiply(Merge):
    """Multiplies its inputs, element by element. An axis of size 1 is repeated.

    >>> Multiply().output_shape_of([(8, 8, 3), (1, 1, 3)])
    (8, 8, 3)
    """


@dataclass(repr=False)
class Average(Merge):
    """Takes the mean of its inputs, element by element.

    >>> Average().output_shape_of([(5,), (5,), (5,)])
    (5,)
    """


@dataclass(repr=False)
class Maximum(Merge):
    """Takes the largest of its inputs, element by element.

    >>> Maximum().output_shape_of([(5,), (5,)])
    (5,)
    """


@dataclass(repr=False)
class Minimum(Merge):
    """Takes the smallest of its inputs, element by element.

    >>> Minimum().output_shape_of([(5,), (5,)])
    (5,)
    """


@dataclass(repr=False)
class Concatenate(Merge):
    """Puts its inputs beside each other along one axis.

    Args:
        axis: The axis, counted with that of the batch as in Keras: -1, or the number of the last axis, for
            channels or features. Other axes of images are 1 for rows and 2 for columns.

    >>> Concatenate().output_shape_of([(8, 8, 3), (8, 8, 5)])
    (8, 8, 8)
    """

    axis: int = -1

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.axis, bool) or not isinstance(self.axis, int) or self.axis == 0:
            raise ValueError(
                f"axis must be a whole number other than 0, the batch, got {validation.show(self.axis)}"
            )

    def sample_axis(self, rank: int) -> int:
        """Return which axis of a sample it is, from 0.

        Args:
            rank: How many axes a sample has.

        Raises:
            ValueError: A sample has no such axis.
        """
        axis = self.axis - 1 if self.axis > 0 else self.axis + rank
        if not 0 <= axis < rank:
            raise ValueError(f"its axis {self.axis} is none of samples with {rank} axes")
        return axis

    def output_shape_of(self, shapes: Sequence[Shape]) -> Shape:
        """Return the shape of one sample, from those that are joined.

        Raises:
            ValueError: There are fewer than two, or they differ in another axis.
        """
        self._check_number(shapes)
        rank = len(shapes[0])
        axis = self.sample_axis(rank)
        if rank == 2 and self.axis != -1:
            raise ValueError(
                f"its axis must be -1 for samples of shape (rows, features), got {self.axis}; to add rows, "
                f"Permute them first"
            )
        others = {(*shape[:axis], *shape[axis + 1 :]) for shape in shapes}
        if len(others) > 1 or any(len(shape) != rank for shape in shapes):
            raise ValueError(
                f"its inputs may differ in axis {self.axis} only, got samples of shapes {list(shapes)}"
            )
        return (*shapes[0][:axis], sum(shape[axis] for shape in shapes), *shapes[0][axis + 1 :])
