"""pyflux as a user calls it: `Sequential.fit` and `predict` with their defaults, on uint8 images."""

import os
import subprocess
import time

import juliapkg

from benchmarks.workers.job import Job, report, run, samples, seconds, warmup
from pyflux import Sequential, networks, train_mnist
from pyflux.callbacks import Callback
from pyflux.engines.flux import julia

# The speed of the fastest of several products of n × n Float32 matrices, in GFLOP/s.
MATRIX_PRODUCT = """
using LinearAlgebra
n, times, threads = parse.(Int, ARGS)
BLAS.set_num_threads(threads)
a, b, c = rand(Float32, n, n), rand(Float32, n, n), zeros(Float32, n, n)
print(2e-9 * n^3 / minimum(@elapsed(mul!(c, a, b)) for _ in 1:times))
"""


class Clock(Callback):
    """Reports each epoch's time and the bytes that Julia allocated in it."""

    def __init__(self) -> None:
        self._bytes, self._time = julia.allocated_bytes(), time.perf_counter()
        self._first = True

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """Report, and restart the clock."""
        report("seconds", time.perf_counter() - self._time)
        if not self._first:
            report("allocated_bytes", julia.allocated_bytes() - self._bytes)
        report("loss", logs["loss"])
        self._first = False
        self._bytes, self._time = julia.allocated_bytes(), time.perf_counter()


def network(job: Job) -> Sequential:
    versions = julia.versions()
    report("versions", {"Julia": versions["julia"], "Flux": versions["flux"]})
    report("threads", int(versions["threads"]))
    model: Sequential = getattr(networks, job["network"])(seed=0)
    model.compile("adam")
    return model


def epochs(job: Job) -> None:
    """Time epochs: everything between the call of `fit` and its return counts to one of them."""
    (x, y), model = samples(job), network(job)
    warm = warmup(job)
    model.fit(x[:warm], y[:warm], job["batch_size"], verbose=0)
    model.fit(x, y, job["batch_size"], epochs=job["epochs"], verbose=0, callbacks=[Clock()])


def predict(job: Job) -> None:
    (x, _), model = samples(job), network(job)
    model.predict(x)
    for _ in range(job["times"]):
        report("seconds", seconds(lambda: model.predict(x)))


def single(job: Job) -> None:
    """Time calls with one image each."""
    (x, _), model = samples(job), network(job)
    for i in range(20):
        model.predict(x[i : i + 1])
    for i in range(job["times"]):
        k = i % len(x)
        report("seconds", seconds(lambda k=k: model.predict(x[k : k + 1])))


def mnist(job: Job) -> None:
    """Train on a folder with MNIST, as `pyflux train` does."""
    result = train_mnist(
        data_dir=job["data_dir"], dataset=job["dataset"], recipe=job.get("recipe", "tutorial"),
        epochs=job.get("epochs"), batch_size=job.get("batch_size"), seed=job["seed"], verbose=0,
    )  # fmt: skip
    for value in result.seconds_per_epoch:
        report("seconds", value)
    report("total_seconds", sum(result.seconds_per_epoch))
    report("accuracy", result.test_accuracy)


def matrix_product(job: Job) -> None:
    arguments = (str(each) for each in (job["n"], job["times"], os.cpu_count()))
    command = [juliapkg.executable(), "--startup-file=no", "-e", MATRIX_PRODUCT, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    report("gflops", float(done.stdout))


if __name__ == "__main__":
    run({"epochs": epochs, "predict": predict, "single": single, "mnist": mnist, "product": matrix_product})
