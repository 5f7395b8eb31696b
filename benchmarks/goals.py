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


def ratio_to_best(task: str, limit: float, text: str, measure: str = "seconds") -> Goal:
    return Goal(
        f"{text}, relative to the best of the others", limit,
        lambda r: ratio(r.median(task, "pyflux", measure), r.best_peer(task, measure)),
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


def ratio_by_vectors(task: str, text: str, avx2: float, avx512: float) -> list[Goal]:
    """Return a goal for each width of vectors: a wider one helps a matrix product more than the rest."""

    def ratio_with(avx512: bool) -> Callable[[Results], float | None]:
        return lambda r: (
            ratio(r.median(task, "pyflux"), r.best_peer(task))
            if (r.machine.get("vectors") == "AVX-512") == avx512
            else None
        )

    return [
        Goal(f"{text}, relative to the best of the others, {name}", limit, ratio_with(name == "AVX-512"))
        for name, limit in (("AVX2", avx2), ("AVX-512", avx512))
    ]


def ratio_to(task: str, peer: str, limit: float, text: str) -> Goal:
    return Goal(text, limit, lambda r: ratio(r.median(task, "pyflux"), r.median(task, peer)))


GOALS = [
    *(
        ratio_to_best(f"flux_mnist_{size}", 0.15, f"an epoch of flux_mnist, batch {size}")
        for size in (128, 32, 512)
    ),
    Goal("an epoch of flux_mnist, batch 128, relative to stock Flux", 0.06, ratio_to_flux),
    *ratio_by_vectors("keras_mnist_128", "an epoch of keras_mnist, batch 128", 0.2, 0.25),
    *ratio_by_vectors("keras_cifar_128", "an epoch of keras_cifar, batch 128", 0.15, 0.18),
    *ratio_by_vectors("torch_cifar_128", "an epoch of torch_cifar, batch 128", 0.18, 0.3),
    *ratio_by_vectors("keras_imagenet_8", "an epoch of keras_imagenet, batch 8", 0.3, 0.5),
    ratio_to_best("predict", 0.6, "prediction of 10,000 images"),
    ratio_to_best("predict_256", 0.6, "prediction of 256 images"),
    ratio_to("single", "onnxruntime", 1.0, "one image at a time, relative to ONNX Runtime"),
    ratio_to("single", "torch_best", 0.5, "one image at a time, relative to PyTorch"),
    ratio_to_best("cold", 0.5, "the whole process, 1 epoch", "wall"),
    ratio_to_best("memory", 1.0, "peak memory", "peak_bytes"),
    Goal("allocated by Julia in an epoch after the first", 50, allocated_megabytes, unit=" MB"),
    Goal("time per image over the numbers of images, maximum / minimum - 1", 0.1, cost_variation),
    Goal("speed-up of all threads over one", 1.7, speedup, at_least=True),
    Goal("test accuracy of the fast recipe, mean of 5 seeds", 99.0, mean_accuracy, at_least=True, unit=" %"),
    Goal("its training time", 6.0, lambda r: r.median("accuracy", "pyflux", "total_seconds"), unit=" s"),
]
