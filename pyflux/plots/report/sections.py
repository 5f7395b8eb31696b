"""What a report has: a section for each picture, with its numbers as text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...models import summary
from .. import canvas
from ..confusion_matrix import confusion_matrix
from ..feature_maps import convolutions, feature_maps
from ..filters import filters
from ..most_confused import most_confused, most_confused_pairs
from ..predictions import Predictions
from ..saliency import grad_cam, saliency
from ..training_curves import VALIDATION, quantities, training_curves
from ..worst_mistakes import draw as draw_mistakes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ...models import History, Model

Rows = list[list[str]]

MISTAKES = 24  # on the page
LOOKED_AT = 4  # images whose saliency is drawn


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Attributes:
        title: Its heading.
        alt: What the picture shows, in words.
        draw: Draws the picture, and returns its axes or figure.
        explanation: What to see in it.
        table: The numbers behind it, the first row the headings; None for none.
    """

    title: str
    alt: str
    draw: Callable[[], Any]
    explanation: str = ""
    table: Rows | None = None


def sections(
    model: Model,
    predictions: Predictions,
    history: History | None,
    counts: NDArray[np.int64],
    names: Sequence[str],
) -> Iterator[Section]:
    """Yield the sections for a model and its predictions.

    Args:
        model: The model.
        predictions: What it says about the test samples.
        history: What `fit` returned; None for no curves.
        counts: The confusion matrix.
        names: A name for each class.
    """
    if history is not None and any(map(len, history.history.values())):
        yield curves(history)
    yield Section(
        "Confusion matrix",
        f"Confusion matrix of {len(names)} classes; its numbers are in the table below.",
        lambda: confusion_matrix(counts, class_names=names),
        "Rows are the true classes, columns what the network said. The colour is the share of the row.",
        [["true \\ predicted", *names], *([n, *map(str, row)] for n, row in zip(names, counts, strict=True))],
    )
    pairs = most_confused_pairs(counts)
    if pairs:
        yield Section(
            "Most confused",
            "; ".join(f"{names[i]} taken for {names[j]}: {n}" for i, j, n in pairs[:10]),
            lambda: most_confused(counts, class_names=names),
        )
        yield mistakes(predictions, names)
    if convolutions(model.architecture):
        yield from inside(model, predictions, names)


def curves(history: History) -> Section:
    """Return the section of the training curves."""
    values: Mapping[str, Sequence[float]] = history.history
    alt = "; ".join(
        f"{name}: {said} {values[key][0]:.4g} to {values[key][-1]:.4g}"
        for name in quantities(values)
        for key, said in ((name, "training"), (VALIDATION + name, "validation"))
        if key in values
    )
    return Section(
        "Training",
        f"Curves over {len(history.epoch)} epochs. {alt}.",
        lambda: training_curves(history),
        "The training's numbers are means over an epoch, in which the weights change; the validation's are "
        "computed after it.",
        history.table(),
    )


def mistakes(predictions: Predictions, names: Sequence[str]) -> Section:
    """Return the section of the worst mistakes."""
    chosen = predictions.mistakes()[:MISTAKES]
    rows = [["image", "is", "said", "sure"]]
    for i in chosen:
        is_, said = names[predictions.labels[i]], names[predictions.predicted[i]]
        rows.append([f"{i:,}", is_, said, f"{predictions.confidence[i]:.2%}"])
    return Section(
        "Worst mistakes",
        f"The {len(chosen)} images that the network is surest and wrong about; the table below says which.",
        lambda: draw_mistakes(predictions, count=MISTAKES, class_names=names),
        "What it is, what the network said, and how sure it was. Some labels may be wrong.",
        rows,
    )


def inside(model: Model, predictions: Predictions, names: Sequence[str]) -> Iterator[Section]:
    """Yield the sections about what the network sees."""
    wrong = predictions.mistakes()
    shown = wrong if len(wrong) else np.arange(len(predictions.labels))
    images = predictions.images[shown[:LOOKED_AT]]

    def looked_at() -> Figure:
        fig = canvas.figure(None, 2.6 * len(images), 5.8)
        for k, image in enumerate(images):
            saliency(model, image, class_names=names, ax=fig.add_subplot(2, len(images), k + 1))
            ax = fig.add_subplot(2, len(images), len(images) + k + 1)
            grad_cam(model, image, class_names=names, ax=ax)
        return fig

    which = "worst mistakes" if len(wrong) else "first images"
    yield Section(
        "What the answer depends on",
        f"{len(images)} images with the pixels in colour that matter for what the network says.",
        looked_at,
        f"For the {which}. Above the pixels, by the gradient of the score; below where the last convolution "
        "sees what speaks for the answer (Grad-CAM).",
    )
    first = model.architecture.names[convolutions(model.architecture)[0]]
    yield Section(
        "Filters",
        f"The kernels of the layer {first}.",
        lambda: filters(model),
        "What the first convolution looks for: red is positive, blue negative."
        if model.input_shape[-1] == 1
        else "What the first convolution looks for.",
    )
    yield Section(
        "Feature maps",
        f"The outputs of the layer {first} for one image.",
        lambda: feature_maps(model, images[0]),
        f"What the first convolution sees in the first of the {which}.",
    )


def network(model: Model) -> str:
    """Return the table of the layers, as text."""
    return summary.table(model.name, model.architecture)
