"""Wrong labels, found by networks that have not seen them: confident learning."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import layers
from ._internal import validation
from ._internal.extras import require
from .inputs import Floats, Shape
from .models import Model, Sequential

if TYPE_CHECKING:
    from matplotlib.axes import Axes

METHODS = ("auto", "plain", "cleanlab")

ModelFn = Callable[[Shape, int], Model]


@dataclass(frozen=True)
class LabelErrors:
    """The result of `find_label_errors`: the samples whose labels are probably wrong, the surest first.

    Attributes:
        indices: Which samples they are, ``(suspects,)``.
        given: Their labels, ``(suspects,)``.
        suggested: What the networks say that they are, ``(suspects,)``.
        scores: The probability of the given label less that of the likeliest other, ``(suspects,)``: from -1,
            where the networks are sure that the label is wrong, upwards.
        probabilities: For each sample, suspect or not, the probability of each class, ``(N, classes)``, by a
            network that was trained without it.
        method: ``"plain"`` or ``"cleanlab"``: how they were chosen.
    """

    indices: NDArray[np.int64]
    given: NDArray[np.int64]
    suggested: NDArray[np.int64]
    scores: NDArray[np.float64]
    probabilities: Floats
    method: str

    def __len__(self) -> int:
        """Return how many suspects there are."""
        return len(self.indices)

    def plot(
        self,
        x: ArrayLike,
        *,
        count: int = 24,
        class_names: Iterable[Any] | None = None,
        ax: Axes | None = None,
    ) -> Axes:
        """Draw the surest suspects, as `pyflux.plots.label_errors` does.

        Args:
            x: The images that were looked at.
            count: How many images at most.
            class_names: What the classes are called; by default their numbers.
            ax: The axes to draw on; by default new ones.

        Raises:
            MissingExtraError: matplotlib is not installed.
        """
        from .plots import label_errors

        return label_errors(self, x, count=count, class_names=class_names, ax=ax)


def find_label_errors(
    x: ArrayLike,
    y: ArrayLike,
    model_fn: ModelFn | None = None,
    *,
    folds: int = 5,
    epochs: int = 5,
    batch_size: int = 64,
    method: str = "auto",
    seed: int = 0,
    verbose: int | str | bool = 0,
) -> LabelErrors:
    """Find samples whose labels are probably wrong.

    The samples are split into as many folds as asked for. For each fold a network is trained on the others,
    and says what the fold's samples are. A sample is a suspect if it is given one class, and another is the
    likeliest of those whose probability is at least the mean probability that the class has among the samples
    labelled so.

    Source: Northcutt, Jiang and Chuang, "Confident learning: estimating uncertainty in dataset labels", 2021.

    Args:
        x: Samples, as for ``model.fit``.
        y: Labels ``(N,)``, whole numbers from 0.
        model_fn: Returns a new model that ends in a softmax, for the shape of a sample and the number of
            classes; by default two convolutions for images, or two dense layers for rows. One that is not
            compiled is compiled with Adam.
        folds: Into how many parts the samples are split, at least 2.
        epochs: Passes of each training.
        batch_size: Samples per step.
        method: ``"plain"`` for the rule above, ``"cleanlab"`` for that of the package cleanlab, which
            estimates how many there are in each class; ``"auto"`` is cleanlab's where it is installed.
        seed: Decides the folds, and the networks that ``model_fn`` does not make.
        verbose: As for ``model.fit``.

    Raises:
        TypeError, ValueError: An argument is out of range, or a class has fewer samples than there are folds.
        MissingExtraError: ``method="cleanlab"``, and cleanlab is not installed.

    >>> rng = np.random.default_rng(0)
    >>> y = np.arange(90) % 3
    >>> x = 3 * np.eye(3)[y] + rng.normal(size=(90, 3))
    >>> y[4] = 2  # it was 1
    >>> def softmax(shape, classes):
    ...     stack = [layers.Dense(classes, activation="softmax", input_shape=shape)]
    ...     return Sequential(stack, seed=0, engine="reference")
    >>> found = find_label_errors(x, y, softmax, folds=3, epochs=60, batch_size=8, method="plain")
    >>> 4 in found.indices
    True
    """
    folds = validation.as_int("folds", folds, minimum=2)
    seed = validation.as_seed("seed", seed)
    if validation.choice("method", method, METHODS) == "auto":
        method = "cleanlab" if find_spec("cleanlab") else "plain"
    elif method == "cleanlab":
        require("cleanlab", extra="labels", purpose="method='cleanlab'")
    samples, labels = np.asarray(x), np.asarray(y)
    if labels.ndim != 1 or labels.dtype.kind not in "ui" or len(labels) != len(samples):
        raise ValueError(
            f"y must be a whole number from 0 for each of the {len(samples)} samples, got {labels.dtype} of "
            f"shape {labels.shape}"
        )
    labels = labels.astype(np.int64)
    parts = stratified_folds(labels, folds, seed)
    make = default_model if model_fn is None else model_fn
    shape = samples.shape[1:] if samples.ndim != 3 else (*samples.shape[1:], 1)
    probabilities = np.empty((len(samples), int(labels.max()) + 1), np.float32)
    for fold in range(folds):
        model = make(shape, probabilities.shape[1])
        if not isinstance(model, Model):
            raise TypeError(f"model_fn must return a model, got {validation.show(model)}")
        if not model.compiled:
            model.compile("adam")
        inside = parts == fold
        model.fit(samples[~inside], labels[~inside], batch_size, epochs, verbose)
        probabilities[inside] = model.predict(samples[inside], verbose=0)
    suspects = (
        _cleanlab(labels, probabilities) if method == "cleanlab" else confident_errors(labels, probabilities)
    )
    margins, likeliest = normalized_margins(labels, probabilities)
    indices = suspects[np.argsort(margins[suspects], kind="stable")]
    return LabelErrors(indices, labels[indices], likeliest[indices], margins[indices], probabilities, method)


def stratified_folds(labels: NDArray[np.int64], folds: int, seed: int) -> NDArray[np.int64]:
    """Return the fold of each sample; every fold has as many of each class as the others, or one more.

    Raises:
        ValueError: A class has fewer samples than there are folds, or a label is negative.

    >>> np.bincount(stratified_folds(np.array([0, 0, 0, 1, 1, 1]), 3, seed=0))
    array([2, 2, 2])
    """
    counts = np.bincount(labels)
    rarest = int(counts.argmin())
    if counts[rarest] < folds:
        raise ValueError(
            f"folds must be at most the number of samples of each class, got {folds}; class {rarest} has "
            f"{counts[rarest]}: number the classes from 0 without gaps, or use fewer folds"
        )
    rng, parts = np.random.default_rng(seed), np.empty(len(labels), np.int64)
    for label in range(len(counts)):
        members = rng.permutation(np.flatnonzero(labels == label))
        parts[members] = np.arange(len(members)) % folds
    return parts


def confident_errors(labels: NDArray[np.int64], probabilities: Floats) -> NDArray[np.int64]:
    """Return the samples off the diagonal of the confident joint: labelled one class, confidently another.

    Args:
        labels: ``(N,)``.
        probabilities: ``(N, classes)``, by models that have not seen the samples.

    >>> confident_errors(np.array([0, 0, 1]), np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]]))
    array([1])
    """
    classes = probabilities.shape[1]
    thresholds = np.array([probabilities[labels == k, k].mean() for k in range(classes)])
    # The last digits of a mean must not decide about samples that are all alike.
    confident = np.where(probabilities >= thresholds - 1e-6, probabilities, -1.0)
    wrong = (confident.max(axis=1) >= 0) & (confident.argmax(axis=1) != labels)
    return np.flatnonzero(wrong)


def normalized_margins(
    labels: NDArray[np.int64], probabilities: Floats
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the given label's probability less that of the likeliest other, and which other that is."""
    others = probabilities.astype(np.float64)
    rows = np.arange(len(labels))
    own = others[rows, labels]
    others[rows, labels] = -1
    likeliest = others.argmax(axis=1)
    return own - others[rows, likeliest], likeliest


def default_model(shape: Shape, classes: int) -> Sequential:
    """Return a network for images, or rows, of a shape."""
    stack: list[layers.Layer] = [layers.Input(shape)]
    if len(shape) == 3 and min(shape[:2]) >= 10:
        for filters in (16, 32):
            stack += [layers.Conv2D(filters, 3, activation="relu"), layers.MaxPooling2D()]
    stack.append(layers.Flatten())
    if len(stack) == 2:
        stack.append(layers.Dense(64, activation="relu"))
    return Sequential([*stack, layers.Dense(classes, activation="softmax")], seed=0)


def _cleanlab(labels: NDArray[np.int64], probabilities: Floats) -> NDArray[np.int64]:
    issues = require("cleanlab.filter", extra="labels", purpose="method='cleanlab'").find_label_issues(
        labels, probabilities, n_jobs=1
    )
    return np.flatnonzero(issues)
