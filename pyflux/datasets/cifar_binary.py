"""`BinaryDataset`: CIFAR-10's binary form, a tar archive of files of records, without pickle.

A record is one byte for the label, then the red, the green and the blue values of the image's pixels, each
row by row from the top. Nothing of the archive is unpacked to the disk: the files are read straight from it.
"""

from __future__ import annotations

import gzip
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from .base import ImageDataset, Split
from .download import Deadline, fetch, has_hash

__all__ = ["BinaryDataset"]

_AGAIN = "Get the file again, or take it from another source."


@dataclass(frozen=True)
class BinaryDataset(ImageDataset):
    """A data set of colour images and labels in files of CIFAR-10's binary form.

    A folder of the user's may hold the original archive, or the unpacked files, loose or in the archive's own
    folder. The archive's hash must be right; of unpacked files the size and the labels are checked.

    Args:
        name: As :func:`pyflux.datasets.load` takes it.
        title: As people write it.
        class_names: What the labels 0, 1, … stand for.
        licence: The licence of the data and whom to name.
        source: Where the data set is described.
        mirrors: Addresses to which the archive's name is appended, the preferred one first.
        folders: Where the files may be below a folder of the user's, ``"."`` being the folder itself.
        archive: Name of the archive.
        archive_size: Its size in bytes.
        sha256: Its hash.
        unpacked: The folder that the archive makes.
        train: Names of the files to train on, in their order.
        test: Names of the files to test on.
        records: How many images each file holds.
        side: Height and width of an image, in pixels.

    Example:
        >>> from pyflux.datasets import cifar10
        >>> cifar10.num_classes, cifar10.class_names[3]
        (10, 'cat')
        >>> (x_train, y_train), (x_test, y_test) = cifar10.load_data()  # doctest: +SKIP
        >>> x_train.shape, y_train.shape  # doctest: +SKIP
        ((50000, 32, 32, 3), (50000,))
    """

    archive: str
    archive_size: int
    sha256: str
    unpacked: str
    train: tuple[str, ...]
    test: tuple[str, ...]
    records: int
    side: int = 32

    def _download(self, verbose: bool, deadline: Deadline) -> tuple[Split, Split]:
        path = fetch(
            [mirror + self.archive for mirror in self.mirrors],
            self.cache_dir() / self.archive,
            sha256=self.sha256,
            size=self.archive_size,
            verbose=verbose,
            timeout=deadline,
        )
        return self._parse(self._members(path))

    def _read_folder(self, folder: Path) -> tuple[Split, Split]:
        folders = [folder / sub / inner for sub in self.folders for inner in (self.unpacked, ".")]
        for candidate in folders:
            if any((candidate / name).is_file() for name in self._names):
                return self._parse(self._files(candidate))
            if (candidate / self.archive).is_file():
                self._check_hash(candidate / self.archive)
                return self._parse(self._members(candidate / self.archive))
        raise self._missing(f"its binary version, {self.archive} or the files that are in it", folders)

    @property
    def _names(self) -> tuple[str, ...]:
        return self.train + self.test

    @property
    def _file_size(self) -> int:
        """The size of each file in bytes."""
        return self.records * (1 + 3 * self.side**2)

    def _check_hash(self, path: Path) -> None:
        if not has_hash(path, self.sha256):
            raise DataError(
                f"{path} is not {self.title}'s archive, or is damaged: its {path.stat().st_size} bytes do "
                f"not have the SHA-256 {self.sha256}. {_AGAIN}"
            )

    def _files(self, folder: Path) -> Iterator[tuple[str, bytes]]:
        """Yield the name and the content of each file of a folder."""
        for name in self._names:
            path = folder / name
            if not path.is_file():
                raise self._missing(f"the file {name} beside the others", [folder])
            self._check_size(str(path), path.stat().st_size)
            with path.open("rb") as file:
                yield name, file.read(self._file_size)

    def _members(self, path: Path) -> Iterator[tuple[str, bytes]]:
        """Yield the name and the content of each file of an archive, in the archive's order."""
        try:
            with gzip.open(path) as unzipped:
                limited = _LimitedReader(unzipped, 2 * self._file_size * len(self._names) + (1 << 20))
                # As a stream: nothing is searched for, and no link can be followed.
                with tarfile.open(fileobj=limited, mode="r|") as archive:  # type: ignore[call-overload]
                    yield from self._wanted(path, archive)
        except DataError:
            raise
        except Exception as e:  # tarfile has many ways to fail, RecursionError among them
            raise DataError(
                f"{path}: the archive is cut short or damaged ({type(e).__name__}: {e}). {_AGAIN}"
            ) from e

    def _wanted(self, path: Path, archive: tarfile.TarFile) -> Iterator[tuple[str, bytes]]:
        for member in archive:
            name = PurePosixPath(member.name).name
            if name in self._names and member.isreg():
                self._check_size(f"{path}: {member.name}", member.size)
                content = archive.extractfile(member)
                assert content is not None  # it is a regular file
                yield name, content.read()

    def _check_size(self, name: str, size: int) -> None:
        if size != self._file_size:
            what = "cut short" if size < self._file_size else "too long"
            raise DataError(
                f"{name} is {what}: {size} bytes, expected {self.records} records of {1 + 3 * self.side**2} "
                f"bytes = {self._file_size}. {_AGAIN}"
            )

    def _parse(self, contents: Iterator[tuple[str, bytes]]) -> tuple[Split, Split]:
        """Turn the files' contents into arrays, one at a time: only one is held in its raw form."""
        arrays = {names: self._empty(len(names)) for names in (self.train, self.test)}
        missing = set(self._names)
        for name, content in contents:
            names = self.train if name in self.train else self.test
            start = names.index(name) * self.records
            images, labels = (array[start : start + self.records] for array in arrays[names])
            self._put(content, images, labels)
            missing.discard(name)
        if missing:
            raise DataError(f"{self.archive} does not hold {', '.join(sorted(missing))}. {_AGAIN}")
        return arrays[self.train], arrays[self.test]

    def _empty(self, files: int) -> Split:
        n = files * self.records
        return np.empty((n, self.side, self.side, 3), np.uint8), np.empty(n, np.uint8)

    def _put(self, content: bytes, images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> None:
        """Write the records of one file into its part of the arrays, the channels last."""
        records = np.frombuffer(content, np.uint8).reshape(self.records, -1)
        labels[:] = records[:, 0]
        images[:] = records[:, 1:].reshape(-1, 3, self.side, self.side).transpose(0, 2, 3, 1)


class _LimitedReader:
    """A file of which only so much may be read: a compressed file may unpack to any size."""

    def __init__(self, file: gzip.GzipFile, limit: int) -> None:
        self._file, self._left = file, limit

    def read(self, size: int) -> bytes:
        block = self._file.read(size)
        self._left -= len(block)
        if self._left < 0:
            raise ValueError("it unpacks to more than the data set has")
        return block
