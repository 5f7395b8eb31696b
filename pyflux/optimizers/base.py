"""What every optimizer has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .._internal import validation
from .._internal.configurable import Configurable, fixed
from .schedules import LearningRateSchedule

_NO_AVERAGE = "moving averages of the weights are not computed; leave it out"


@dataclass(frozen=True, repr=False)
class Optimizer(Configurable):
    """What optimizers have in common: the arguments that every one of them takes.

    An optimizer is a description, which never changes; each engine has the arithmetic. In a step, gradients
    are clipped first, then the weights decay, then the optimizer's own formula is applied, as in Keras.

    Args:
        learning_rate: Step size, at least 0, or a schedule of `pyflux.optimizers.schedules`.
        weight_decay: The fraction of every weight, times the learning rate, that each step subtracts from it
            (Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019), at least 0; None for none.
        clipnorm: Scales the gradient of each weight array to at most this Euclidean norm.
        clipvalue: Limits every element of the gradients to at most this magnitude.
        global_clipnorm: Scales all gradients by one factor so that their norm together is at most this.
        name: Accepted as in Keras.
        use_ema: Not supported: False.
        ema_momentum: Not supported: 0.99.
        ema_overwrite_frequency: Not supported: None.
        loss_scale_factor: Not supported: None.
        gradient_accumulation_steps: Not supported: None.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: An argument is out of range or not supported, or more than one of ``clipnorm``,
            ``clipvalue`` and ``global_clipnorm`` is given.
    """

    learning_rate: float | LearningRateSchedule
    weight_decay: float | None = field(default=None, kw_only=True)
    clipnorm: float | None = field(default=None, kw_only=True)
    clipvalue: float | None = field(default=None, kw_only=True)
    global_clipnorm: float | None = field(default=None, kw_only=True)
    name: str | None = field(default=None, kw_only=True, compare=False)
    use_ema: bool = fixed(False, _NO_AVERAGE)
    ema_momentum: float = fixed(0.99, _NO_AVERAGE)
    ema_overwrite_frequency: int | None = fixed(None, _NO_AVERAGE)
    loss_scale_factor: float | None = fixed(None, "training in float32 needs no loss scaling; leave it out")
    gradient_accumulation_steps: int | None = fixed(None, "use a larger batch_size in fit() instead")

    def __post_init__(self) -> None:
        self.check_fixed()
        if callable(self.learning_rate) and not isinstance(self.learning_rate, LearningRateSchedule):
            raise TypeError(
                f"learning_rate must be a number or a schedule, got {validation.show(self.learning_rate)}; "
                f"for a function of the epoch use callbacks.LearningRateScheduler, for one of the step a "
                f"subclass of optimizers.schedules.LearningRateSchedule"
            )
        if not isinstance(self.learning_rate, LearningRateSchedule):
            self._check_float("learning_rate", at_least=0)
        if self.weight_decay is not None:
            self._check_float("weight_decay", at_least=0)
        clipping = ("clipnorm", "clipvalue", "global_clipnorm")
        given = [name for name in clipping if getattr(self, name) is not None]
        for name in given:
            self._check_float(name, above=0)
        if len(given) > 1:
            raise ValueError(f"only one of {', '.join(clipping)} can be given, got {' and '.join(given)}")

    @property
    def slots(self) -> tuple[str, ...]:
        """Names of the arrays that are kept for every weight between steps, in Keras's order."""
        return ()

    def rate(self, step: int) -> float:
        """Return the learning rate of a step, counted from 0.

        Raises:
            ValueError: A schedule returned a rate that is negative or not finite.
        """
        if not isinstance(self.learning_rate, LearningRateSchedule):
            return self.learning_rate
        return validation.as_float("learning_rate", self.learning_rate(step), at_least=0)

    def _check_float(self, name: str, **limits: Any) -> None:
        self._set(**{name: validation.as_float(name, getattr(self, name), **limits)})

    def _check_bool(self, name: str) -> None:
        self._set(**{name: validation.as_bool(name, getattr(self, name))})

    def _check_decay_rate(self, *names: str) -> None:
        """Validate decay rates of moving averages: at least 0, less than 1."""
        for name in names:
            self._check_float(name, at_least=0, below=1)
