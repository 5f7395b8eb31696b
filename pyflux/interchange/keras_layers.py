"""Layers from Keras's descriptions of them.

Layers have Keras's names and arguments, so that most of a description is taken as it is. To add a layer, add
it to `KERAS_LAYERS`, with the arguments that it has in Keras alone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from .. import layers as L  # noqa: N812 - as its users write it

# What a description has that says nothing about what a layer computes, or is part of the network's weights.
_IGNORED = {
    "name", "trainable", "dtype", "batch_input_shape", "batch_shape", "input_shape", "input_dtype", "sparse",
    "ragged", "seed", "data_format",
}  # fmt: skip

ANY = object()  # a value that does not matter, as another argument is what it must be

#: The layers that are read, each with the arguments that only Keras has and the value that they must have.
KERAS_LAYERS: dict[type[L.Layer], dict[str, Any]] = {
    L.Conv2D: {},
    L.DepthwiseConv2D: {},
    L.SeparableConv2D: {"groups": ANY, "kernel_regularizer": ANY, "kernel_constraint": ANY},
    L.Conv2DTranspose: {"groups": 1, "output_padding": None},
    L.Dense: {},
    L.BatchNormalization: {"renorm": False, "renorm_momentum": ANY, "synchronized": False},
    L.LayerNormalization: {"rms_scaling": False},
    L.GroupNormalization: {},
    L.MaxPooling2D: {},
    L.AveragePooling2D: {},
    L.GlobalMaxPooling2D: {},
    L.GlobalAveragePooling2D: {},
    L.Flatten: {},
    L.Dropout: {},
    L.SpatialDropout2D: {"noise_shape": ANY},
    L.GaussianNoise: {},
    L.Activation: {},
    L.ReLU: {},
    L.LeakyReLU: {},
    L.ELU: {},
    L.Softmax: {},
    L.Rescaling: {},
    L.Normalization: {"invert": False},
    L.ZeroPadding2D: {},
    L.Cropping2D: {},
    L.UpSampling2D: {},
    L.Reshape: {},
    L.Permute: {},
    L.Resizing: {"pad_to_aspect_ratio": False, "antialias": False, "fill_mode": ANY, "fill_value": ANY},
    L.CenterCrop: {},
    L.RandomFlip: {},
    L.RandomTranslation: {},
    L.RandomRotation: {},
    L.RandomZoom: {},
    L.RandomCrop: {},
    L.RandomContrast: {},
    L.RandomBrightness: {},
    L.Add: {},
    L.Subtract: {},
    L.Multiply: {},
    L.Average: {},
    L.Maximum: {},
    L.Minimum: {},
    L.Concatenate: {},
}

_CLASSES = {cls.__name__: cls for cls in KERAS_LAYERS}


def layer_from_keras(class_name: str, config: Mapping[str, Any], name: str) -> L.Layer:
    """Make a layer from Keras's description of it.

    Args:
        class_name: Its class in Keras.
        config: Its arguments there, as ``layer.get_config()`` returns them.
        name: The name that it is to have.

    Raises:
        ValueError: The layer, or an argument of it, has no counterpart here; the error names it.

    >>> layer_from_keras("Dense", {"name": "dense", "units": 10, "activation": "relu"}, "dense")
    Dense(name='dense', units=10, activation='relu')
    """
    if class_name not in _CLASSES:
        raise ValueError(
            f"layer {name!r} ({class_name}) is not among the layers that are read: {', '.join(_CLASSES)}"
        )
    cls = _CLASSES[class_name]
    if config.get("data_format", "channels_last") not in ("channels_last", None):
        raise ValueError(
            f"layer {name!r} has its channels first; convert the model to channels_last in Keras"
        )
    own = {f.name for f in dataclasses.fields(cls)}
    arguments: dict[str, Any] = {}
    for key, value in config.items():
        if key in _IGNORED or key.endswith("_initializer"):
            continue
        if key in own:
            arguments[key] = _converted(key, value)
        elif value is not None and KERAS_LAYERS[cls].get(key, ...) not in (value, ANY):
            raise ValueError(
                f"layer {name!r} ({class_name}) has {key}={value!r}, which has no counterpart here"
            )
    try:
        layer = cls(**arguments, name=name)
    except (TypeError, ValueError) as e:
        raise ValueError(f"layer {name!r} ({class_name}): {e}") from e
    layer.trainable = config.get("trainable", True) is not False
    return layer


def _converted(key: str, value: Any) -> Any:
    """Return an argument in this package's form: Keras describes an object by its class and its config."""
    if isinstance(value, list):
        return tuple(_converted(key, v) for v in value)
    if not isinstance(value, Mapping) or "class_name" not in value:
        return value
    config = value.get("config")
    if value["class_name"] == "function":  # Keras's form of a function that has a name
        return config
    if not isinstance(config, Mapping):
        raise ValueError(f"{key} is described by {value!r}, which is not understood")
    plain = {k: _converted(k, v) for k, v in config.items() if k not in ("name", "dtype", "trainable")}
    if key.endswith("_regularizer"):
        return {k: float(v) for k, v in plain.items()}
    return {"type": value["class_name"], **plain}
