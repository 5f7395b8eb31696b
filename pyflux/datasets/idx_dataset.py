"""`IdxDataset`: images and labels in four IDX files, as MNIST and its successors have them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from .base import ImageDataset, Split
from .download import Deadline, fetch
from .idx import read_header_and_values, read_idx

__all__ = ["IdxDataset", "IdxFile", "mnist_files"]

_Bytes = NDArray[np.uint8]

#: Titles of the known data sets by the SHA-256 of their unzipped files.
_OWNERS: dict[str, str] = {}


@dataclass(frozen=True)
class IdxFile:
    """One file of a data set.

    Args:
        name: Its name without ``.gz``, such as ``train-images-idx3-ubyte``.
        shape: Shape of the array in it.
        size: Size in bytes of the gzip file on the mirrors.
        sha256: The hash of that file.
        content_sha256: The hash of the unzipped content; None if it is not known.
    """

    name: str
    shape: tuple[int, ...]
    size: int
    sha256: str
    content_sha256: str | None = None

    def spellings(self) -> list[str]:
        """Return the file names it may have on disk."""
        return [name + end for name in (self.name, self.name.replace("-idx", ".idx")) for end in ("", ".gz")]


@dataclass(frozen=True)
class IdxDataset(ImageDataset):
    """A data set of images and labels in four IDX files: 28×28 pixels, 0 the background, 255 the brightest.

    The files may be gzipped or not. In a folder of the user's the hash of the content decides. Where it is
    not known (the images of Fashion-MNIST, all of KMNIST), a file must have the right shape and labels, and
    must not be one of another data set that is known here.

    Args:
        name: As :func:`pyflux.datasets.load` takes it.
        title: As people write it.
        class_names: What the labels 0, 1, … stand for.
        licence: The licence of the data and whom to name.
        source: Where the data set is described.
        mirrors: Addresses to which a file's name and ``.gz`` are appended, the preferred one first.
        folders: Where the files may be below a folder of the user's, ``"."`` being the folder itself.
        files: Training images, training labels, test images, test labels.

    Example:
        >>> from pyflux.datasets import mnist
        >>> mnist.num_classes, mnist.files[0].shape
        (10, (60000, 28, 28))
        >>> (x_train, y_train), (x_test, y_test) = mnist.load_data()  # doctest: +SKIP
        >>> x_train.shape, y_train.shape  # doctest: +SKIP
        ((60000, 28, 28), (60000,))
    """

    files: tuple[IdxFile, IdxFile, IdxFile, IdxFile]

    def __post_init__(self) -> None:
        for file in self.files:
            if file.content_sha256 is not None:
                _OWNERS.setdefault(file.content_sha256, self.title)

    def _download(self, verbose: bool, deadline: Deadline) -> tuple[Split, Split]:
        x_train, y_train, x_test, y_test = (self._fetch(file, verbose, deadline) for file in self.files)
        return (x_train, y_train), (x_test, y_test)

    def _read_folder(self, folder: Path) -> tuple[Split, Split]:
        x_train, y_train, x_test, y_test = (self._read(file, folder) for file in self.files)
        return (x_train, y_train), (x_test, y_test)

    def _fetch(self, file: IdxFile, verbose: bool, deadline: Deadline) -> _Bytes:
        name = file.name + ".gz"
        path = fetch(
            [mirror + name for mirror in self.mirrors],
            self.cache_dir() / name,
            sha256=file.sha256,
            size=file.size,
            verbose=verbose,
            timeout=deadline,
        )
        return read_idx(path, expected_shape=file.shape)

    def _read(self, file: IdxFile, folder: Path) -> _Bytes:
        path = self._find(file, folder)
        header, array = read_header_and_values(path, file.shape)
        content = hashlib.sha256(header)
        content.update(array.data)
        self._check_content(content.hexdigest(), file, path)
        return array

    def _find(self, file: IdxFile, folder: Path) -> Path:
        folders = [folder / sub for sub in self.folders]
        for candidate in folders:
            for name in file.spellings():
                if (candidate / name).is_file():
                    return candidate / name
        raise self._missing(f"the file {file.name}, gzipped or not", folders)

    def _check_content(self, got: str, file: IdxFile, path: Path) -> None:
        """Refuse a file whose content is not the data set's."""
        if got == file.content_sha256:
            return
        owner = _OWNERS.get(got)
        if file.content_sha256 is None and owner in (None, self.title):
            return  # nothing is known against it
        what = f"it is a file of {owner}" if owner else "it was changed, or holds data of your own"
        expected = f", expected {file.content_sha256}" if file.content_sha256 else ""
        raise DataError(
            f"{path} is not {self.title}'s {file.name}: {what}. The SHA-256 of its unzipped content is "
            f"{got}{expected}. Get the original, or read data of your own with pyflux.idx.read_idx."
        )


def mnist_files(*files: tuple[int, str, str | None]) -> tuple[IdxFile, IdxFile, IdxFile, IdxFile]:
    """Return the four files that MNIST and its successors have in common.

    Args:
        *files: For each the size and the SHA-256 of the gzip file, and the SHA-256 of its content.
    """
    x_train, y_train, x_test, y_test = files
    return (
        IdxFile("train-images-idx3-ubyte", (60_000, 28, 28), *x_train),
        IdxFile("train-labels-idx1-ubyte", (60_000,), *y_train),
        IdxFile("t10k-images-idx3-ubyte", (10_000, 28, 28), *x_test),
        IdxFile("t10k-labels-idx1-ubyte", (10_000,), *y_test),
    )
