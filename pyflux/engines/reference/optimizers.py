"""The optimizers: how gradients change weights, in place.

Each is a function ``(optimizer, rate, step, g, slots)`` that changes its slots and returns what is
subtracted from the weight. ``step`` counts from 1. Formulas: Keras 3.15, ``keras/src/optimizers/*.py``; as
there, scalars are computed in the type of the weights.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...optimizers import SGD, Adagrad, Adam, AdamW, FluxAdam, Lion, Nadam, Optimizer, RMSprop

Array = NDArray[Any]
Slots = dict[str, Array]  # by name, one array for each of `Optimizer.slots`


def sgd(o: SGD, rate: float, step: int, g: Array, slots: Slots) -> Array:
    """Gradient descent, with momentum if it is not 0."""
    if not o.momentum:
        return rate * g
    velocity = slots["momentum"]
    velocity *= o.momentum
    velocity -= rate * g
    return rate * g - o.momentum * velocity if o.nesterov else -velocity


def adam(o: Adam, rate: float, step: int, g: Array, slots: Slots) -> Array:
    """Kingma and Ba (2015), section 2: the correction of both moments is part of the step size."""
    m, v = _moments(o, g, slots)
    if o.amsgrad:
        v = np.maximum(slots["velocity_hat"], v, out=slots["velocity_hat"])
    rest_1, rest_2 = _correction(g, o.beta_1, step), _correction(g, o.beta_2, step)
    taken: Array = m * (rate * np.sqrt(rest_2) / rest_1) / (np.sqrt(v) + o.epsilon)
    return taken


def flux_adam(o: FluxAdam, rate: float, step: int, g: Array, slots: Slots) -> Array:
    """Kingma and Ba (2015), algorithm 1."""
    m, v = _moments(o, g, slots)
    m_hat, v_hat = m / _correction(g, o.beta_1, step), v / _correction(g, o.beta_2, step)
    taken: Array = rate * m_hat / (np.sqrt(v_hat) + o.epsilon)
    return taken


def nadam(o: Nadam, rate: float, step: int, g: Array, slots: Slots) -> Array:
    """Adam with a look-ahead in the first moment, whose decay rate rises from step to step."""
    m, v = _moments(o, g, slots)
    real = g.dtype.type
    u, u_next = real(_momentum(o, step)), real(_momentum(o, step + 1))
    product = real(_momentum_product(o, step))
    m_hat = u_next * m / (1 - product * u_next) + (1 - u) * g / (1 - product)
    v_hat = v / _correction(g, o.beta_2, step)
    taken: Array = rate * m_hat / (np.sqrt(v_hat) + o.epsilon)
    return taken


def rmsprop(o: RMSprop, rate: float, step: int, g: Array, slots: Slots) -> Array:
    """The gradient over the root of its mean square, or of its variance."""
    velocity = slots["velocity"]
    velocity *= o.rho
    velocity += (1 - o.rho) * g * g
    variance = velocity
    if o.centered:
        mean = slots["average_gradient"]
        mean *= o.rho
        mean += (1 - o.rho) * g
        variance = velocity - mean * mean
    taken = rate * g / np.sqrt(variance + o.epsilon)
    if not o.momentum:
        return taken
    last = slots["momentum"]
    last *= o.momentum
    last += taken
    return last


def adagrad(o: Adagrad, rate: float, step: int, g: Array, slots: Slots) -> Array:
    """The gradient over the root of the sum of its squares."""
    total = slots["accumulator"]
    total += g * g
    return rate * g / np.sqrt(total + o.epsilon)


def lion(o: Lion, rate: float, step: int, g: Array, slots: Slots) -> Array:
    """The sign of a mean of gradients in which the last one counts more than in the one that is kept."""
    m = slots["momentum"]
    taken: Array = rate * np.sign(m * o.beta_1 + g * (1 - o.beta_1))
    m *= o.beta_2
    m += (1 - o.beta_2) * g
    return taken


OPTIMIZERS: dict[type[Optimizer], Callable[[Any, float, int, Array, Slots], Array]] = {
    SGD: sgd,
    Adagrad: adagrad,
    Adam: adam,
    AdamW: adam,
    FluxAdam: flux_adam,
    Lion: lion,
    Nadam: nadam,
    RMSprop: rmsprop,
}


def initial_slots(optimizer: Optimizer, weight: Array) -> Slots:
    """Return what an optimizer keeps of a weight before the first step."""
    start = optimizer.initial_accumulator_value if isinstance(optimizer, Adagrad) else 0.0
    return {name: np.full_like(weight, start) for name in optimizer.slots}


def apply_gradients(
    optimizer: Optimizer,
    rate: float,
    step: int,
    weights: Sequence[Array],
    gradients: Sequence[Array],
    slots: Sequence[Slots],
) -> None:
    """Take one step, counted from 1: clip the gradients, decay the weights, apply the optimizer's formula."""
    update = OPTIMIZERS[type(optimizer)]
    for w, g, kept in zip(weights, clip(optimizer, gradients), slots, strict=True):
        if optimizer.weight_decay:
            w -= w * optimizer.weight_decay * rate
        w -= update(optimizer, rate, step, g, kept)


def clip(optimizer: Optimizer, gradients: Sequence[Array]) -> list[Array]:
    """Return the gradients with the optimizer's clipping."""
    if limit := optimizer.clipnorm:
        return [g * limit / np.maximum(norm([g]), limit) for g in gradients]
    if limit := optimizer.global_clipnorm:
        total = norm(gradients)
        # As in Keras, one gradient that is not finite makes all of them NaN.
        factor = limit / np.maximum(total, limit) if np.isfinite(total) else np.nan
        return [g * factor for g in gradients]
    if limit := optimizer.clipvalue:
        return [np.clip(g, -limit, limit) for g in gradients]
    return list(gradients)


def norm(arrays: Sequence[Array]) -> Any:
    """The Euclidean norm of arrays, as if they were one."""
    return np.sqrt(sum((np.sum(a * a) for a in arrays), start=arrays[0].dtype.type(0)))


def _moments(o: Adam | FluxAdam | Nadam, g: Array, slots: Slots) -> tuple[Array, Array]:
    """The moving averages of gradients and of their squares."""
    m, v = slots["momentum"], slots["velocity"]
    m += (1 - o.beta_1) * (g - m)
    v += (1 - o.beta_2) * (g * g - v)
    return m, v


def _correction(g: Array, beta: float, step: int) -> Any:
    """``1 - beta**step``: how much of a moving average that started at 0 has come in."""
    real = g.dtype.type
    return 1 - real(beta) ** real(step)


def _momentum(o: Nadam, step: int) -> float:
    """The decay rate of the first moment in a step (Dozat, 2016), with Keras's constants."""
    return o.beta_1 * (1 - 0.5 * 0.96**step)


def _momentum_product(o: Nadam, step: int) -> float:
    """The product of the decay rates of all steps so far."""
    steps = np.arange(1, min(step, 1000) + 1)  # after that, 0.96**step is less than rounding
    return float(np.prod(1 - 0.5 * 0.96**steps)) * o.beta_1**step
