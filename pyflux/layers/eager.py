"""A layer called on arrays: computed at once, by the reference engine."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ..inputs import Floats

if TYPE_CHECKING:
    from .base import Layer


def call(layer: Layer, inputs: Any) -> Floats:
    """Return what a layer gives for one array ``(N, …)`` or several."""
    # Found when it is needed: layers are descriptions, and know no engine.
    engine = importlib.import_module("pyflux.engines.reference.eager")
    result: Floats = engine.call(layer, inputs)
    return result
