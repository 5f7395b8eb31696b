"""A PyTorch script that does the same work as `pyflux train --epochs 1`.

It reads MNIST, holds out 10,000 of the 60,000 images, trains with batches of 64, validates, tests and
computes the confusion matrix.
"""

import gzip
from pathlib import Path

import numpy as np
import torch

from benchmarks.workers.job import Job, report, run, seconds
from benchmarks.workers.torch_training import STYLES


def read(folder: str, name: str) -> np.ndarray:
    """Read one of MNIST's files, gzipped or not."""
    path = Path(folder, name)
    content = path.read_bytes() if path.exists() else gzip.decompress(Path(folder, name + ".gz").read_bytes())
    axes = content[3]
    shape = np.frombuffer(content, ">i4", axes, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(shape).copy()


def mnist(job: Job) -> None:
    folder, batch_size = job["folder"], job["batch_size"]
    torch.manual_seed(job["seed"])
    training = STYLES[job["style"]]("flux_mnist")
    x = training.images(read(folder, "train-images-idx3-ubyte")[..., None])
    y = torch.from_numpy(read(folder, "train-labels-idx1-ubyte")).long()
    x_test = training.images(read(folder, "t10k-images-idx3-ubyte")[..., None])
    y_test = torch.from_numpy(read(folder, "t10k-labels-idx1-ubyte")).long()
    cut = len(x) * 5 // 6
    for _ in range(job["epochs"]):
        report("seconds", seconds(lambda: training.epoch(x[:cut], y[:cut], batch_size)))
        found = training.probabilities(x[cut:]).argmax(1)
        report("validation_accuracy", (found == y[cut:]).float().mean().item())
    found = training.probabilities(x_test).argmax(1)
    report("accuracy", (found == y_test).float().mean().item())
    confusion = torch.bincount(10 * y_test + found, minlength=100).reshape(10, 10)
    assert confusion.sum() == len(x_test)


if __name__ == "__main__":
    run({"mnist": mnist})
