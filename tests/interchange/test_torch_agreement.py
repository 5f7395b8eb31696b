"""Flux against PyTorch itself: the same weights and batches must give the same numbers."""

import importlib.util
import subprocess
import sys
from typing import NamedTuple

import numpy as np
import pytest

from pyflux import Sequential, layers, networks, optimizers
from pyflux.interchange import from_torch, to_torch
from tests.conftest import ROOT

pytestmark = [
    pytest.mark.usefixtures("julia"),
    # Looked for and not imported: PyTorch and Julia do not get on in one process.
    pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed"),
]

LEARNING_RATE = 0.001


class Case(NamedTuple):
    """A network of `pyflux.networks`, and how much of it is trained."""

    name: str
    batch_size: int = 32
    steps: int = 5


# The large one is slow: two images, one step.
CASES = [
    Case("flux_mnist"),
    Case("keras_mnist"),
    Case("keras_cifar"),
    Case("torch_cifar"),
    Case("keras_imagenet", batch_size=2, steps=1),
]


class Result(NamedTuple):
    """What one of the two gave: logits before training, the mean loss of the epoch, the weights after it."""

    logits: np.ndarray
    loss: float
    weights: list


def make(case, **options):
    return getattr(networks, case.name)(seed=0, **options)


def samples(model, case):
    """Images with no two values alike and labels, the same in every run."""
    rng = np.random.default_rng(3)
    n = case.batch_size * case.steps
    images = rng.random((n, *model.input_shape[1:]), dtype=np.float32)
    return images, rng.integers(0, model.output_shape[1], n).astype(np.int32)


def logits_of(model, images):
    """What goes into the final softmax: the same network whose last layer is linear."""
    *body, last = model.layers
    twin = Sequential([*body, layers.Dense(last.units)], engine=model.engine)
    twin.set_weights(model.get_weights())
    return twin.predict(images)


def in_flux(case):
    model = make(case)
    images, labels = samples(model, case)
    model.compile(optimizers.FluxAdam(LEARNING_RATE, epsilon=1e-7))
    logits = logits_of(model, images)
    history = model.fit(images, labels, case.batch_size, epochs=1, shuffle=False, verbose=0)
    return Result(logits, history.history["loss"][0], model.get_weights())


def in_torch(case, folder):
    """The same in a process with PyTorch, from the same weights."""
    model = make(case, engine="reference")
    images, labels = samples(model, case)
    job, done = folder / "job.npz", folder / "done.npz"
    state = {f"state/{name}": array for name, array in to_torch(model).items()}
    rates = {"batch_size": case.batch_size, "learning_rate": LEARNING_RATE}
    np.savez(job, name=case.name, x=images, y=labels, **rates, **state)
    worker = subprocess.run(
        [sys.executable, ROOT / "tests" / "interchange" / "torch_worker.py", job, done],
        capture_output=True,
        text=True,
        check=False,
    )
    assert worker.returncode == 0, worker.stderr
    with np.load(done) as result:
        from_torch(model, {name: result[name] for name in result.files if name.startswith("state/")})
        return Result(result["logits"], float(result["losses"].mean()), model.get_weights())


def assert_agree(got, expected):
    """All but 1 in 1000 values within 1e-3, and a tenth of a step apart in the mean.

    Adam divides a gradient by its own size, so where rounding decides it (in a pooling, two values a millionth
    apart) a weight may take its whole step either way: PyTorch itself then is 2e-3 from a network in float64.
    """
    apart = np.abs(got - expected)
    assert np.quantile(apart, 0.999, method="lower") < 1e-3
    assert np.sqrt(np.mean(apart**2)) < 0.1 * LEARNING_RATE


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_flux_and_torch_agree(case, tmp_path):
    flux, torch = in_flux(case), in_torch(case, tmp_path)
    start = make(case, engine="reference").get_weights()
    np.testing.assert_allclose(flux.logits, torch.logits, rtol=0, atol=1e-4)
    assert flux.loss == pytest.approx(torch.loss, rel=1e-4)
    for f, t in zip(flux.weights, torch.weights, strict=True):
        assert_agree(f, t)
    # Both have gone somewhere: each step of Adam moves a weight by about the learning rate.
    moved = [np.abs(f - s).max() for f, s in zip(flux.weights, start, strict=True)]
    assert min(moved) > 0.5 * LEARNING_RATE
