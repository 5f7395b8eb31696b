"""Descriptions as plain data: from a dataclass to a dictionary that JSON can hold, and back."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar

from . import validation

T = TypeVar("T")

# Metadata of a field that only steers construction, and is not part of the description.
INIT_ONLY = {"config": False}


def describe(value: Any) -> dict[str, Any]:
    """Return a dataclass as ``{"type": class, field: value, …}``, from which `from_config` makes it again.

    Fields with the metadata `INIT_ONLY` are left out.
    """
    fields = [f for f in dataclasses.fields(value) if f.metadata.get("config", True)]
    return {"type": type(value).__name__, **{f.name: plain(getattr(value, f.name)) for f in fields}}


def plain(value: Any) -> Any:
    """Return a value as JSON has it: what has a ``config`` method by its description, a tuple as a list.

    >>> plain((3, 3))
    [3, 3]
    """
    if hasattr(value, "config"):
        return value.config()
    return [plain(v) for v in value] if isinstance(value, tuple) else value


def from_config(what: str, classes: Mapping[str, type[T]], config: Mapping[str, Any]) -> T:
    """Make an object of one of ``classes`` from what `describe` returned.

    Args:
        what: What it is, such as ``"layer"``, for errors.
        classes: The classes by name.
        config: The description. Fields that it leaves out have their defaults.

    Raises:
        TypeError: It is no dictionary.
        ValueError: The class or an argument is not known, or an argument is missing or wrong.

    >>> from pyflux.regularizers import L1L2
    >>> from_config("regularizer", {"L1L2": L1L2}, {"type": "L1L2", "l2": 0.1})
    L1L2(l1=0.0, l2=0.1)
    """
    if not isinstance(config, Mapping):
        raise TypeError(f"the config of a {what} must be a dictionary, got {config!r}")
    values = dict(config)
    cls = classes[validation.choice(what, values.pop("type", None), classes)]
    fields = {f.name: f for f in dataclasses.fields(cls)}  # type: ignore[arg-type]  # they are dataclasses
    for key in values:
        if key not in fields:
            raise ValueError(
                f"{what} {cls.__name__} has no argument {key!r}{validation.nearest(str(key), fields)}"
            )
    for name, field in fields.items():
        required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        if required and name not in values:
            raise ValueError(f"{what} {cls.__name__} needs the argument {name!r}")
    return cls(**values)
