"""The optimizers: change a weight, in place, by its gradient and its slots."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...optimizers import SGD, Adam, Optimizer, RMSprop

Array = NDArray[Any]


def sgd(o: SGD, rate: float, step: int, w: Array, g: Array, velocity: Array) -> None:
    """Gradient descent with momentum, as Keras writes it."""
    velocity *= o.momentum
    velocity -= rate * g
    w += o.momentum * velocity - rate * g if o.nesterov else velocity


def adam(o: Adam, rate: float, step: int, w: Array, g: Array, m: Array, v: Array) -> None:
    """Kingma and Ba (2015), algorithm 1; ``step`` counts from 1."""
    m += (1 - o.beta_1) * (g - m)
    v += (1 - o.beta_2) * (g * g - v)
    m_hat, v_hat = m / (1 - o.beta_1**step), v / (1 - o.beta_2**step)
    w -= rate * m_hat / (np.sqrt(v_hat) + o.epsilon)


def rmsprop(o: RMSprop, rate: float, step: int, w: Array, g: Array, v: Array) -> None:
    """Gradient over the root of its mean square."""
    v += (1 - o.rho) * (g * g - v)
    w -= rate * g / (np.sqrt(v) + o.epsilon)


def update(o: Optimizer, rate: float, step: int, w: Array, g: Array, memory: list[Array]) -> None:
    """Take one step for one weight. The decay is of the weight as it was before the step."""
    decay = rate * (o.weight_decay or 0) * w
    if isinstance(o, Adam):
        adam(o, rate, step, w, g, *memory)
    elif isinstance(o, RMSprop):
        rmsprop(o, rate, step, w, g, *memory)
    elif isinstance(o, SGD):
        sgd(o, rate, step, w, g, *memory)
    w -= decay
