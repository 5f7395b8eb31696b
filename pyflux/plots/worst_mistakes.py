"""The samples that a model is most wrong about."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike

from .._internal.validation import as_int
from .._internal.validation import class_names as class_names_of
from . import canvas, tiles
from .predictions import Predictions, names_of, predictions_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..models import Model


def worst_mistakes(
    model: Model,
    x: Any,
    y: ArrayLike | None = None,
    *,
    count: int = 24,
    class_names: Iterable[Any] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the images that the model takes for another class, and is surest about.

    Below each stands what it is, what the model said, and how sure it was.

    Args:
        model: A model that gives probabilities of classes.
        x: Images, as for ``model.predict``; or a data set of batches ``(x, y)``, which must end.
        y: Their classes: ``(N,)`` whole numbers from 0, or ``(N, classes)`` with a 1 for the right one. Left
            out for a data set.
        count: How many images at most.
        class_names: What the classes are called; by default as the data set says, or by their numbers.
        ax: The axes to draw on; by default new ones.

    Returns:
        The axes; the surest mistake is the first.

    Raises:
        ValueError: The model gives no probabilities, takes no images, or the labels do not fit.
        MissingExtraError: matplotlib is not installed.

    >>> from pyflux import networks, synthetic_digits
    >>> model = networks.flux_mnist(seed=0, engine="reference")
    >>> x, y = synthetic_digits(20, seed=0)
    >>> ax = worst_mistakes(model, x, y, count=3)
    >>> len(ax.images)
    3
    """
    names = names_of(x, class_names)
    return draw(predictions_of(model, x, y), count=count, class_names=names, ax=ax)


def draw(
    predictions: Predictions,
    *,
    count: int = 24,
    class_names: Iterable[Any] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw `worst_mistakes` from what a model has said."""
    names = class_names_of(class_names, predictions.probabilities.shape[1])
    limit = as_int("count", count)
    wrong = predictions.mistakes()
    title = f"{len(wrong):,} of {len(predictions.labels):,} wrong" + (
        f", the surest {limit}" if len(wrong) > limit else ""
    )
    if not len(wrong):
        ax = canvas.axes(ax, 4.0, 1.0)
        canvas.without_frame(ax)
        ax.text(0.5, 0.5, f"no mistakes in {len(predictions.labels):,} samples", ha="center", va="center")
        return ax
    chosen = wrong[:limit]
    pictures = tiles.as_pictures(predictions.images[chosen])
    short = max(map(len, names)) <= 3
    texts = [
        f"is {is_}, said {said}\n{sure:.1%}" if short else f"is {is_}\nsaid {said}\n{sure:.1%}"
        for is_, said, sure in (
            (names[predictions.labels[i]], names[predictions.predicted[i]], predictions.confidence[i])
            for i in chosen
        )
    ]
    return tiles.draw(ax, list(pictures), tiles.columns_for(len(chosen)), texts, title=title,
                      **tiles.grey(list(pictures)))  # fmt: skip
