"""Batches from generators, Keras's Sequences and PyTorch's DataLoaders.

None of these libraries is imported: what counts is which methods an object has.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Set
from typing import Any, NamedTuple

import numpy as np

from .._internal.validation import as_int
from .._internal.warn import warn


class Batch(NamedTuple):
    """One batch as it comes: samples, targets and sample weights, the last two None where there are none."""

    x: Any
    y: Any = None
    sample_weight: Any = None


def is_batched(x: Any) -> bool:
    """Whether ``x`` gives batches, and is not itself an array of samples.

    >>> is_batched(iter([])), is_batched([[1.0]])
    (True, False)
    """
    if isinstance(x, np.ndarray | list | tuple | range | str | bytes | Mapping | Set) or x is None:
        return False
    if any(hasattr(x, name) for name in ("__array__", "__dlpack__", "__array_interface__", "to_numpy")):
        return False
    if _has_buffer(x):
        return False
    return hasattr(x, "__iter__") or (hasattr(x, "__getitem__") and hasattr(x, "__len__"))


class Batches:
    """A source of batches, read an epoch at a time.

    Args:
        x: A generator or other iterator, which goes on from epoch to epoch; a Keras ``Sequence``, or any
            object with ``__len__`` and ``__getitem__`` that returns batches; a ``DataLoader``, or any other
            iterable that can begin anew. A batch is ``(x, y)``, ``(x, y, sample_weight)``, or samples alone.
        y: Must be None: the batches have the targets.
        steps: Batches an epoch; by default as many as there are.
        argument: Name of the argument, for errors.
        labelled: Whether every batch must have targets.

    Raises:
        TypeError: ``x`` gives no batches.
        ValueError: ``y`` is given, or ``steps`` is not positive.

    >>> batches = Batches(iter([([[1.0]], [0]), ([[2.0]], [1])]))
    >>> [batch.y for batch in batches]
    [[0], [1]]
    """

    def __init__(
        self, x: Any, y: Any = None, steps: int | None = None, *, argument: str = "x", labelled: bool = False
    ) -> None:
        if inspect.isgeneratorfunction(x):
            raise TypeError(f"{argument} must be a generator, got the function {x.__name__}; call it: x()")
        if any(c.__module__.startswith("torch.utils.data.dataset") for c in type(x).__mro__) and hasattr(
            x, "__getitem__"
        ):
            raise TypeError(f"{argument} must give batches, got a Dataset; wrap it in a DataLoader")
        if not is_batched(x):
            raise TypeError(f"{argument} must give batches, got a {type(x).__name__}")
        if y is not None:
            raise ValueError(
                f"y must be left out where {argument} is a {type(x).__name__}: its batches are (x, y)"
            )
        self._source, self._argument, self._labelled = x, argument, labelled
        self._wanted = None if steps is None else as_int("steps", steps)
        self._iterator: Iterator[Any] | None = None
        self._epochs = 0

    @property
    def steps(self) -> int | None:
        """Batches an epoch, None if that is not known before the end of the first."""
        if self._wanted is not None:
            return self._wanted
        if not hasattr(self._source, "__len__"):
            return None
        try:
            return len(self._source)
        except (TypeError, ValueError, OverflowError):  # infinite, or not known
            return None

    def __iter__(self) -> Iterator[Batch]:
        """Yield the batches of one epoch."""
        count = 0
        while self._wanted is None or count < self._wanted:
            batch = self._next(count)
            if batch is None:
                break
            yield self._checked(batch[0], count)
            count += 1
        if count == 0:
            raise ValueError(
                f"{self._argument} gives no {'more ' if self._epochs else ''}batches; for several epochs "
                f"give steps and a generator that goes on, or an object that can begin anew"
            )
        if self._wanted is not None and count < self._wanted:
            warn(f"{self._argument} ended after {count} of {self._wanted} batches", UserWarning)
        self._epochs += 1
        if hasattr(self._source, "on_epoch_end"):
            self._source.on_epoch_end()

    def _next(self, count: int) -> tuple[Any] | None:
        """Return the next batch in a tuple, None at the end of an epoch."""
        if self._iterator is None:
            self._iterator = self._begin()
        for batch in self._iterator:
            return (batch,)
        self._iterator = None
        # With a number of steps, what can begin anew does so in the middle of an epoch.
        if self._wanted is not None and count and not hasattr(self._source, "__next__"):
            self._iterator = self._begin()
            for batch in self._iterator:
                return (batch,)
        return None

    def _begin(self) -> Iterator[Any]:
        if hasattr(self._source, "__getitem__") and hasattr(self._source, "__len__"):
            return (self._source[i] for i in range(len(self._source)))
        return iter(self._source)

    def _checked(self, batch: Any, number: int) -> Batch:
        if not isinstance(batch, (tuple, list)):
            batch = (batch,)
        if not 1 <= len(batch) <= 3 or isinstance(batch[0], Mapping):
            raise TypeError(
                f"{self._argument}: batch {number} must be (x, y) or (x, y, sample_weight), got a "
                f"{type(batch).__name__} of {len(batch)}"
            )
        result = Batch(*batch)
        if self._labelled and result.y is None:
            raise ValueError(f"{self._argument}: batch {number} has no targets; give (x, y)")
        return result


def _has_buffer(x: Any) -> bool:
    try:
        memoryview(x)
    except TypeError:
        return False
    return True
