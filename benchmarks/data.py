"""The samples: MNIST if PYFLUX_DATA has it, else generated digits and patterns. Nothing is downloaded.

All contestants read the same files: images as raw uint8 ``(N, height, width, channels)``, labels as raw
uint8.
"""

import gzip
import os
import struct
from pathlib import Path
from typing import Any

import numpy as np

from pyflux import datasets, networks, synthetic_digits, synthetic_images

SEED = 0
GENERATED = 6_000  # different digits; a larger number of samples repeats them
FILES = [file.name for file in datasets.mnist.files]


def mnist_folder() -> Path | None:
    """Return the folder with MNIST's four files inside the one that PYFLUX_DATA names, or None."""
    top = os.environ.get("PYFLUX_DATA")
    for sub in datasets.mnist.folders if top else ():
        folder = Path(top or "", sub)
        if all((folder / name).exists() or (folder / f"{name}.gz").exists() for name in FILES):
            return folder
    return None


class Samples:
    """Writes the files that contestants read into a folder, each once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mnist = mnist_folder()

    def job(self, network: str, n: int) -> dict[str, Any]:
        """Return the job entries that describe ``n`` training samples for a network of `pyflux.networks`."""
        height, width, channels = getattr(networks, network)(engine="reference").input_shape[1:]
        shape = (n, height, width, channels)
        stem = self.folder / "x".join(map(str, shape))
        images, labels = stem.with_suffix(".images"), stem.with_suffix(".labels")
        if not images.exists():
            x, y = self._generate(shape)
            repeated = np.arange(n) % len(x)
            labels.write_bytes(np.ascontiguousarray(y[repeated]).tobytes())
            with images.open("wb") as file:
                for part in np.array_split(repeated, -(-n // 10_000)):
                    file.write(np.ascontiguousarray(x[part]).tobytes())
        return {"network": network, "images": str(images), "labels": str(labels), "shape": shape}

    def mnist_job(self) -> dict[str, Any]:
        """Return the job entries that name the folder with MNIST, or with generated digits in its format.

        Generated digits pass as KMNIST: of the other data sets pyflux checks the hashes.
        """
        if self.mnist is not None:
            return {"data_dir": os.environ["PYFLUX_DATA"], "dataset": "mnist", "folder": str(self.mnist)}
        folder = self.folder / "kmnist"
        if not folder.exists():
            folder.mkdir()
            for prefix, n, seed in (("train", 60_000, SEED), ("t10k", 10_000, SEED + 1)):
                x, y = synthetic_digits(GENERATED, seed)
                repeated = np.arange(n) % GENERATED
                write_idx(folder / f"{prefix}-images-idx3-ubyte.gz", x[repeated])
                write_idx(folder / f"{prefix}-labels-idx1-ubyte.gz", y[repeated])
        return {"data_dir": str(self.folder), "dataset": "kmnist", "folder": str(folder)}

    def kind(self) -> str:
        """Return the name of the digits that are used."""
        return "generated digits" if self.mnist is None else "MNIST"

    def _generate(self, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
        n, height, width, channels = shape
        if channels > 1:
            return synthetic_images(min(n, 2_000), (height, width), channels, seed=SEED)
        if self.mnist is not None:
            (x, y), _ = datasets.mnist.load_data(os.environ["PYFLUX_DATA"])
        else:
            x, y = synthetic_digits(min(n, GENERATED), SEED)
        return x[..., None], y


def write_idx(path: Path, array: np.ndarray) -> None:
    """Write uint8 values in the format of MNIST's files, gzipped."""
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    path.write_bytes(gzip.compress(header + array.tobytes(), compresslevel=1))
