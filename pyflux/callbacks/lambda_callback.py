"""A callback made of functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._internal import validation
from .callback import Callback

HOOKS = tuple(name for name in vars(Callback) if name.startswith("on_"))


class LambdaCallback(Callback):
    """Calls functions of your own at the hooks of `Callback`.

    Args:
        on_epoch_begin: Called with ``(epoch, logs)``.
        on_epoch_end: Called with ``(epoch, logs)``.
        on_train_begin: Called with ``(logs)``.
        on_train_end: Called with ``(logs)``.
        on_train_batch_begin: Called with ``(batch, logs)``.
        on_train_batch_end: Called with ``(batch, logs)``.
        **kwargs: Functions for the other hooks, such as ``on_test_end``, by name.

    Raises:
        TypeError: A value is not a function, or there is no hook of that name.

    >>> show = LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch, logs["loss"]))
    >>> show.on_epoch_end(3, {"loss": 0.25})
    3 0.25
    """

    def __init__(
        self,
        on_epoch_begin: Callable[..., object] | None = None,
        on_epoch_end: Callable[..., object] | None = None,
        on_train_begin: Callable[..., object] | None = None,
        on_train_end: Callable[..., object] | None = None,
        on_train_batch_begin: Callable[..., object] | None = None,
        on_train_batch_end: Callable[..., object] | None = None,
        **kwargs: Any,
    ) -> None:
        given = {
            "on_epoch_begin": on_epoch_begin, "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin, "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin, "on_train_batch_end": on_train_batch_end,
            **kwargs,
        }  # fmt: skip
        for name, function in given.items():
            if name not in HOOKS:
                raise TypeError(
                    f"LambdaCallback: there is no hook {name!r}{validation.nearest(name, HOOKS)}; there are: "
                    f"{', '.join(HOOKS)}"
                )
            if function is None:
                continue
            if not callable(function):
                raise TypeError(f"{name} must be a function, got {function!r}")
            setattr(self, name, function)
