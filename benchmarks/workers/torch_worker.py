"""PyTorch in the style that the job names: see `torch_training.py`."""

import os
import warnings
from collections.abc import Callable

import torch
from torch import Tensor

from benchmarks.workers.job import Job, fastest, report, run, samples, seconds, warmup
from benchmarks.workers.torch_training import STYLES, Best, Usual

warnings.filterwarnings("ignore", category=DeprecationWarning)  # torch.jit, which is still the fastest


def start(job: Job) -> tuple[Usual | Best, Tensor, Tensor]:
    if job["style"] != "usual" and "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(os.cpu_count() or 1)
    report("versions", {"PyTorch": torch.__version__})
    report("threads", torch.get_num_threads())
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
        report("seconds", seconds(lambda: losses.append(training.epoch(x, y, job["batch_size"]))))
        report("loss", losses[-1])


def predict(job: Job) -> None:
    training, x, _ = start(job)
    predictor = fastest(list(training.predictors(x)), lambda each: each(x), times=2)
    for _ in range(job["times"]):
        report("seconds", seconds(lambda: predictor(x)))


def single(job: Job) -> None:
    """Time calls with one image each; except for the usual style, on one thread if that is faster."""
    training, x, _ = start(job)
    images = [x[i : i + 1] for i in range(len(x))]
    threads = [torch.get_num_threads()] if job["style"] == "usual" else [1, torch.get_num_threads()]

    def use(threads: int, predictor: Callable[[Tensor], Tensor]) -> None:
        torch.set_num_threads(threads)
        for image in images[:100]:
            predictor(image)

    choices = [(n, predictor) for n in threads for predictor in training.predictors(x)]
    n, predictor = fastest(choices, lambda choice: use(*choice), times=3)
    use(n, predictor)
    for i in range(job["times"]):
        image = images[i % len(images)]
        report("seconds", seconds(lambda image=image: predictor(image)))


def matrix_product(job: Job) -> None:
    torch.set_num_threads(os.cpu_count() or 1)
    n = job["n"]
    a, b = torch.rand(n, n), torch.rand(n, n)
    out = torch.empty(n, n)
    shortest = min(seconds(lambda: torch.mm(a, b, out=out)) for _ in range(job["times"]))
    report("gflops", 2e-9 * n**3 / shortest)


if __name__ == "__main__":
    run({"epochs": epochs, "predict": predict, "single": single, "product": matrix_product})
