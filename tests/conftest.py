import os
import sys
from pathlib import Path

import numpy as np
import pytest

from pyflux import Sequential, layers, synthetic_digits
from pyflux.engines.flux import julia as engine_julia
from pyflux.errors import EngineUnavailable

os.environ.setdefault("MPLBACKEND", "agg")  # figures open no windows

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def julia():
    """Julia, started. Where it cannot be, the test is skipped, or fails with PYFLUX_REQUIRE_JULIA=1."""
    try:
        return engine_julia.start()
    except EngineUnavailable as e:
        if os.environ.get("PYFLUX_REQUIRE_JULIA") == "1":
            pytest.fail(f"PYFLUX_REQUIRE_JULIA is set, but: {e}")
        pytest.skip(str(e))


@pytest.fixture(autouse=True)
def figures_closed():
    """Closes the figures that a test has drawn."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture(params=["reference", "flux"])
def engine(request):
    """Either engine: a test that takes it runs on both."""
    if request.param == "flux":
        request.getfixturevalue("julia")
    return request.param


@pytest.fixture(scope="session")
def mnist_dir():
    """The folder with the real MNIST."""
    folder = os.environ.get("PYFLUX_DATA")
    if not folder:
        pytest.skip("PYFLUX_DATA names no folder with the real MNIST")
    return folder


@pytest.fixture(scope="session")
def digits():
    """Drawn digits to train on and to test on."""
    return synthetic_digits(1200, seed=0), synthetic_digits(300, seed=1)


@pytest.fixture
def small():
    """Makes a small network for 6×5 images of two channels, three classes."""

    def make(**options):
        return Sequential(
            [
                layers.Conv2D(4, (3, 2), activation="relu", input_shape=(6, 5, 2)),
                layers.MaxPooling2D((2, 2)),
                layers.Flatten(),
                layers.Dense(3, activation="softmax"),
            ],
            **{"seed": 0, "engine": "reference"} | options,
        )

    return make


@pytest.fixture
def samples():
    """Makes images for `small` whose class is their brightest third, and the labels."""

    def make(n=60, seed=0):
        rng = np.random.default_rng(seed)
        labels = rng.integers(0, 3, n)
        images = rng.integers(0, 120, (n, 6, 5, 2), dtype=np.uint8)
        for image, label in zip(images, labels, strict=True):
            image[2 * label : 2 * label + 2] += 120
        return images, labels

    return make
