"""What pyflux sets out to reach, and whether a run reached it."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.results import Results, ratio


@dataclass(frozen=True)
class Goal:
    """A number that a run gives, and the most, or the least, that it may be.

    Args:
        text: What the number is.
        limit: What it is held against.
        value: Takes it from the results; None where the run has not measured it.
        at_least: Whether ``limit`` is the least, and not the most.
        unit: What stands behind both numbers.
    """

    text: str
    limit: float
    value: Callable[[Results], float | None]
    at_least: bool = False
    unit: str = ""

    def reached(self, value: float) -> bool:
        """Whether a value is good enough."""
        return value >= self.limit if self.at_least else value <= self.limit


def against_torch(task: str, limit: float, text: str, measure: str = "seconds") -> Goal:
    return Goal(
        f"{text}, of PyTorch's best", limit,
        lambda r: ratio(r.median(task, "pyflux", measure), r.best_torch(task, measure)),
    )  # fmt: skip


def against_flux(results: Results) -> float | None:
    return ratio(results.median("flux_mnist_128", "pyflux"), results.median("flux_mnist_128", "flux"))


def allocated_megabytes(results: Results) -> float | None:
    return ratio(results.median("flux_mnist_128", "pyflux", "allocated_bytes"), 1e6)


def unevenness(results: Results) -> float | None:
    """How far the dearest image is above the cheapest, over the numbers of images."""
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
    against_torch("flux_mnist_128", 0.2, "an epoch of flux_mnist, batch 128"),
    Goal("an epoch of flux_mnist, batch 128, of stock Flux", 0.06, against_flux),
    against_torch("flux_mnist_32", 0.25, "an epoch of flux_mnist, batch 32"),
    against_torch("flux_mnist_512", 0.25, "an epoch of flux_mnist, batch 512"),
    against_torch("keras_mnist_128", 0.5, "an epoch of keras_mnist, batch 128"),
    against_torch("keras_cifar_128", 0.5, "an epoch of keras_cifar, batch 128"),
    against_torch("torch_cifar_128", 0.5, "an epoch of torch_cifar, batch 128"),
    against_torch("keras_imagenet_8", 1.0, "an epoch of keras_imagenet, batch 8"),
    against_torch("predict", 0.25, "prediction of 10,000 images"),
    against_torch("single", 0.5, "one image at a time"),
    against_torch("cold", 1.0, "the whole process, 1 epoch", "wall"),
    against_torch("memory", 1.0, "peak memory", "peak_bytes"),
    Goal("allocated by Julia in an epoch after the first", 50, allocated_megabytes, unit=" MB"),
    Goal("dearest image over cheapest, by number of images, less 1", 0.1, unevenness),
    Goal("one thread over all threads", 1.7, speedup, at_least=True),
    Goal("test accuracy of the fast recipe, mean of 5 seeds", 99.0, mean_accuracy, at_least=True, unit=" %"),
    Goal("its training time", 6.0, lambda r: r.median("accuracy", "pyflux", "total_seconds"), unit=" s"),
]
