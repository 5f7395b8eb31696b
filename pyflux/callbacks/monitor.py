"""The base of callbacks that watch one quantity."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from .._internal import validation
from .callback import Callback, Logs

MODES = ("auto", "min", "max")


class MonitorCallback(Callback):
    """Watches one of the logged quantities and keeps its best value.

    Args:
        monitor: Name of the quantity, such as ``"val_loss"``.
        mode: ``"min"`` if lower is better, ``"max"`` if higher is; ``"auto"`` asks the metric.
        best: Value that the first one must beat, or None.
        min_delta: Smallest change that counts as an improvement.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument is out of its range.
    """

    def __init__(
        self, monitor: str, mode: str = "auto", best: float | None = None, min_delta: float = 0
    ) -> None:
        if not isinstance(monitor, str):
            raise TypeError(f"monitor must be a name such as 'val_loss', got {monitor!r}")
        self.monitor = monitor
        self.mode = validation.choice("mode", mode, MODES)
        self.best = best
        self.min_delta = abs(validation.as_float("min_delta", min_delta))

    def improved(self, value: float, reference: float | None) -> bool:
        """Return whether ``value`` is better than ``reference`` by more than ``min_delta``.

        NaN never is. If ``reference`` is None, every other value is.
        """
        if math.isnan(value) or reference is None:
            return not math.isnan(value)
        gain = reference - value if self.direction() == "min" else value - reference
        return gain > self.min_delta

    def direction(self) -> str:
        """Return ``"min"`` or ``"max"``.

        Raises:
            ValueError: ``mode`` is ``"auto"``, and the quantity is not the loss or a metric of the model, or
                the metric does not say which values are better.
        """
        if self.mode != "auto":
            return self.mode
        metrics = getattr(getattr(self, "model", None), "metrics", ())
        known = {"loss": "down", **{metric.name: metric.direction for metric in metrics}}
        direction = known.get(self.monitor.removeprefix("val_"), "unknown")
        if direction == "unknown":
            names = [*known, *(f"val_{name}" for name in known)]
            raise ValueError(
                f"{type(self).__name__}: monitor is {self.monitor!r}, which is neither the loss nor a metric "
                f"of the model{validation.nearest(self.monitor, names)}; there are: {', '.join(names)}. "
                f"If another callback logs it, pass mode='min' or mode='max'"
            )
        if direction is None:
            raise ValueError(
                f"{type(self).__name__}: monitor is {self.monitor!r}, a metric that does not say whether "
                f"higher or lower is better; pass mode='min' or mode='max'"
            )
        return "min" if direction == "down" else "max"

    def check_monitor(self) -> None:
        """Raise ``ValueError`` at the beginning of training if the quantity cannot be watched."""
        self.direction()
        if self.monitor.startswith("val_") and self._validation() is False:
            raise ValueError(
                f"{type(self).__name__}: monitor is {self.monitor!r}, but there is no validation; pass "
                f"validation_split= or validation_data= to fit(), or monitor={self.monitor[4:]!r}"
            )

    def value(self, logs: Logs | None) -> float | None:
        """Return the value of an epoch; None if no validation ran in it that would give the value.

        Raises:
            ValueError: The quantity is not logged; the error names those that are.
        """
        logs = logs or {}
        if self.monitor in logs:
            return float(np.asarray(logs[self.monitor]))
        if self._validation() and self.monitor.startswith("val_") and not has_validation(logs):
            return None
        raise not_logged(type(self).__name__, "monitor", self.monitor, logs)

    def _validation(self) -> bool | None:
        return getattr(self, "params", {}).get("validation")


def has_validation(names: Iterable[str]) -> bool:
    """Return whether there is a quantity of the validation among the names.

    >>> has_validation({"loss": 0.5, "val_loss": 0.6})
    True
    """
    return any(name.startswith("val_") for name in names)


def not_logged(callback: str, argument: str, name: str, logged: Iterable[str]) -> ValueError:
    """Return the error for an argument that names a quantity that is not logged."""
    names = list(logged)
    hint = validation.nearest(name, names)
    if name.startswith("val_") and not has_validation(names):
        hint = "; pass validation_split= or validation_data= to fit()"
    return ValueError(
        f"{callback}: {argument} names {name!r}, which is not logged{hint}; there are: "
        f"{', '.join(names) or 'none'}"
    )
