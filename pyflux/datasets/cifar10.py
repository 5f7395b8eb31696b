"""CIFAR-10 in its binary version: a tar archive of six files of records, without pickle.

A record is one byte for the label, then the red, the green and the blue values of the image's pixels, each
row by row from the top. Nothing of the archive is unpacked to the disk: the six files are read straight from
it.
"""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import numpy.typing as npt

from ..errors import DataError
from .base import LabelledImages, Split
from .download import Deadline, fetch, has_hash

__all__ = ["BinaryDataset", "cifar10"]

_AGAIN = "Get the file again, or take it from another source."


@dataclass(frozen=True)
class BinaryDataset(LabelledImages):
    """A data set of colour images and labels in files of CIFAR-10's binary form.

    In a folder of the user's lies the archive as it is given away, or the unpacked files, in themselves or in
    the folder that the archive makes. The archive's hash must be right; of unpacked files the size and the
    labels are checked.

    Args:
        name: As :func:`pyflux.datasets.load` takes it.
        title: As people write it.
        class_names: What the labels 0, 1, … stand for.
        licence: The licence of the data and whom to name.
        source: Where the data set is described.
        mirrors: Addresses to which the archive's name is added, the preferred one first.
        folders: Where below a folder of the user's the files may lie, ``"."`` being the folder itself.
        archive: The name of the archive.
        sha256: The hash of the archive.
        unpacked: The folder that the archive makes.
        train: Names of the files to train on, in their order.
        test: Names of the files to test on.
        records: How many images each file holds.
        side: Height and width of an image, in pixels.

    Example:
        >>> cifar10.num_classes, cifar10.class_names[3]
        (10, 'cat')
        >>> (x_train, y_train), (x_test, y_test) = cifar10.load_data()  # doctest: +SKIP
        >>> x_train.shape, y_train.shape  # doctest: +SKIP
        ((50000, 32, 32, 3), (50000,))
    """

    archive: str
    sha256: str
    unpacked: str
    train: tuple[str, ...]
    test: tuple[str, ...]
    records: int
    side: int = 32

    def _downloaded(self, verbose: bool, deadline: Deadline) -> tuple[Split, Split]:
        urls = [mirror + self.archive for mirror in self.mirrors]
        path = self.cache_dir() / self.archive
        return self._parse(
            self._members(fetch(urls, path, sha256=self.sha256, verbose=verbose, timeout=deadline))
        )

    def _from_folder(self, folder: Path) -> tuple[Split, Split]:
        places = [folder / sub / inner for sub in self.folders for inner in (self.unpacked, ".")]
        for place in places:
            if any((place / name).is_file() for name in self._names):
                return self._parse(self._files(place))
            if (place / self.archive).is_file():
                self._check_hash(place / self.archive)
                return self._parse(self._members(place / self.archive))
        raise self._not_there(f"its binary version, {self.archive} or the files that are in it", places)

    @property
    def _names(self) -> tuple[str, ...]:
        return self.train + self.test

    @property
    def _size(self) -> int:
        """The size of each file in bytes."""
        return self.records * (1 + 3 * self.side**2)

    def _check_hash(self, path: Path) -> None:
        if not has_hash(path, self.sha256):
            raise DataError(
                f"{path} is not {self.title}'s archive, or is damaged: its {path.stat().st_size} bytes do "
                f"not have the SHA-256 {self.sha256}. {_AGAIN}"
            )

    def _files(self, place: Path) -> Iterator[tuple[str, bytes]]:
        """Give the name and the content of each file of a folder."""
        for name in self._names:
            path = place / name
            if not path.is_file():
                raise self._not_there(f"the file {name} beside the others", [place])
            self._check_size(str(path), path.stat().st_size)
            yield name, path.read_bytes()

    def _members(self, path: Path) -> Iterator[tuple[str, bytes]]:
        """Give the name and the content of each file of an archive, in the order in which they lie there."""
        try:
            with tarfile.open(path, "r|gz") as archive:
                for member in archive:
                    name = PurePosixPath(member.name).name
                    # Only a plain file of the right size is read: no link is followed, no bomb goes off.
                    if name in self._names and member.isreg():
                        self._check_size(f"{path}: {member.name}", member.size)
                        content = archive.extractfile(member)
                        assert content is not None  # it is a plain file
                        yield name, content.read()
        except (tarfile.TarError, EOFError, zlib.error) as e:
            raise DataError(f"{path}: the archive is cut short or damaged ({e}). {_AGAIN}") from e

    def _check_size(self, name: str, size: int) -> None:
        if size != self._size:
            what = "cut short" if size < self._size else "too long"
            raise DataError(
                f"{name} is {what}: {size} bytes, expected {self.records} records of {1 + 3 * self.side**2} "
                f"bytes = {self._size}. {_AGAIN}"
            )

    def _parse(self, contents: Iterator[tuple[str, bytes]]) -> tuple[Split, Split]:
        """Turn the files' contents into arrays, each as it comes: only one is held in its raw form."""
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

    def _put(self, content: bytes, images: npt.NDArray[np.uint8], labels: npt.NDArray[np.uint8]) -> None:
        """Write the records of one file into its part of the arrays, the channels last."""
        records = np.frombuffer(content, np.uint8).reshape(self.records, -1)
        labels[:] = records[:, 0]
        images[:] = records[:, 1:].reshape(-1, 3, self.side, self.side).transpose(0, 2, 3, 1)


# The hash is the one in tensorflow/datasets, tensorflow_datasets/url_checksums/cifar10.txt, with the size
# 170,052,171 bytes; other projects give the same beside the MD5 that the source publishes, c32a1d4a…d87530.

cifar10 = BinaryDataset(
    name="cifar10",
    title="CIFAR-10",
    class_names=(
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "truck",
    ),
    licence=(
        "no licence is stated; Alex Krizhevsky, Vinod Nair and Geoffrey Hinton, to be cited as: Alex "
        "Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009"
    ),
    source="https://www.cs.toronto.edu/~kriz/cifar.html",
    mirrors=(
        "https://www.cs.toronto.edu/~kriz/",
        "https://cave.cs.toronto.edu/kriz/",
        "https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10/",
    ),
    folders=("cifar10", "cifar-10", "."),
    archive="cifar-10-binary.tar.gz",
    sha256="c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    unpacked="cifar-10-batches-bin",
    train=tuple(f"data_batch_{i}.bin" for i in range(1, 6)),
    test=("test_batch.bin",),
    records=10_000,
)
