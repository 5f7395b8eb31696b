"""The page: its parts, put together into one file."""

from __future__ import annotations

import html
import json
import os
import re
from collections.abc import Sequence
from importlib import resources
from typing import TYPE_CHECKING

from ..._internal.files import atomic_write
from ..._internal.validation import class_names as class_names_of
from ...architecture import Architecture
from ...layers import Shape
from ...losses import Loss
from ...losses.probabilities import output_kind
from .description import describe

if TYPE_CHECKING:
    from ...models import Sequential

DRAW = {
    "input_title": "Draw",
    "pad_label": "Pad to draw on, white on black",
    "controls": '<label><input id="centre" type="checkbox" checked> centre it, as in MNIST</label>',
    "help": "Draw with the mouse or a finger. By keyboard: the arrows move the pen, the space bar puts it "
    "down and lifts it, Escape clears.",
}
SHOW = {
    "input_title": "Picture",
    "pad_label": "The picture that the network sees",
    "controls": '<label class="button">Choose a picture <input id="file" class="visually-hidden" type="file" '
    'accept="image/*"></label>',
    "help": "Drop a picture anywhere on this page, paste one, or choose a file. Its middle is what counts.",
}


def export_html(
    model: Sequential,
    path: str | os.PathLike[str],
    *,
    title: str | None = None,
    class_names: Sequence[str] | None = None,
) -> None:
    """Write a model as one web page that runs it in the browser, without a server and offline.

    For images of one channel one draws on the page, and sees the classes and the layers' outputs meanwhile;
    for images of three channels one drops a picture on it. The weights are in the file: 4/3 of 4 bytes each.

    Args:
        model: A model of images ``(height, width, 1)`` or ``(height, width, 3)``.
        path: The file; an existing one is replaced once the new one is whole.
        title: Title of the page; by default the model's name.
        class_names: What the outputs stand for; by default ``0``, ``1`` and so on.

    Raises:
        ValueError: The network takes no images or gives no row of numbers, a layer has no JavaScript, or the
            number of names is another than that of the classes. The error names the layer.
        FileNotFoundError: The folder does not exist.

    >>> import tempfile
    >>> from pyflux import networks
    >>> path = os.path.join(tempfile.mkdtemp(), "digits.html")
    >>> export_html(networks.flux_mnist(seed=0), path, title="Digits")
    >>> os.path.getsize(path) < 200_000
    True
    """
    architecture = model.require_architecture("export_html()")
    _check_shapes(architecture.input_shape, architecture.output_shape)
    outputs = _outputs(architecture, model.loss if model.compiled else None)
    names = class_names_of(class_names, 2 if outputs == "binary" else architecture.output_shape[0])
    description = describe(architecture, model.get_weights()) | {"classNames": names, "outputs": outputs}
    texts = {
        "title": title or model.name,
        "summary": f"A neural network of {len(architecture.layers)} layers and {model.count_params():,} "
        "parameters.",
    }
    parts = {key: html.escape(text) for key, text in texts.items()}
    parts |= DRAW if architecture.input_shape[2] == 1 else SHOW
    # "<" would let a name of a class end the script.
    parts["description"] = json.dumps(description).replace("<", "\\u003c")
    parts |= {"style": _file("style.css"), "network": network_script(), "page": _file("page.js")}
    page = re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], _file("page.html"))
    with atomic_write(path) as file:
        file.write(page.encode())


#: What computes the network, in the order in which its parts need each other.
NETWORK = ("windows.js", "layers.js", "merging.js", "activations.js", "network.js")


def network_script() -> str:
    """Return the JavaScript that computes a network: the class ``Network``."""
    return "\n".join(map(_file, NETWORK))


def _file(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _check_shapes(given: Shape, output: Shape) -> None:
    if len(given) != 3 or given[2] not in (1, 3):
        raise ValueError(
            f"model must take images of 1 or 3 channels, got a network for samples of shape {given}"
        )
    if len(output) != 1:
        raise ValueError(f"model must give one row of numbers a sample, got outputs of shape {output}")


def _outputs(architecture: Architecture, loss: Loss | None) -> str:
    """Return what the outputs are: probabilities, logits, the probability of one class of two, or values."""
    kind = output_kind(architecture, loss)
    return "values" if kind == "binary logits" else kind
