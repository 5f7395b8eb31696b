"""Objects that are described by their arguments."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar

from . import config as configs
from . import validation

T = TypeVar("T")

_HINT = "why only the default is supported"


def fixed(default: Any, hint: str) -> Any:
    """Return a keyword-only dataclass field that accepts only its default.

    It stands for an argument of Keras that pyflux does not support: the value that changes nothing is
    accepted, any other is refused by `Configurable.check_fixed` with ``hint``.

    Args:
        default: The only value.
        hint: Why, and what to do instead.
    """
    metadata = {**configs.INIT_ONLY, _HINT: hint}
    return dataclasses.field(default=default, kw_only=True, repr=False, compare=False, metadata=metadata)


class Configurable:
    """What such objects share: a base of dataclasses, and of classes of the user's own.

    The description is a dictionary of plain data (numbers, strings, lists and dictionaries) with the class's
    name as ``"type"``, which `from_config` takes.
    """

    def config(self) -> dict[str, Any]:
        """Return the description as plain data."""
        return {"type": type(self).__name__, **self.get_config()}

    def get_config(self) -> dict[str, Any]:
        """Return the arguments as plain data, as Keras's method of that name does."""
        described: dict[str, Any] = configs.describe(self) if dataclasses.is_dataclass(self) else {}
        return {name: value for name, value in described.items() if name != "type"}

    def check_fixed(self) -> None:
        """Raise ``ValueError`` if an argument made by `fixed` has another value than its default."""
        for f in _fields(self):
            value = getattr(self, f.name)
            if _HINT in f.metadata and value != f.default:
                raise ValueError(
                    f"{f.name} can only be {f.default!r} in pyflux, got {validation.show(value)}: "
                    f"{f.metadata[_HINT]}"
                )

    def _set(self, **values: object) -> None:
        """Set validated values, which a frozen dataclass allows only in this way."""
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        """The call that makes the object, without what has its default."""
        shown = [
            f"{f.name}={getattr(self, f.name)!r}"
            for f in _fields(self)
            if f.repr and (f.default is dataclasses.MISSING or getattr(self, f.name) != f.default)
        ]
        return f"{type(self).__name__}({', '.join(shown)})"


def from_config(
    what: str, kinds: Mapping[str, type[T]], own: Mapping[str, type[T]], config: Mapping[str, Any]
) -> T:
    """Make an object from what its ``config`` returned.

    Args:
        what: What it is, for errors, such as ``"loss"``.
        kinds: The classes of pyflux by name.
        own: The classes of the user's own by name; their ``get_config`` returns the arguments.
        config: The description.

    Raises:
        TypeError: It is no dictionary, has no type, or an argument is of the wrong type.
        ValueError: There is no class or argument of that name, or a value is missing or out of range.
    """
    kind = own.get(str(config.get("type"))) if isinstance(config, Mapping) else None
    if kind is not None and kind not in kinds.values():
        return kind(**{name: value for name, value in config.items() if name != "type"})
    return configs.from_config(what, kinds, config)


def _fields(instance: Any) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(instance) if dataclasses.is_dataclass(instance) else ()
