"""Compares the arguments of a class or a function with those of its namesake in Keras.

What is meant to differ stands in `DIFFERENCES`, with the reason; what stands there and does not differ (any
more) is reported too, so that the list stays true.
"""

import inspect
import os
from typing import NamedTuple

import pytest

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


# By the public name of the class or function, such as "layers.Conv2D".
DIFFERENCES: dict[str, list[Difference]] = {}


def keras():
    """Keras with PyTorch for its backend; the test is skipped where either is missing."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    pytest.importorskip(os.environ["KERAS_BACKEND"])
    return pytest.importorskip("keras")


def compare(ours, theirs, differences=()):
    """Return what differs between two signatures and is not among ``differences``: a sentence each.

    The arguments of ours that may be given by position must be the first ones of Keras's, in the same order.
    Arguments by keyword must have Keras's names. Defaults must be equal.
    """
    mine, keras_s = _arguments(ours), _arguments(theirs)
    takes_options = any(p.kind is p.VAR_KEYWORD for p in _parameters(theirs).values())
    options = LAYER_OPTIONS if takes_options else set()
    positional = [name for name, p in mine.items() if p.kind is p.POSITIONAL_OR_KEYWORD]
    found = {
        "order": positional != list(keras_s)[: len(positional)],
        "missing": set(keras_s) - set(mine),
        "added": set(mine) - set(keras_s) - options,
        "defaults": {n for n in set(mine) & set(keras_s) if not _same(mine[n].default, keras_s[n].default)},
    }
    wrong = []
    if found["order"]:
        wrong.append(f"by position ours takes {positional}, Keras {list(keras_s)[: len(positional)]}")
    for kind in ("missing", "added", "defaults"):
        listed = {name for difference in differences for name in getattr(difference, kind)}
        wrong += [f"{kind}: {name}" for name in sorted(found[kind] - listed)]
        wrong += [f"{kind}: {name} is listed, but is no difference" for name in sorted(listed - found[kind])]
    return wrong


def _parameters(callable_):
    # Of a class its __init__, as some of Keras's classes have a __new__ that takes anything.
    return inspect.signature(callable_.__init__ if inspect.isclass(callable_) else callable_).parameters


def _arguments(callable_):
    return {
        name: p
        for name, p in _parameters(callable_).items()
        if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL) and name != "self"
    }


def _same(ours, theirs):
    return ours == theirs and (ours is None) == (theirs is None)
