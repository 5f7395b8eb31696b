"""The learning-rate range test: which learning rates a network learns with."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._internal.validation import as_float, as_int
from .models import Model
from .models.data_sources import DataSources
from .models.progress import TaskProgress
from .models.sources import Source, StreamSource

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SMOOTHING = 0.9  # the part of the earlier losses in a smoothed one
DIVERGED = 4.0  # times the lowest smoothed loss, beyond which the test ends
FEWEST = 10  # steps, below which a curve says nothing


@dataclass(frozen=True)
class LearningRateRange:
    """The result of `lr_find`.

    Attributes:
        learning_rates: The learning rate of each step, ``(steps,)``, rising; fewer than asked for where the
            loss went up before the end.
        losses: The mean loss of each step's batch before the step, ``(steps,)``.
        smoothed: The same as an exponential moving average.
        suggestion: A tenth of the learning rate where the smoothed loss has come near its lowest, see
            `suggest`; None where it does not fall.
    """

    learning_rates: NDArray[np.float64]
    losses: NDArray[np.float64]
    smoothed: NDArray[np.float64]
    suggestion: float | None

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw the losses by learning rate, with the suggestion, as `pyflux.plots.learning_rates` does.

        Args:
            ax: The axes to draw on; by default new ones.

        Raises:
            MissingExtraError: matplotlib is not installed.
        """
        from .plots import learning_rates

        return learning_rates(self, ax=ax)


def lr_find(
    model: Model,
    x: Any,
    y: Any = None,
    *,
    start: float = 1e-6,
    end: float = 10.0,
    steps: int = 100,
    batch_size: int = 32,
    sample_weight: ArrayLike | None = None,
    verbose: int | str | bool = "auto",
) -> LearningRateRange:
    """Train a copy of a model with a learning rate that rises from step to step, and look at the loss.

    Where the learning rate is too low the loss stays as it is, where it is too high it goes up, and in
    between it falls: Smith, "Cyclical learning rates for training neural networks" (2017). The model itself
    stays as it is: its weights, its optimizer, and what it draws at random.

    Args:
        model: A compiled model, trained before or not; its own learning rate does not count.
        x: Samples, as for `fit`. A generator goes on from where it is.
        y: Labels or target values, as for `fit`.
        start: The first learning rate.
        end: The last one; each is the one before times the same factor.
        steps: How many batches are trained at most; the data are gone through as often as that takes.
        batch_size: Samples per step, as for the training that the learning rate is for.
        sample_weight: A factor from 0 for each sample's loss, ``(N,)``.
        verbose: As for `evaluate`.

    Returns:
        The losses, a suggestion, and how to draw them.

    Raises:
        TypeError, ValueError: An argument is invalid, or the model is not compiled.

    >>> from pyflux import networks, synthetic_digits
    >>> model = networks.flux_mnist(seed=0, engine="reference")
    >>> model.compile("adam")
    >>> found = lr_find(model, *synthetic_digits(200, seed=0), steps=30)
    >>> 1e-4 < found.suggestion < 1e-1
    True
    """
    start = as_float("start", start, above=0)
    end = as_float("end", end, above=start)
    rates = np.geomspace(start, end, as_int("steps", steps, minimum=FEWEST))
    trained = copy.deepcopy(model)
    source, _ = DataSources(trained).training(
        x, y, sample_weight, None, 0.0, as_int("batch_size", batch_size), True, None
    )
    session = trained.session()
    losses: list[float] = []
    smoothed: list[float] = []
    average = 0.0
    shown = TaskProgress(verbose if trained.rank == 0 else 0, "Learning rates", len(rates))
    with shown as progress, np.errstate(over="ignore", invalid="ignore"):
        for rate, chunk in zip(rates, _batches(source), strict=False):
            result = session.network.train(chunk.data, chunk.order, chunk.batch_size, [float(rate)])
            if isinstance(source, StreamSource):
                session.network.release()
            loss = result.loss / len(chunk.order)
            if not math.isfinite(loss):
                break
            losses.append(loss)
            average = SMOOTHING * average + (1 - SMOOTHING) * loss
            smoothed.append(average / (1 - SMOOTHING ** len(losses)))
            progress.advance(1, {"loss": loss})
            if len(losses) > FEWEST and smoothed[-1] > DIVERGED * min(smoothed):
                break
    session.network.release()
    if not losses:
        raise ValueError(
            "x yielded no batches with a finite loss; look at the samples and the model's weights"
        )
    used, curve = rates[: len(losses)], np.array(smoothed)
    return LearningRateRange(used, np.array(losses), curve, suggest(used, curve))


def suggest(learning_rates: ArrayLike, losses: ArrayLike) -> float | None:
    """Return a tenth of the learning rate where losses have come near their lowest; None if they never fall.

    It is the first at which they have fallen nine tenths of the way down. There the network is not far from
    where it diverges, and a tenth is the usual distance from that.

    >>> suggest([0.01, 0.1, 1.0, 10.0, 100.0], [2.0, 1.5, 1.0, 0.98, 3.0])
    0.1
    """
    rates, values = np.asarray(learning_rates, np.float64), np.asarray(losses, np.float64)
    if values.argmin() == 0:
        return None
    near = values.min() + 0.1 * (values[0] - values.min())
    return float(rates[np.argmax(values <= near)] / 10)


def _batches(source: Source) -> Any:
    """Yield single batches, pass after pass over the data."""
    for epoch in range(10**9):
        count = 0
        for chunk in source.chunks(1, 0, epoch):
            count += 1
            yield chunk
        if not count:
            return
