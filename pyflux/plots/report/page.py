"""The page of a report."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike

from ..._internal.files import atomic_write
from ..._internal.html import definitions, escape, table
from ..._internal.validation import class_names as class_names_of
from ..._internal.validation import output_file
from ...metrics import confusion_matrix
from .. import canvas
from ..predictions import Predictions, names_of, predictions_of
from .pictures import picture
from .sections import Section, network, sections

if TYPE_CHECKING:
    from ...models import History, Model


def report(
    path: str | os.PathLike[str],
    model: Model,
    x: Any,
    y: ArrayLike | None = None,
    *,
    title: str | None = None,
    facts: Mapping[str, str] | None = None,
    class_names: Iterable[Any] | None = None,
) -> None:
    """Write what there is to see of a classifier of images as one HTML page, which needs no other file.

    It has the curves of the model's last training, the confusion matrix, the most confused pairs, the worst
    mistakes, and for convolutional networks saliency maps, filters and feature maps; the numbers stand beside
    the pictures as tables. It follows the reader's choice of a light or a dark screen.

    Args:
        path: The file; an existing one is replaced once the new one is whole.
        model: A model of images that gives probabilities of classes.
        x: Images to test it with, or a data set, as for `worst_mistakes`.
        y: Their classes, likewise.
        title: Title of the page; by default the model's name.
        facts: More to say about the training, by name.
        class_names: What the classes are called; by default as the data set says, or by their numbers.

    Raises:
        ValueError: The model gives no probabilities, takes no images, or the labels do not fit.
        FileNotFoundError: The folder does not exist.
        MissingExtraError: matplotlib is not installed.

    >>> import tempfile
    >>> from pyflux import networks, synthetic_digits
    >>> model = networks.flux_mnist(seed=0, engine="reference")
    >>> path = os.path.join(tempfile.mkdtemp(), "report.html")
    >>> report(path, model, *synthetic_digits(20, seed=0))
    >>> "<h2>Worst mistakes</h2>" in Path(path).read_text("utf-8")
    True
    """
    target = output_file("path", path)
    canvas.library()
    predictions = predictions_of(model, x, y)
    names = names_of(x, class_names)
    write(target, model, predictions, model.history, title or model.name, facts or {}, names)


def write(
    path: Path,
    model: Model,
    predictions: Predictions,
    history: History | None,
    title: str,
    facts: Mapping[str, str],
    class_names: Iterable[Any] | None = None,
) -> None:
    """Write a `report` from what a model has said."""
    classes = predictions.probabilities.shape[1]
    names = class_names_of(class_names, classes)
    counts = confusion_matrix(predictions.labels, predictions.predicted, classes)
    right = counts.trace() / counts.sum()
    known = {
        "accuracy": f"{right:.2%} of {len(predictions.labels):,} test images",
        "network": f"{model.name}, {model.count_params():,} parameters",
        **facts,
    }
    parts = [_section(each) for each in sections(model, predictions, history, counts, names)]
    style = resources.files(__package__).joinpath("style.css").read_text(encoding="utf-8")
    page = PAGE.format(
        title=escape(title),
        style=style,
        facts=definitions(known),
        sections="\n".join(parts),
        network=escape(network(model)),
    )
    with atomic_write(path) as file:
        file.write(page.encode())


PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<header>
<h1>{title}</h1>
{facts}
</header>
<main>
{sections}
<section>
<h2>Layers</h2>
<pre tabindex="0">{network}</pre>
</section>
</main>
</body>
</html>
"""


def _section(section: Section) -> str:
    """Return a section as HTML."""
    parts = [f"<section>\n<h2>{escape(section.title)}</h2>"]
    if section.explanation:
        parts.append(f"<p>{escape(section.explanation)}</p>")
    parts.append(f"<figure>{picture(section.draw, section.alt)}</figure>")
    if section.table:
        head, *rows = section.table
        parts.append(
            '<details><summary>The numbers</summary><div class="table" tabindex="0">'
            f"{table(head, rows)}</div></details>"
        )
    return "\n".join([*parts, "</section>"])
