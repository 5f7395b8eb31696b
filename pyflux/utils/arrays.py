"""One-hot labels, and one seed for everything."""

from __future__ import annotations

import random

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._internal import seeding
from .._internal.validation import as_int
from ..inputs import as_array

__all__ = ["set_random_seed", "to_categorical"]


def to_categorical(x: ArrayLike, num_classes: int | None = None) -> NDArray[np.float32]:
    """Return class numbers as one-hot vectors, as ``loss="categorical_crossentropy"`` takes them.

    Args:
        x: Whole numbers from 0, of any shape; a last axis of length 1 is dropped.
        num_classes: Number of classes; by default one more than the highest of ``x``.

    Returns:
        float32 of shape ``(*x.shape, num_classes)``, 1 at each class and 0 elsewhere.

    Raises:
        TypeError: ``x`` is not of whole numbers.
        ValueError: A class is negative or not below ``num_classes``, or ``x`` is empty.

    >>> to_categorical([2, 0], num_classes=3)
    array([[0., 0., 1.],
           [1., 0., 0.]], dtype=float32)
    """
    array = as_array("x", x)
    if array.size == 0:
        raise ValueError(f"x is empty: its shape is {array.shape}; give at least one class number")
    if array.ndim > 1 and array.shape[-1] == 1:
        array = array[..., 0]
    classes = array.astype(np.int64)
    if not (classes == array).all():
        raise TypeError(f"x must be whole numbers from 0, got {array[classes != array].flat[0]}")
    count = int(classes.max()) + 1 if num_classes is None else as_int("num_classes", num_classes)
    if classes.min() < 0 or classes.max() >= count:
        raise ValueError(
            f"x must be in 0 … {count - 1}, as there are {count} classes, got numbers from "
            f"{classes.min()} to {classes.max()}"
        )
    one_hot = np.zeros((classes.size, count), np.float32)
    one_hot[np.arange(classes.size), classes.ravel()] = 1
    return one_hot.reshape(*classes.shape, count)


def set_random_seed(seed: int) -> None:
    """Fix all random numbers: Python's, NumPy's, and those of every model made from now on without a seed.

    The same calls after it give the same models, which train to the same weights, bit for bit on one machine
    with one number of threads. A model's own ``seed=`` is not affected.

    Args:
        seed: Whole number from 0 to 2³² - 1.

    Raises:
        TypeError: ``seed`` is no whole number.
        ValueError: It is out of range.

    >>> set_random_seed(0)
    >>> first = np.random.random(), random.random()
    >>> set_random_seed(0)
    >>> first == (np.random.random(), random.random())
    True
    """
    number = as_int("seed", seed, minimum=0)
    if number >= 2**32:
        raise ValueError(f"seed must be below 2**32, as NumPy's is, got {number}")
    random.seed(number)
    np.random.seed(number)
    seeding.set_seed(number)
