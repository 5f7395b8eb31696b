"""Compares the arguments of a public class or function with those of its namesake in Keras.

What is meant to differ stands in `DIFFERENCES`, with the reason; what stands there and does not differ (any
more) is reported too, so that the list stays true. Keras is asked in a process of its own, since PyTorch (its
backend here) and Julia do not go together in one.
"""

import ast
import functools
import inspect
from typing import NamedTuple

from .keras_process import ask_keras

# What every Keras layer takes by way of **kwargs.
LAYER_OPTIONS = {"name", "trainable", "dtype", "input_shape", "input_dim"}


class Difference(NamedTuple):
    """Arguments that are meant to differ from Keras's.

    Attributes:
        reason: Why, in a sentence that a user can read.
        missing: Arguments of Keras's that ours does not have.
        added: Arguments of ours that Keras does not have.
        defaults: Arguments whose default is another.
    """

    reason: str
    missing: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    defaults: tuple[str, ...] = ()


ACTIVITY = Difference(
    "Penalties on outputs are not supported; penalties on weights are.", missing=("activity_regularizer",)
)
FANS = Difference(
    "Which axes are inputs and outputs follows from the kernel's shape.",
    missing=("input_axes", "output_axes"),
)
AXIS = Difference("Outputs and classes are along the last axis.", missing=("axis",))

CHANNELS_LAST = Difference("The channels are on the last axis.", missing=("data_format",))

CLASS_AXIS = Difference("The classes are on the last axis.", missing=("axis",))

# By the public name of the class or function.
DIFFERENCES: dict[str, list[Difference]] = {
    "layers.Input": [
        Difference(
            "Only the shape of dense float samples is declared; batches may have any size.",
            missing=("batch_size", "sparse", "ragged", "batch_shape", "tensor", "optional"),
            added=("input_shape", "input_dim", "trainable"),
        ),
        Difference("A network needs the shape of its samples.", defaults=("shape",)),
    ],
    "layers.Conv2D": [ACTIVITY],
    "layers.DepthwiseConv2D": [ACTIVITY],
    "layers.SeparableConv2D": [ACTIVITY],
    "layers.Conv2DTranspose": [
        ACTIVITY,
        Difference("As much output as the kernel reaches.", missing=("output_padding",)),
    ],
    "layers.SpatialDropout2D": [
        Difference(
            "What all layers take, Keras's by **kwargs but for this one.",
            added=("input_shape", "input_dim", "trainable"),
        )
    ],
    "layers.Resizing": [
        Difference(
            "Images are not padded, and not smoothed before they are made smaller.",
            missing=("pad_to_aspect_ratio", "fill_mode", "fill_value", "antialias"),
        )
    ],
    "layers.Normalization": [Difference("Values are not turned back.", missing=("invert",))],
    "layers.Dense": [
        ACTIVITY,
        Difference(
            "Low-rank adaptation and quantization are not supported.",
            missing=("lora_rank", "lora_alpha", "quantization_config"),
        ),
    ],
    "layers.AveragePooling2D": [
        Difference("A window of (2, 2), as MaxPooling2D has.", defaults=("pool_size",))
    ],
    "layers.BatchNormalization": [
        Difference(
            "Renormalization, and statistics over several devices, are not supported.",
            missing=("renorm", "renorm_clipping", "renorm_momentum", "synchronized"),
        )
    ],
    "layers.LeakyReLU": [
        Difference("The older name of negative_slope, which Keras takes too.", added=("alpha",))
    ],
    "callbacks.BackupAndRestore": [
        Difference("How many of the latest states stay on the disk.", added=("keep",))
    ],
    "metrics.CategoricalCrossentropy": [CLASS_AXIS],
    "metrics.SparseCategoricalCrossentropy": [
        CLASS_AXIS,
        Difference("Labels are classes: there is none to be left out.", missing=("ignore_class",)),
    ],
    "initializers.VarianceScaling": [FANS],
    "initializers.GlorotNormal": [FANS],
    "initializers.GlorotUniform": [FANS],
    "initializers.HeNormal": [FANS],
    "initializers.HeUniform": [FANS],
    "initializers.LecunNormal": [FANS],
    "initializers.LecunUniform": [FANS],
    "utils.image_dataset_from_directory": [
        CHANNELS_LAST,
        Difference("The data set is neither TensorFlow's nor Grain's.", missing=("format",)),
        Difference("Files that are no images can be left out.", added=("ignore_errors",)),
    ],
    "utils.img_to_array": [CHANNELS_LAST],
    "utils.array_to_img": [
        CHANNELS_LAST,
        Difference("Pixels are whole numbers from 0 to 255 in the end.", missing=("dtype",)),
    ],
    "losses.binary_crossentropy": [AXIS],
    "losses.categorical_crossentropy": [AXIS],
    "losses.sparse_categorical_crossentropy": [
        AXIS,
        Difference("Samples are left out by a sample weight of 0.", missing=("ignore_class",)),
    ],
}


