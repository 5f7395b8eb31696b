"""PyTorch in the style that the job names; see `torch_training.py`."""

import os
import warnings
from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor

from benchmarks.workers.job import Job, run, samples, seconds, tell, warmup
from benchmarks.workers.torch_training import STYLES, Best, Usual

T = TypeVar("T")

warnings.filterwarnings("ignore", category=DeprecationWarning)  # torch.jit, which is still the fastest


def start(job: Job) -> tuple[Usual | Best, Tensor, Tensor]:
    if job["style"] != "usual" and "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(os.cpu_count() or 1)
    tell("versions", {"PyTorch": torch.__version__})
    tell("threads", torch.get_num_threads())
    torch.manual_seed(0)
    x, y = samples(job)
    training = STYLES[job["style"]](job["network"])
    return training, training.images(x), torch.from_numpy(y).long()


def epochs(job: Job) -> None:
    training, x, y = start(job)
    warm = warmup(job)
    training.epoch(x[:warm], y[:warm], job["batch_size"])
    losses: list[float] = []
    for _ in range(job["epochs"]):
        tell("seconds", seconds(lambda: losses.append(training.epoch(x, y, job["batch_size"]))))
        tell("loss", losses[-1])


def predict(job: Job) -> None:
    training, x, _ = start(job)
    way = fastest(list(training.ways(x)), lambda way: way(x), times=2)
    for _ in range(job["times"]):
        tell("seconds", seconds(lambda: way(x)))


def single(job: Job) -> None:
    """Time calls with one image each; the best style may find that one thread is faster than all."""
    training, x, _ = start(job)
    images = [x[i : i + 1] for i in range(len(x))]
    threads = [torch.get_num_threads()] if job["style"] == "usual" else [1, torch.get_num_threads()]

    def on(threads: int, way: Callable[[Tensor], Tensor]) -> None:
        torch.set_num_threads(threads)
        for image in images[:100]:
            way(image)

    choices = [(n, way) for n in threads for way in training.ways(x)]
    n, way = fastest(choices, lambda choice: on(*choice), times=3)
    on(n, way)
    for i in range(job["times"]):
        image = images[i % len(images)]
        tell("seconds", seconds(lambda image=image: way(image)))


def matrix_product(job: Job) -> None:
    torch.set_num_threads(os.cpu_count() or 1)
    n = job["n"]
    a, b = torch.rand(n, n), torch.rand(n, n)
    out = torch.empty(n, n)
    least = min(seconds(lambda: torch.mm(a, b, out=out)) for _ in range(job["times"]))
    tell("gflops", 2e-9 * n**3 / least)


def fastest(choices: list[T], use: Callable[[T], object], times: int) -> T:
    """Return the choice that takes the least time, after one use that does not count."""
    if len(choices) == 1:
        use(choices[0])
        return choices[0]
    took = []
    for choice in choices:
        use(choice)
        took.append(min(seconds(lambda choice=choice: use(choice)) for _ in range(times)))
    return choices[took.index(min(took))]


if __name__ == "__main__":
    run({"epochs": epochs, "predict": predict, "single": single, "product": matrix_product})
