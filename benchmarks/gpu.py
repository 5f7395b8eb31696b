"""Epochs of pyflux and PyTorch on the same GPU, in one run.

    python benchmarks/gpu.py                       everything: some minutes
    python benchmarks/gpu.py --device cpu --images 2000 --rounds 1 --only flux_mnist     a trial without a GPU

PyTorch must be installed in the same environment, and for pyflux what `pyflux setup --gpu` installs. Every
round starts each contestant in a new process, one after the other; the fastest of its epochs counts. The data
are on the device as bytes. A first short training is not counted, so that compilation does not count, but its
time is shown. If PYFLUX_DATA names a folder with mnist/ in it, the time to 99 % accuracy is measured too.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

import pyflux
from pyflux import networks, synthetic_digits, synthetic_images

NETWORKS = {"flux_mnist": 60_000, "keras_mnist": 60_000, "keras_cifar": 50_000}
CONTESTANTS = ("pyflux", "pyflux tf32", "torch eager", "torch best", "torch compiled")
EPOCHS = 3  # per process
GENERATED = 2_000  # different images; a larger number of samples repeats them


def main():
    top = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    top.add_argument("--device", default="gpu", help="gpu, gpu:1, or cpu for a trial (gpu)")
    top.add_argument("--rounds", type=int, default=5, help="rounds (5)")
    top.add_argument("--images", type=int, default=None, help="maximum number of images")
    top.add_argument("--batch-sizes", type=int, nargs="+", default=[128, 1024], help="(128 1024)")
    top.add_argument(
        "--only", nargs="+", choices=NETWORKS, default=list(NETWORKS), help="some of the networks (all)"
    )
    top.add_argument("--contestants", nargs="+", choices=CONTESTANTS, default=list(CONTESTANTS))
    top.add_argument("--timeout", type=float, default=900, help="seconds for one process (900)")
    top.add_argument("--json", type=Path, help="save the measurements in this file")
    top.add_argument("--worker", help=argparse.SUPPRESS)
    a = top.parse_args()
    if a.worker:
        job = json.loads(a.worker)
        print(json.dumps(WORKERS[job["contestant"].split()[0]](job)))
        return
    results = []
    for network in a.only:
        for batch_size in a.batch_sizes:
            results += run_rounds(network, batch_size, a)
    if os.environ.get("PYFLUX_DATA"):
        result = run({"contestant": "99%", "device": a.device}, a.timeout)
        print(f"\n99 % on MNIST: {result}")
        results.append({"task": "99 % on MNIST", **result})
    if a.json:
        a.json.write_text(json.dumps({"device": a.device, "results": results}, indent=1))


def run_rounds(network, batch_size, a):
    """Run all contestants in turn, and print how they compare."""
    results = {c: [] for c in a.contestants if a.device != "cpu" or c != "pyflux tf32"}
    images = min(NETWORKS[network], a.images or NETWORKS[network])
    for _ in range(a.rounds):
        for contestant, runs in results.items():
            job = {
                "contestant": contestant, "network": network, "batch_size": batch_size, "images": images,
                "device": a.device,
            }  # fmt: skip
            runs.append(run(job, a.timeout))
    print(f"\n{network}, batch {batch_size}, {images} images on {a.device}: seconds per epoch")
    fastest = {c: [min(r["seconds"]) for r in runs if "seconds" in r] for c, runs in results.items()}
    torch = min(
        (statistics.median(v) for c, v in fastest.items() if c.startswith("torch") and v), default=None
    )
    for contestant, runs in results.items():
        if not fastest[contestant]:
            print(f"  {contestant:15} failed: {runs[-1]['error']}")
            continue
        median = statistics.median(fastest[contestant])
        ratio = f"{median / torch:8.2f} of PyTorch's best" if torch else ""
        print(f"  {contestant:15} {median:8.3f} {ratio}   (first run {runs[0]['first']:.1f} s)")
    return [
        {"task": network, "batch_size": batch_size, "contestant": c, "runs": r} for c, r in results.items()
    ]


def run(job, timeout):
    """Run a worker and return its measurements, or its error."""
    command = [sys.executable, __file__, "--worker", json.dumps(job)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired:
        return {"error": f"took longer than {timeout} s"}
    if done.returncode:
        return {"error": (done.stderr.strip().splitlines() or ["?"])[-1]}
    return json.loads(done.stdout.splitlines()[-1])


def samples(job):
    """Return the images and labels of a job."""
    shape, n = getattr(networks, job["network"])(engine="reference").input_shape[1:], job["images"]
    x, y = synthetic_digits(GENERATED) if shape[2] == 1 else synthetic_images(GENERATED, shape[:2], shape[2])
    repeated = np.arange(n) % GENERATED
    return np.ascontiguousarray(x.reshape(GENERATED, *shape)[repeated]), y[repeated]


def warmup(job):
    """Return how many samples contain batches of both sizes: full ones and an epoch's last."""
    n, size = job["images"], job["batch_size"]
    return min(n, 2 * size + n % size)


