"""The tasks. Each has cases, and a case is one contestant with one job."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.data import Samples

# The recipe that trains to 99 % in the least time.
FAST_RECIPE = "fast"
SEEDS = range(5)

ALL = ("pyflux", "torch_best", "torch", "flux")
SERVING = ("pyflux", "torch_best", "onnxruntime", "openvino", "jax")
ONE_THREAD = {"JULIA_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Sizes:
    """The size of the tasks.

    Args:
        images: Maximum number of training images.
        tests: Number of images to predict.
        times: How often a process times the prediction of many images, and of a single one.
        epochs: Timed epochs of a process.
        compiled: Whether torch.compile takes part; it takes half a minute to start.
    """

    images: int = 480_000
    tests: int = 10_000
    times: tuple[int, int] = (10, 1_000)
    epochs: int = 2
    compiled: bool = True


@dataclass(frozen=True)
class Case:
    """A contestant with a job; ``label`` distinguishes several cases of one contestant."""

    contestant: str
    job: Mapping[str, Any]
    label: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Task:
    """Work that several contestants do.

    Args:
        name: Its name on the command line.
        title: Its name in the tables.
        cases: Returns the cases.
        measure: The measurement that the tables show; ``"wall"`` is the time of the whole process.
        quick: Whether ``--quick`` includes it.
    """

    name: str
    title: str
    cases: Callable[[Samples, Sizes], list[Case]]
    measure: str = "seconds"
    quick: bool = False


def epochs(
    network: str, batch_size: int, images: int, contestants: tuple[str, ...], quick: bool = False
) -> Task:
    """Epochs of a network, including everything that a user waits for."""

    def cases(samples: Samples, sizes: Sizes) -> list[Case]:
        job = samples.job(network, min(images, sizes.images)) | {
            "task": "epochs", "batch_size": batch_size, "epochs": sizes.epochs,
        }  # fmt: skip
        names = [name for name in contestants if sizes.compiled or name != "torch_compiled"]
        return [Case(name, job) for name in names]

    title = f"an epoch of {network}, batch {batch_size}"
    return Task(f"{network}_{batch_size}", title, cases, quick=quick)


def predictions(name: str, title: str, kind: str, n: int, contestants: tuple[str, ...]) -> Task:
    """Prediction with flux_mnist of ``n`` images, in one call (``"predict"``) or each (``"single"``)."""

    def cases(samples: Samples, sizes: Sizes) -> list[Case]:
        times = sizes.times[0] if n == sizes.tests else sizes.times[1]
        job = samples.job("flux_mnist", min(n, sizes.images)) | {"task": kind, "times": times}
        return [Case(name, job) for name in contestants]

    return Task(name, title, cases, quick=True)


def mnist(name: str, title: str, measure: str, task: str, contestants: tuple[str, ...], **job: Any) -> Task:
    """The work of `train_mnist` on a folder with MNIST."""

    def cases(samples: Samples, sizes: Sizes) -> list[Case]:
        full = samples.mnist_job() | {"task": task, "seed": 0} | job
        return [Case(contestant, full) for contestant in contestants]

    return Task(name, title, cases, measure)


def per_images(samples: Samples, sizes: Sizes) -> list[Case]:
    return [
        scaling("pyflux", samples, n, 128, sizes, f"{n:,} images")
        for n in (10_000, 30_000, 60_000, 120_000, 240_000, 480_000)
        if n <= sizes.images
    ]


def per_batch_size(samples: Samples, sizes: Sizes) -> list[Case]:
    return [
        scaling(contestant, samples, 20_000, size, sizes, f"batch {size}")
        for size in (16, 32, 64, 128, 256, 512, 1024)
        for contestant in ("pyflux", "torch_best")
    ]


def per_threads(samples: Samples, sizes: Sizes) -> list[Case]:
    return [
        scaling(contestant, samples, 60_000, 128, sizes, label, environment)
        for label, environment in (("one thread", ONE_THREAD), ("all threads", {}))
        for contestant in ("pyflux", "torch_best")
    ]


def scaling(
    contestant: str, samples: Samples, n: int, batch_size: int, sizes: Sizes, label: str,
    environment: Mapping[str, str] | None = None,
) -> Case:  # fmt: skip
    job = {"task": "epochs", "batch_size": batch_size, "epochs": sizes.epochs}
    return Case(contestant, samples.job("flux_mnist", min(n, sizes.images)) | job, label, environment or {})


def matrix_products(samples: Samples, sizes: Sizes) -> list[Case]:
    return [Case(name, {"task": "product", "n": 2048, "times": 20}) for name in ("pyflux", "torch_best")]


def fast_recipe(samples: Samples, sizes: Sizes) -> list[Case]:
    """Return the fast recipe with several seeds, if there is MNIST to train on."""
    if samples.mnist is None:
        return []
    job = samples.mnist_job() | {"task": "mnist", "recipe": FAST_RECIPE}
    return [Case("pyflux", job | {"seed": seed}, f"seed {seed}") for seed in SEEDS]


TASKS = [
    epochs("flux_mnist", 128, 60_000, (*ALL, "jax", "simplechains", "torch_compiled"), quick=True),
    epochs("flux_mnist", 32, 60_000, (*ALL, "simplechains")),
    epochs("flux_mnist", 512, 60_000, (*ALL, "simplechains")),
    epochs("keras_mnist", 128, 20_000, ALL),
    epochs("keras_cifar", 128, 20_000, ALL),
    epochs("torch_cifar", 128, 20_000, ALL),
    epochs("keras_imagenet", 8, 64, ALL),
    predictions("predict", "prediction", "predict", Sizes.tests, (*SERVING, "torch", "flux")),
    predictions("predict_256", "prediction", "predict", 256, SERVING),
    predictions("single", "one image at a time, from Python", "single", 100, (*SERVING, "torch")),
    mnist("cold", "the whole process: train, 1 epoch, test", "wall", "command",
          ALL[:3], epochs=1, batch_size=64),
    mnist("memory", "peak memory of that", "peak_bytes", "mnist", ALL[:3], epochs=1, batch_size=64),
    mnist("bridge", "an epoch of train_mnist: from Python, and the Julia script", "seconds", "mnist",
          ("pyflux", "script"), epochs=3, batch_size=128),
    Task("images", "an epoch of flux_mnist, batch 128, by images", per_images),
    Task("batch", "an epoch of flux_mnist by batch size", per_batch_size),
    Task("threads", "an epoch of flux_mnist, batch 128, by threads", per_threads),
    Task("peak", "matrix product, 2048 × 2048, float32", matrix_products, "gflops"),
    Task("accuracy", "training time to 99 % on MNIST", fast_recipe, "total_seconds"),
]  # fmt: skip
