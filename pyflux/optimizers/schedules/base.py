"""What every schedule has."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from ..._internal import validation
from ..._internal.configurable import Configurable


class LearningRateSchedule(Configurable):
    """The base of all schedules: call one with a step's number to get that step's learning rate.

    A schedule of your own is a subclass with Keras's two methods: ``__call__(step)`` and, if models that
    were compiled with it are to be saved, ``get_config()``. To load such a model, import the class first.

    >>> class Inverse(LearningRateSchedule):
    ...     def __init__(self, first):
    ...         self.first = first
    ...
    ...     def __call__(self, step):
    ...         return self.first / (step + 1)
    ...
    ...     def get_config(self):
    ...         return {"first": self.first}
    >>> Inverse(0.1)(1)
    0.05
    """

    subclasses: ClassVar[dict[str, type[LearningRateSchedule]]] = {}  # by name, for `from_config`

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        LearningRateSchedule.subclasses[cls.__name__] = cls

    def __call__(self, step: int) -> float:
        """Return the learning rate of a step.

        Args:
            step: Number of the step, which is the number of batches trained on before it.

        Raises:
            TypeError: ``step`` is no integer.
            ValueError: ``step`` is negative, or the rate of that step is too large for a float.
        """
        step = validation.as_int("step", step, minimum=0)
        try:
            rate = self._rate(step)
        except OverflowError:
            rate = math.inf
        if not math.isfinite(rate):
            raise ValueError(f"{self} has no finite learning rate at step {step}; choose a rate that falls")
        return rate

    def _rate(self, step: int) -> float:
        raise NotImplementedError(f"{type(self).__name__} must have a method __call__(self, step)")

    def get_config(self) -> dict[str, Any]:
        """Return the arguments as plain data."""
        if type(self).__init__ is not object.__init__ and not hasattr(self, "__dataclass_fields__"):
            raise NotImplementedError(
                f"{type(self).__name__} must have a method get_config() that returns its arguments, for a "
                f"model that was compiled with it to be saved"
            )
        return super().get_config()


def learning_rate(argument: str, value: Any, *, or_zero: bool = False) -> float:
    """Return a learning rate, validated: greater than 0, or at least 0 with ``or_zero``."""
    return validation.as_float(argument, value, **({"at_least": 0} if or_zero else {"above": 0}))


def decay_steps(argument: str, value: Any) -> float:
    """Return a number of steps greater than 0; it may have a fraction, as in ``samples / batch_size``."""
    number = validation.as_float(argument, value, above=0)
    return int(number) if number.is_integer() else number
