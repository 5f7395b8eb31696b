"""Images in folders, one folder for each class, decoded ahead of the training."""

from __future__ import annotations

import itertools
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._internal.warn import warn
from ..errors import DataError
from .batched import BatchedDataset
from .image_file import CHANNELS, decode_image

#: Names of files that are read; others in the folders are passed over.
SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png")

_MAX_THREADS = 8


@dataclass(frozen=True)
class Decoding:
    """How an image file becomes an array; see `decode_image`."""

    size: tuple[int, int]
    color_mode: str = "rgb"
    interpolation: str = "bilinear"
    fit: str = "stretch"

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape of one image: height, width, channels."""
        return (*self.size, CHANNELS[self.color_mode])

    def __call__(self, path: str) -> NDArray[np.uint8]:
        """Return the image in a file."""
        return decode_image(path, self.color_mode, self.size, interpolation=self.interpolation, fit=self.fit)


class ImageFolder(BatchedDataset):
    """Image files and their labels, in batches; `pyflux.utils.image_dataset_from_directory` makes it.

    Threads decode some batches ahead, and no more: a folder may be larger than the memory.

    Args:
        file_paths: The files.
        labels: Their labels, an array with one entry or row for each file; None for images alone.
        class_names: What the labels stand for.
        decoding: How a file becomes an array.
        batch_size: Images a batch; the last one may be smaller.
        seed: The order changes in every pass, and this seed fixes the orders; None keeps the files' order.
        ignore_errors: Whether files that cannot be read are left out, with a warning, and listed in
            ``skipped``. By default the first one raises a ``DataError`` with its name.

    Attributes:
        file_paths: The files, in the order in which they are given without a seed.
        skipped: Files that could not be read so far.
    """

    def __init__(
        self,
        file_paths: Sequence[str],
        labels: NDArray[Any] | None,
        class_names: list[str],
        decoding: Decoding,
        *,
        batch_size: int = 32,
        seed: int | None = None,
        ignore_errors: bool = False,
    ) -> None:
        super().__init__(class_names)
        self.file_paths, self.skipped = list(file_paths), list[str]()
        self._labels, self._decoding, self._batch_size = labels, decoding, batch_size
        self._ignore_errors = ignore_errors
        self._rng = None if seed is None else np.random.default_rng(seed)

    def __len__(self) -> int:
        return -(-len(self.file_paths) // self._batch_size)

    def __repr__(self) -> str:
        return (
            f"<ImageFolder of {len(self.file_paths)} images {self._decoding.shape} of "
            f"{len(self.class_names)} classes, in {len(self)} batches>"
        )

    def __iter__(self) -> Iterator[Any]:
        n = len(self.file_paths)
        order = np.arange(n) if self._rng is None else self._rng.permutation(n)
        chosen = iter([order[i : i + self._batch_size] for i in range(0, n, self._batch_size)])
        threads = min(_MAX_THREADS, os.cpu_count() or 1)
        with ThreadPoolExecutor(threads, "pyflux-images") as pool:
            ahead: deque[Future[tuple[NDArray[np.uint8], NDArray[np.int64]]]] = deque(
                pool.submit(self._read, indices) for indices in itertools.islice(chosen, threads + 1)
            )
            try:
                while ahead:
                    images, indices = ahead.popleft().result()
                    if (following := next(chosen, None)) is not None:
                        ahead.append(pool.submit(self._read, following))
                    if len(indices):
                        yield images if self._labels is None else (images, self._labels[indices])
            finally:
                for future in ahead:
                    future.cancel()

    def _read(self, indices: NDArray[np.int64]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """Return the images that can be read, and their indices."""
        images, readable = np.empty((len(indices), *self._decoding.shape), np.uint8), list[np.int64]()
        for i in indices:
            try:
                images[len(readable)] = self._decoding(self.file_paths[i])
            except (DataError, OSError) as e:
                if not self._ignore_errors:
                    raise
                self._skip(self.file_paths[i], e)
            else:
                readable.append(i)
        return images[: len(readable)], np.array(readable, np.int64)

    def _skip(self, path: str, error: Exception) -> None:
        if path not in self.skipped:
            self.skipped.append(path)
            warn(f"left out: {error}", UserWarning)


def class_folders(directory: Path, class_names: Sequence[str] | None) -> list[str]:
    """Return the names of the folders in ``directory``, one a class, in the order of the classes.

    Raises:
        ValueError: There is no folder in it, or one of ``class_names`` is not there.
    """
    found = sorted(p.name for p in directory.iterdir() if p.is_dir() and not p.name.startswith("."))
    if not found:
        raise ValueError(
            f"directory must have a folder of images for each class, and {directory} has no folder; "
            "labels=None reads images without labels"
        )
    if class_names is None:
        return found
    if missing := [name for name in class_names if name not in found]:
        raise ValueError(f"class_names: {directory} has no folder {missing[0]!r}; it has {', '.join(found)}")
    return list(class_names)


def image_files(folder: Path, follow_links: bool = False) -> list[str]:
    """Return the image files in a folder and the folders below it, in alphanumeric order.

    Raises:
        ValueError: There is none.
    """
    found = [
        os.path.join(root, name)
        for root, _, names in sorted(os.walk(folder, followlinks=follow_links), key=lambda entry: entry[0])
        for name in sorted(names)
        if name.lower().endswith(SUFFIXES)
    ]
    if not found:
        raise ValueError(f"directory: there is no image in {folder}; known are {', '.join(SUFFIXES)}")
    return found