class Argument(NamedTuple):
    """An argument: its name, whether it may be given by position, and the source of its default, if any."""

    name: str
    positional: bool
    default: str | None


def compare(ours, name):
    """Return what differs between the arguments of ``ours`` and Keras's, a sentence each.

    The arguments of ours that may be given by position must be the first ones of Keras's, in the same order.
    Arguments by keyword must have Keras's names. Defaults must be equal.

    Args:
        ours: A class or a function.
        name: Its name in Keras and in `DIFFERENCES`, such as ``"layers.Conv2D"``.
    """
    keras = keras_arguments()
    if name not in keras:
        return [f"Keras has no {name}"]
    theirs, options = keras[name]
    mine, positional = {a.name: a for a in arguments(ours)}, [a.name for a in arguments(ours) if a.positional]
    found = {
        "missing": set(theirs) - set(mine),
        "added": set(mine) - set(theirs) - (LAYER_OPTIONS if options else set()),
        "defaults": {n for n in set(mine) & set(theirs) if not _same(mine[n].default, theirs[n].default)},
    }
    wrong = []
    if positional != list(theirs)[: len(positional)]:
        wrong.append(f"by position ours takes {positional}, Keras {list(theirs)[: len(positional)]}")
    for kind, names in found.items():
        listed = {n for difference in DIFFERENCES.get(name, ()) for n in getattr(difference, kind)}
        wrong += [f"{kind}: {n}" for n in sorted(names - listed)]
        wrong += [f"{kind}: {n} is listed, but is no difference" for n in sorted(listed - names)]
    return wrong


def arguments(callable_):
    """Return the arguments of a class's ``__init__`` or of a function, without ``self`` and **kwargs."""
    return [
        Argument(
            name,
            p.kind is p.POSITIONAL_OR_KEYWORD,
            None if p.default is p.empty else repr(p.default),
        )
        for name, p in _parameters(callable_).items()
        if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL) and name != "self"
    ]


@functools.cache
def keras_arguments():
    """Return, by public name, Keras's arguments by name, and whether there are **kwargs beside them.

    The test is skipped where Keras or PyTorch is not installed.
    """
    found = ask_keras(__name__, "all_arguments")
    return {
        name: ({a[0]: Argument(*a) for a in theirs}, options) for name, (theirs, options) in found.items()
    }


def all_arguments(keras):
    """Return the arguments of Keras's public classes and functions by public name."""
    found = {}
    for module in (
        "activations", "callbacks", "constraints", "initializers", "layers", "losses", "metrics", "optimizers",
        "optimizers.schedules", "regularizers", "utils",
    ):  # fmt: skip
        namespace = functools.reduce(getattr, module.split("."), keras)
        for name, value in vars(namespace).items():
            if callable(value) and not name.startswith("_"):
                options = any(p.kind is p.VAR_KEYWORD for p in _parameters(value).values())
                found[f"{module}.{name}"] = arguments(value), options
    for name in ("fit", "evaluate", "predict", "compile", "summary", "save", "train_on_batch"):
        found[f"Model.{name}"] = arguments(getattr(keras.Model, name)), False
    return found


def _parameters(callable_):
    # Of a class its __init__, as some of Keras's classes have a __new__ that takes anything.
    return inspect.signature(callable_.__init__ if inspect.isclass(callable_) else callable_).parameters


def _same(ours, theirs):
    try:
        return ast.literal_eval(ours) == ast.literal_eval(theirs)
    except (ValueError, SyntaxError, TypeError):
        return ours == theirs
