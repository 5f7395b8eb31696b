"""The layers: what each is, the shape it gives, the weights it has.

A layer here is a description and nothing more: a dataclass that knows no engine, of which only
``trainable`` can be changed. To add one, write its class in ``network.py`` or ``augmentation.py`` and name
it in `LAYERS`; then write its forward pass in ``julia/src/layers.jl`` and both passes in
``engines/reference.py``.

Shapes are those of one sample, without the batch: ``(height, width, channels)`` or ``(features,)``.
Names, arguments, defaults and the layout of weights are Keras's.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from .. import regularizers
from .._internal import validation
from .base import Layer, Shape, sample_shape
from .core import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    Input,
    MaxPooling2D,
    Pooling2D,
    Rescaling,
    same_padding,
)
from .preprocessing import (
    Augmentation,
    RandomContrast,
    RandomFlip,
    RandomRotation,
    RandomTranslation,
    RandomZoom,
)

# Input is not among them: it describes no work, and a model keeps its shape only.
LAYERS: dict[str, type[Layer]] = {
    c.__name__: c
    for c in (
        Conv2D, MaxPooling2D, AveragePooling2D, GlobalMaxPooling2D, GlobalAveragePooling2D, Flatten, Dense,
        Activation, Dropout, BatchNormalization, Rescaling,
        RandomFlip, RandomTranslation, RandomRotation, RandomZoom, RandomContrast,
    )
}  # fmt: skip

__all__ = [
    "LAYERS",
    "Activation",
    "Augmentation",
    "AveragePooling2D",
    "BatchNormalization",
    "Conv2D",
    "Dense",
    "Dropout",
    "Flatten",
    "GlobalAveragePooling2D",
    "GlobalMaxPooling2D",
    "Input",
    "Layer",
    "MaxPooling2D",
    "Pooling2D",
    "RandomContrast",
    "RandomFlip",
    "RandomRotation",
    "RandomTranslation",
    "RandomZoom",
    "Rescaling",
    "Shape",
    "from_config",
    "same_padding",
    "sample_shape",
]


def from_config(config: Mapping[str, Any]) -> Layer:
    """Make a layer from what `Layer.config` gave.

    >>> from_config(Dense(10).config()) == Dense(10)
    True
    """
    values = dict(config)
    kind = LAYERS[validation.choice("layer", values.pop("type", None), LAYERS)]
    fields = {f.name for f in dataclasses.fields(kind)}
    for key in values:
        if key not in fields:
            raise ValueError(
                f"layer {kind.__name__} has no argument {key!r}{validation.nearest(key, fields)}"
            )
    arguments: dict[str, Any] = {k: _unplain(v) for k, v in values.items()}
    return kind(**arguments)


def _unplain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return regularizers.from_config(value)
    return tuple(value) if isinstance(value, list) else value
