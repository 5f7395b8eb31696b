"""Activation functions on NumPy arrays. Names, arguments and formulas are Keras's.

A layer takes one by name or as a function: ``Dense(10, activation="relu")``, ``Dense(10, activation=relu)``.
Every function takes an array of any shape and returns one of the same shape: float64 for float64, otherwise
float32. A NaN stays a NaN.

To add one, write its function, name it in `ACTIVATIONS`, and give every engine and exporter its part
(CONTRIBUTING.md lists them).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._internal import validation

Array = NDArray[Any]

# Klambauer, Unterthiner, Mayr and Hochreiter, "Self-normalizing neural networks", 2017, appendix A.1.2.
SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805


def linear(x: ArrayLike) -> Array:
    """Return ``x``.

    >>> linear([-1.0, 2.0])
    array([-1.,  2.])
    """
    return _floats(x)


def relu(
    x: ArrayLike, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0
) -> Array:
    """Return ``max(x, 0)``, or a variant of it.

    Args:
        x: Any array.
        negative_slope: Slope below the threshold.
        max_value: Largest value that is returned; None for no limit.
        threshold: Values up to it become ``negative_slope * (x - threshold)``.

    >>> relu([-2.0, 3.0, 9.0], negative_slope=0.5, max_value=6)
    array([-1.,  3.,  6.])
    """
    x = _floats(x)
    if not negative_slope and max_value is None and not threshold:
        return np.maximum(x, 0)
    above = x if max_value is None else np.minimum(x, max_value)
    below = negative_slope * (x - threshold) if negative_slope else np.where(np.isnan(x), x, 0)
    return np.where(x > threshold, above, below).astype(x.dtype, copy=False)


def relu6(x: ArrayLike) -> Array:
    """Return ``min(max(x, 0), 6)``.

    >>> relu6([-2.0, 3.0, 9.0])
    array([0., 3., 6.])
    """
    return relu(x, max_value=6)


def leaky_relu(x: ArrayLike, negative_slope: float = 0.2) -> Array:
    """Return ``x`` where it is above 0, else ``negative_slope * x``.

    >>> leaky_relu([-1.0, 2.0])
    array([-0.2,  2. ])
    """
    x = _floats(x)
    return np.where(x > 0, x, x * x.dtype.type(negative_slope))


def elu(x: ArrayLike, alpha: float = 1.0) -> Array:
    """Return ``x`` where it is above 0, else ``alpha * (exp(x) - 1)``.

    Source: Clevert, Unterthiner and Hochreiter, "Fast and accurate deep network learning by exponential
    linear units", 2016.

    >>> elu([-1.0, 2.0]).round(3)
    array([-0.632,  2.   ])
    """
    x = _floats(x)
    return np.where(x > 0, x, x.dtype.type(alpha) * np.expm1(np.minimum(x, 0)))


def selu(x: ArrayLike) -> Array:
    """Return `elu` with a scale and an alpha that keep mean 0 and variance 1 from layer to layer.

    Source: Klambauer, Unterthiner, Mayr and Hochreiter, "Self-normalizing neural networks", 2017.

    >>> selu([-1.0, 2.0]).round(3)
    array([-1.111,  2.101])
    """
    return elu(x, SELU_ALPHA) * SELU_SCALE


def gelu(x: ArrayLike, approximate: bool = False) -> Array:
    """Return ``x`` times the standard normal distribution's probability below ``x``.

    Source: Hendrycks and Gimpel, "Gaussian error linear units", 2016.

    Args:
        x: Any array.
        approximate: Whether the probability is approximated with tanh. By name, ``"gelu"`` is the exact one.

    >>> gelu([-1.0, 2.0]).round(3)
    array([-0.159,  1.954])
    """
    x = _floats(x)
    return x * (normal_cdf_tanh(x) if approximate else normal_cdf(x))


def sigmoid(x: ArrayLike) -> Array:
    """Return ``1 / (1 + exp(-x))``.

    >>> sigmoid([-1.0, 2.0]).round(3)
    array([0.269, 0.881])
    """
    return 0.5 * (1 + np.tanh(0.5 * _floats(x)))  # written with tanh, which never overflows


def silu(x: ArrayLike) -> Array:
    """Return ``x * sigmoid(x)``, also called swish.

    Source: Ramachandran, Zoph and Le, "Searching for activation functions", 2017.

    >>> silu([-1.0, 2.0]).round(3)
    array([-0.269,  1.762])
    """
    x = _floats(x)
    return x * sigmoid(x)


swish = silu


def hard_sigmoid(x: ArrayLike) -> Array:
    """Return ``x / 6 + 0.5``, limited to 0 … 1.

    >>> hard_sigmoid([-4.0, 0.0, 1.5])
    array([0.  , 0.5 , 0.75])
    """
    return (_floats(x) / 6 + 0.5).clip(0, 1)


def hard_silu(x: ArrayLike) -> Array:
    """Return ``x * hard_sigmoid(x)``, also called hard swish.

    Source: Howard and others, "Searching for MobileNetV3", 2019.

    >>> hard_silu([-4.0, 1.5, 4.0])
    array([-0.   ,  1.125,  4.   ])
    """
    x = _floats(x)
    return x * hard_sigmoid(x)


hard_swish = hard_silu


def softplus(x: ArrayLike) -> Array:
    """Return ``log(1 + exp(x))``.

    >>> softplus([-1.0, 2.0]).round(3)
    array([0.313, 2.127])
    """
    x = _floats(x)
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def softsign(x: ArrayLike) -> Array:
    """Return ``x / (1 + |x|)``.

    >>> softsign([-1.0, 3.0])
    array([-0.5 ,  0.75])
    """
    x = _floats(x)
    y: Array = x / (1 + np.abs(x))
    return y


def tanh(x: ArrayLike) -> Array:
    """Return the hyperbolic tangent.

    >>> tanh([-1.0, 2.0]).round(3)
    array([-0.762,  0.964])
    """
    return np.tanh(_floats(x))


def exponential(x: ArrayLike) -> Array:
    """Return ``exp(x)``.

    >>> exponential([-1.0, 2.0]).round(3)
    array([0.368, 7.389])
    """
    return np.exp(_floats(x))


def mish(x: ArrayLike) -> Array:
    """Return ``x * tanh(softplus(x))``.

    Source: Misra, "Mish: a self regularized non-monotonic activation function", 2019.

    >>> mish([-1.0, 2.0]).round(3)
    array([-0.303,  1.944])
    """
    x = _floats(x)
    return x * np.tanh(softplus(x))


def softmax(x: ArrayLike, axis: int = -1) -> Array:
    """Return exponentials scaled so that they sum to 1 over an axis.

    >>> softmax([0.0, 0.0, np.log(2.0)])
    array([0.25, 0.25, 0.5 ])
    """
    x = _floats(x)
    e = np.exp(x - x.max(axis=axis, keepdims=True))  # less the maximum, so that none overflows
    y: Array = e / e.sum(axis=axis, keepdims=True)
    return y


def log_softmax(x: ArrayLike, axis: int = -1) -> Array:
    """Return the logarithm of `softmax`, exact where that is nearly 0.

    >>> log_softmax([0.0, 1000.0])
    array([-1000.,     0.])
    """
    x = _floats(x)
    shifted = x - x.max(axis=axis, keepdims=True)
    y: Array = shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
    return y


ACTIVATIONS: dict[str, Callable[..., Array]] = {
    function.__name__: function
    for function in (
        linear, relu, relu6, leaky_relu, elu, selu, gelu, silu, hard_sigmoid, hard_silu, softplus, softsign,
        sigmoid, tanh, exponential, mish, softmax, log_softmax,
    )
}  # fmt: skip

# Other names for the same functions.
ALIASES = {"swish": "silu", "hard_swish": "hard_silu"}


def get(argument: str, value: str | Callable[..., Array] | None) -> str:
    """Return the name of an activation, one of `ACTIVATIONS`; none at all is ``"linear"``.

    Args:
        argument: Name of the argument, for errors.
        value: A name, a function of this module, or None.

    Raises:
        TypeError: It is a function of somebody else's, or neither name nor function.
        ValueError: The name is not known; the error suggests the nearest.

    >>> get("activation", "swish"), get("activation", relu), get("activation", None)
    ('silu', 'relu', 'linear')
    """
    if value is None:
        return "linear"
    if callable(value):
        name = getattr(value, "__name__", "")
        if ACTIVATIONS.get(name) is value:
            return name
        hint = f"; write activation={name!r}" if name in {*ACTIVATIONS, *ALIASES} else ""
        raise TypeError(
            f"{argument} must be a name, a function of pyflux.activations or an activation layer, "
            f"got {validation.show(value)}{hint}"
        )
    name = ALIASES.get(value, value) if isinstance(value, str) else value
    return validation.choice(argument, name, ACTIVATIONS)


def normal_cdf(x: Array) -> Array:
    """Return the standard normal distribution's probability below ``x``."""
    erf: Array = np.vectorize(math.erf, otypes=[np.float64])(x / math.sqrt(2))
    return (0.5 * (1 + erf)).astype(x.dtype)


def normal_cdf_tanh(x: Array) -> Array:
    """Return Hendrycks and Gimpel's approximation of `normal_cdf`."""
    return 0.5 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def _floats(x: ArrayLike) -> Array:
    array = np.asarray(x)
    return array if array.dtype in (np.float32, np.float64) else array.astype(np.float32)
