"""`Adam` and `AdamW`."""

from __future__ import annotations

from dataclasses import dataclass, field

from .base import Optimizer
from .schedules import LearningRateSchedule


@dataclass(frozen=True, repr=False)
class Adam(Optimizer):
    """Adam (Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015), as Keras computes it.

    With the gradient ``g`` in step ``t``, counted from 1::

        m += (1 - beta_1) * (g - m)
        v += (1 - beta_2) * (g² - v)
        w -= learning_rate * sqrt(1 - beta_2**t) / (1 - beta_1**t) * m / (sqrt(v) + epsilon)

    The paper, Flux and PyTorch add ``epsilon`` after the correction of ``v``, not before: see `FluxAdam`. The
    two differ where gradients are as small as ``epsilon``.

    Args:
        learning_rate: Step size, at least 0, or a schedule.
        beta_1: Decay rate of the mean of gradients ``m``, at least 0, less than 1.
        beta_2: Decay rate of the mean of squared gradients ``v``, at least 0, less than 1.
        epsilon: Keeps the division finite, greater than 0.
        amsgrad: Whether the largest ``v`` so far takes the place of ``v`` (Reddi et al., 2018).

    The arguments of every optimizer (``weight_decay``, ``clipnorm``, …): see `Optimizer`.

    >>> Adam(learning_rate=0.01).beta_2
    0.999
    >>> Adam(amsgrad=True).slots
    ('momentum', 'velocity', 'velocity_hat')
    """

    learning_rate: float | LearningRateSchedule = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
    amsgrad: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_decay_rate("beta_1", "beta_2")
        self._check_float("epsilon", above=0)
        self._check_bool("amsgrad")

    @property
    def slots(self) -> tuple[str, ...]:
        """Names of the arrays that are kept for every weight between steps, in Keras's order."""
        return ("momentum", "velocity", "velocity_hat") if self.amsgrad else ("momentum", "velocity")


@dataclass(frozen=True, repr=False)
class AdamW(Adam):
    """`Adam` with weight decay, which is the second argument, as in Keras. All weights decay, biases too.

    Args:
        learning_rate: Step size, at least 0, or a schedule.
        weight_decay: The fraction of every weight, times the learning rate, that each step subtracts.
        beta_1: See `Adam`, as the arguments after it.
        beta_2: See `Adam`.
        epsilon: See `Adam`.
        amsgrad: See `Adam`.

    Source: Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019.

    >>> AdamW(0.01, 0.1)
    AdamW(learning_rate=0.01, weight_decay=0.1)
    """

    weight_decay: float | None = field(default=0.004, kw_only=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.weight_decay is None:
            raise ValueError("weight_decay of AdamW must be a number, got None; use Adam for none")
