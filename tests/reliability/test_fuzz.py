"""Files of anybody, changed at random: every reader gives a value or one of its own errors, and never more.

Some 3,000 inputs; 500,000 with ``PYFLUX_LONG_TESTS=1``.
"""

import gzip
import resource
import struct
import sys

import numpy as np
import pytest

import pyflux
from pyflux import Model, Sequential, layers
from pyflux.datasets.idx import read_idx
from pyflux.datasets.image_file import read_image
from pyflux.errors import DataError, PyFluxError, SavedModelError
from pyflux.interchange import read_weights

# What a reader may raise for a file that is there: its own errors, and what they document.
ALLOWED = (PyFluxError, ValueError, OSError)


def saved_model(path):
    model = Sequential(
        [layers.Conv2D(2, 3, input_shape=(5, 5, 1)), layers.Flatten(), layers.Dense(2, "softmax")], seed=0
    )
    model.compile("adam", metrics=["accuracy"])
    model.save(path)


def saved_branches(path):
    inputs = layers.Input((4, 4, 2))
    conv = layers.Conv2D(2, 1)
    Model(inputs, layers.Add()([conv(inputs), conv(conv(inputs))]), seed=0).save(path)


def weights_npz(path):
    np.savez_compressed(path, **{"dense/kernel": np.ones((3, 2), np.float32), "dense/bias": np.zeros(2)})


def weights_h5(path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [b"dense"]
        group = file.create_group("dense")
        group.attrs["weight_names"] = [b"dense/kernel:0"]
        group.create_dataset("dense/kernel:0", data=np.arange(6.0).reshape(2, 3), compression="gzip")


def idx(path):
    content = struct.pack(">BBBBIII", 0, 0, 8, 3, 3, 4, 5) + bytes(range(60))
    path.write_bytes(content)


def idx_gz(path):
    plain = path.with_suffix(".plain")
    idx(plain)
    path.write_bytes(gzip.compress(plain.read_bytes()))


def png(path):
    image = pytest.importorskip("PIL.Image")
    image.fromarray(np.arange(48, dtype=np.uint8).reshape(4, 4, 3)).save(path, format="PNG")


def bmp(path):
    image = pytest.importorskip("PIL.Image")
    image.fromarray(np.arange(48, dtype=np.uint8).reshape(4, 4, 3)).save(path, format="BMP")


def image(path):
    return read_image(path, (4, 4, 3))


def load(path):
    return pyflux.load(path, engine="reference").get_weights()


# For each kind of file: its name, what writes a good one, and what reads it.
READERS = {
    "saved model": ("model.safetensors", saved_model, load),
    "saved branches": ("branches.safetensors", saved_branches, load),
    "weights of safetensors": ("weights.safetensors", saved_model, read_weights),
    "weights of NumPy": ("weights.npz", weights_npz, read_weights),
    "weights of HDF5": ("weights.h5", weights_h5, read_weights),
    "IDX": ("images.idx3-ubyte", idx, read_idx),
    "IDX in gzip": ("images.idx3-ubyte.gz", idx_gz, read_idx),
    "PNG": ("image.png", png, image),
    "BMP": ("image.bmp", bmp, image),
}

INTERESTING = [
    0,
    1,
    127,
    128,
    255,
    2**15,
    2**16 - 1,
    2**31 - 1,
    2**31,
    2**32 - 1,
    2**63 - 1,
    2**63,
    2**64 - 1,
]


def changed(content, rng):
    """Some bytes changed, cut out, repeated, or overwritten by numbers at which programs go wrong."""
    data = bytearray(content)
    for _ in range(rng.integers(1, 4)):
        at = int(rng.integers(0, len(data) + 1))
        kind = rng.integers(0, 6)
        if kind == 0:
            data[at : at + 1] = bytes([rng.integers(0, 256)])
        elif kind == 1:
            del data[at:]
        elif kind == 2:
            del data[at : at + int(rng.integers(1, 9))]
        elif kind == 3:
            data[at:at] = data[at : at + int(rng.integers(1, 65))]
        elif kind == 4:
            size = int(rng.choice([1, 2, 4, 8]))
            number = INTERESTING[rng.integers(0, len(INTERESTING))] % 256**size
            data[at : at + size] = number.to_bytes(size, str(rng.choice(["little", "big"])))
        else:
            digits = [i for i, byte in enumerate(data) if 48 <= byte <= 57]
            if digits:  # a number in text
                data[digits[rng.integers(0, len(digits))]] = int(rng.integers(45, 58))
    return bytes(data)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", READERS)
def test_a_changed_file_is_read_or_refused(kind, tmp_path, times):
    name, write, read = READERS[kind]
    path = tmp_path / name
    write(path)
    read(path)  # as it is
    good = path.read_bytes()
    rng = np.random.default_rng(sorted(READERS).index(kind))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused = 0
    for i in range(times(300, 50_000)):
        content = changed(good, rng)
        path.write_bytes(content)
        try:
            read(path)
        except ALLOWED:
            refused += 1
        except BaseException as e:
            (tmp_path / "found").write_bytes(content)
            pytest.fail(f"input {i} of {kind}: {type(e).__name__}: {e}")
    assert refused > 0
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) * (
        1 if sys.platform == "darwin" else 1024
    )
    assert grown < 300e6, f"{grown / 1e6:.0f} MB for files of {len(good)} bytes"


@pytest.mark.parametrize("kind", [kind for kind in READERS if "branches" not in kind])
@pytest.mark.parametrize(
    "content", [b"", b"\0", b"PK\x03\x04", b"\x89HDF\r\n\x1a\n", b"\x1f\x8b", b"{" * 100_000]
)
def test_what_is_no_such_file_is_refused(kind, content, tmp_path):
    name, _, read = READERS[kind]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises((DataError, SavedModelError, ValueError), match=name.split(".")[0]):
        read(path)
