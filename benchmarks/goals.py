"""The performance goals of pyflux, and whether a run reached them."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.results import Results, ratio


@dataclass(frozen=True)
class Goal:
    """A number taken from the results, and its limit.

    Args:
        text: What the number is.
        limit: Its upper limit, or its lower limit if ``at_least``.
        value: Takes it from the results; None if it was not measured.
        at_least: Whether ``limit`` is a lower limit.
        unit: Unit of both numbers.
    """

    text: str
    limit: float
    value: Callable[[Results], float | None]
    at_least: bool = False
    unit: str = ""

    def reached(self, value: float) -> bool:
        """Return whether a value keeps the limit."""
        return value >= self.limit if self.at_least else value <= self.limit


def ratio_to_torch(task: str, limit: float, text: str, measure: str = "seconds") -> Goal:
    return Goal(
        f"{text}, relative to PyTorch's best", limit,
        lambda r: ratio(r.median(task, "pyflux", measure), r.best_torch(task, measure)),
    )  # fmt: skip


def ratio_to_flux(results: Results) -> float | None:
    return ratio(results.median("flux_mnist_128", "pyflux"), results.median("flux_mnist_128", "flux"))


def allocated_megabytes(results: Results) -> float | None:
    return ratio(results.median("flux_mnist_128", "pyflux", "allocated_bytes"), 1e6)


def cost_variation(results: Results) -> float | None:
    """Return how much the time per image varies with the number of images: maximum over minimum, minus 1."""
    costs = [
        ratio(results.median("images", "pyflux", label=label), results.images("images", label))
        for label in results.labels("images")
    ]
    known = [c for c in costs if c is not None]
    return max(known) / min(known) - 1 if len(known) > 1 else None


def speedup(results: Results) -> float | None:
    one, all_ = (
        results.median("threads", "pyflux", label=f"{n} thread{s}") for n, s in (("one", ""), ("all", "s"))
    )
    return ratio(one, all_)


def mean_accuracy(results: Results) -> float | None:
    values = results.values("accuracy", "pyflux", "accuracy")
    return 100 * statistics.fmean(values) if values else None


GOALS = [
    ratio_to_torch("flux_mnist_128", 0.2, "an epoch of flux_mnist, batch 128"),
    Goal("an epoch of flux_mnist, batch 128, relative to stock Flux", 0.06, ratio_to_flux),
    ratio_to_torch("flux_mnist_32", 0.25, "an epoch of flux_mnist, batch 32"),
    ratio_to_torch("flux_mnist_512", 0.25, "an epoch of flux_mnist, batch 512"),
    ratio_to_torch("keras_mnist_128", 0.5, "an epoch of keras_mnist, batch 128"),
    ratio_to_torch("keras_cifar_128", 0.5, "an epoch of keras_cifar, batch 128"),
    ratio_to_torch("torch_cifar_128", 0.5, "an epoch of torch_cifar, batch 128"),
    ratio_to_torch("keras_imagenet_8", 1.0, "an epoch of keras_imagenet, batch 8"),
    ratio_to_torch("predict", 0.25, "prediction of 10,000 images"),
    ratio_to_torch("single", 0.5, "one image at a time"),
    ratio_to_torch("cold", 1.0, "the whole process, 1 epoch", "wall"),
    ratio_to_torch("memory", 1.0, "peak memory", "peak_bytes"),
    Goal("allocated by Julia in an epoch after the first", 50, allocated_megabytes, unit=" MB"),
    Goal("time per image over the numbers of images, maximum / minimum - 1", 0.1, cost_variation),
    Goal("speed-up of all threads over one", 1.7, speedup, at_least=True),
    Goal("test accuracy of the fast recipe, mean of 5 seeds", 99.0, mean_accuracy, at_least=True, unit=" %"),
    Goal("its training time", 6.0, lambda r: r.median("accuracy", "pyflux", "total_seconds"), unit=" s"),
]