def pyflux_worker(job):
    x, y = samples(job)
    start = time.perf_counter()
    model = getattr(networks, job["network"])(seed=0)
    precision = "tf32" if job["contestant"].endswith("tf32") else "float32"
    model.compile("adam", metrics=["accuracy"], device=job["device"], precision=precision)
    n = warmup(job)
    model.fit(x[:n], y[:n], batch_size=job["batch_size"], verbose=0)
    first = time.perf_counter() - start
    history = model.fit(x, y, batch_size=job["batch_size"], epochs=EPOCHS, verbose=0)
    return {"first": first, "seconds": history.seconds, "versions": model.versions()}


def until_99(job):
    """Train with the recipe for 99 % until it is reached, and return the seconds of training."""

    class StopAt99(pyflux.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            accuracy = self.model.evaluate(*test, return_dict=True)["accuracy"]
            accuracies.append(accuracy)
            self.model.stop_training = accuracy >= 0.99

    accuracies = []
    recipe = pyflux.recipes.get("fast")
    train, test = pyflux.datasets.load("mnist", os.environ["PYFLUX_DATA"], verbose=False)
    model = networks.flux_mnist(recipe.augmentation(), seed=0)
    model.compile(recipe.optimizer(len(train[0])), metrics=["accuracy"], device=job["device"])
    history = model.fit(
        *train, batch_size=recipe.batch_size, epochs=recipe.epochs, callbacks=[StopAt99()], verbose=0
    )
    return {"seconds": sum(history.seconds), "epochs": len(accuracies), "accuracy": accuracies[-1]}


def torch_worker(job):
    import torch

    name = {"cpu": "cpu", "gpu": "cuda"}.get(job["device"], job["device"].replace("gpu", "cuda"))
    style, device = job["contestant"].split()[1], torch.device(name)
    x, y = samples(job)
    start = time.perf_counter()
    torch.manual_seed(0)
    model = torch_network(job["network"]).to(device)
    fused = device.type == "cuda"
    if style != "eager":
        torch.set_float32_matmul_precision("high")
        torch.backends.cudnn.benchmark = True
        model = model.to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters(), fused=fused and style != "eager")
    if style == "compiled":
        model = torch.compile(model, mode="max-autotune" if fused else "default")
    images = torch.from_numpy(x).to(device).permute(0, 3, 1, 2)
    labels = torch.from_numpy(y.astype(np.int64)).to(device)

    def epoch(n):
        total = torch.zeros((), device=device)
        order = torch.randperm(n, device=device)
        for indices in order.split(job["batch_size"]):
            batch = images[indices].float().mul_(1 / 255)
            if style != "eager":
                batch = batch.contiguous(memory_format=torch.channels_last)
            loss = torch.nn.functional.cross_entropy(model(batch), labels[indices])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            total += loss.detach() * len(indices)
        return total.item()  # waits for the device

    epoch(warmup(job))
    first, seconds = time.perf_counter() - start, []
    for _ in range(EPOCHS):
        start = time.perf_counter()
        epoch(len(x))
        seconds.append(time.perf_counter() - start)
    return {"first": first, "seconds": seconds, "versions": {"torch": torch.__version__}}


def torch_network(name):
    """Return the same network in PyTorch, without the softmax."""
    from torch import nn

    model = getattr(networks, name)(engine="reference")
    modules, shape = [], model.input_shape[1:]
    for layer in model.layers:
        kind, input_shape = type(layer).__name__, shape
        shape = layer.output_shape(shape)
        if kind == "Conv2D":
            modules.append(nn.Conv2d(input_shape[2], shape[2], layer.kernel_size))
        elif kind == "MaxPooling2D":
            modules.append(nn.MaxPool2d(layer.pool_size))
        elif kind == "Flatten":
            modules.append(nn.Flatten())
        elif kind == "Dense":
            modules.append(nn.Linear(input_shape[0], shape[0]))
        if getattr(layer, "activation", None) == "relu":
            modules.append(nn.ReLU())
    return nn.Sequential(*modules)


WORKERS = {"pyflux": pyflux_worker, "torch": torch_worker, "99%": until_99}

if __name__ == "__main__":
    main()
