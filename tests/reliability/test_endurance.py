"""Many trainings in one process: memory stays within a bound. 40 of them, 500 with ``PYFLUX_LONG_TESTS=1``."""

import gc
import subprocess
import sys

import numpy as np
import pytest

from pyflux import callbacks

resource = pytest.importorskip("resource", reason="Windows has no resource usage")


def resident():
    """The memory of this process that is in use now, in bytes."""
    gc.collect()
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_models_that_come_and_go_leave_nothing(engine, small, samples, times):
    x, y = samples(200)

    def lives():
        model = small(engine=engine)
        model.compile("adam", metrics=["accuracy"])
        model.fit(x, y, epochs=2, batch_size=20, verbose=0)
        for _ in range(5):
            model.predict(x)
            model.predict(x[:1])

    for _ in range(15):
        lives()
    before = resident()
    for _ in range(times(40, 500)):
        lives()
    # A model is a few kilobytes, its samples 12; what grows is the collectors' business, up to a bound.
    assert resident() - before < 30e6


def test_an_error_in_a_callback_is_what_one_sees_and_leaves_the_model_usable(engine, small, samples):
    class Mistake(Exception):
        pass

    class Fails(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                raise Mistake("in a callback")

    x, y = samples()
    model, other = small(engine=engine), small(engine=engine)
    for each in (model, other):
        each.compile("adam")
    with pytest.raises(Mistake, match="in a callback"):
        model.fit(x, y, epochs=3, verbose=0, callbacks=Fails())
    other.fit(x, y, epochs=2, verbose=0)
    for got, wanted in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(got, wanted)
    losses = [m.fit(x, y, epochs=3, initial_epoch=2, verbose=0).history["loss"] for m in (model, other)]
    assert losses[0] == losses[1]


FOLDER = """
import resource, sys
from pyflux import Sequential, layers, utils
kilobytes = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
model = Sequential(
    [layers.Resizing(8, 8, input_shape=(256, 256, 3)), layers.Flatten(), layers.Dense(2, activation="softmax")],
    engine="reference", seed=0,
)
model.compile("sgd")
def train(take):
    data = utils.image_dataset_from_directory(sys.argv[1], image_size=(256, 256), batch_size=4, seed=0, verbose=False)
    model.fit(data.take(take) if take else data, epochs=1, verbose=0)
train(3)
before = kilobytes()
train(None)
print((kilobytes() - before) * 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="counts kilobytes as Linux does")
def test_a_folder_of_images_costs_the_memory_of_some_batches(tmp_path):
    image = pytest.importorskip("PIL.Image")
    rng = np.random.default_rng(0)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for i in range(100):
            pixels = np.repeat(np.repeat(rng.integers(0, 256, (8, 8, 3), np.uint8), 32, 0), 32, 1)
            image.fromarray(pixels).save(tmp_path / name / f"{i}.png")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FOLDER, tmp_path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    # Decoded, the 200 images are 157 MB of float32; a batch is 3 MB.
    assert int(done.stdout) < 40e6
