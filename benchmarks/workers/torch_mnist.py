"""A PyTorch script that does the work of `pyflux train --epochs 1`, from the start of the process to its end.

It reads MNIST, holds 10,000 of the 60,000 images back, trains one epoch at batch 64, validates, tests and
makes the confusion matrix.
"""

import gzip
from pathlib import Path

import numpy as np
import torch

from benchmarks.workers.job import Job, run, seconds, tell
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
        tell("seconds", seconds(lambda: training.epoch(x[:cut], y[:cut], batch_size)))
        found = training.probabilities(x[cut:]).argmax(1)
        tell("validation_accuracy", (found == y[cut:]).float().mean().item())
    found = training.probabilities(x_test).argmax(1)
    tell("accuracy", (found == y_test).float().mean().item())
    confusion = torch.bincount(10 * y_test + found, minlength=100).reshape(10, 10)
    assert confusion.sum() == len(x_test)


if __name__ == "__main__":
    run({"mnist": mnist})
