"""What all data sets of labelled images share: classes, the user's folder, the cache."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from .download import Deadline

__all__ = ["VARIABLE", "ImageDataset", "Split", "cache_folder"]

#: Images and their labels.
Split = tuple[NDArray[np.uint8], NDArray[np.uint8]]

VARIABLE = "PYFLUX_DATA"

#: Seconds that all downloads of a data set may take by default.
TIMEOUT = 6 * 3600.0


def cache_folder(kind: str) -> Path:
    """Return the folder of the user's cache for a kind of downloads, such as ``"datasets"``."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("pyflux", appauthor=False)) / kind


@dataclass(frozen=True)
class ImageDataset(ABC):
    """A data set of images for training and for testing, each with a label.

    A subclass reads the files of one format: it says how its data are downloaded and how they are read from a
    folder.

    Args:
        name: As :func:`pyflux.datasets.load` takes it.
        title: As people write it.
        class_names: What the labels 0, 1, … stand for.
        licence: The licence of the data and whom to name.
        source: Where the data set is described.
        mirrors: Addresses to which a file's name is appended, the preferred one first.
        folders: Where the files may be below a folder of the user's, ``"."`` being the folder itself.
    """

    name: str
    title: str
    class_names: tuple[str, ...]
    licence: str
    source: str
    mirrors: tuple[str, ...]
    folders: tuple[str, ...]

    @property
    def num_classes(self) -> int:
        """How many classes there are."""
        return len(self.class_names)

    def load_data(
        self,
        data_dir: str | os.PathLike[str] | None = None,
        *,
        verbose: bool = True,
        timeout: float | None = TIMEOUT,
    ) -> tuple[Split, Split]:
        """Return the data set as arrays, downloaded if need be.

        Args:
            data_dir: A folder that holds the files, in itself or in a subfolder with the data set's name.
                Without it the environment variable ``PYFLUX_DATA`` counts, and without that the files are
                downloaded once into the user's cache folder.
            verbose: Whether a download shows a progress bar on stderr.
            timeout: Seconds that all downloads together may take; None sets no limit.

        Returns:
            ``(x_train, y_train), (x_test, y_test)``: images ``(N, height, width)``, or in colour
            ``(N, height, width, 3)`` (red, green, blue), uint8, C-ordered; labels ``(N,)`` uint8 from 0.

        Raises:
            FileNotFoundError: The folder, or a file in it, is missing.
            DataError: A file of that folder is damaged or belongs to another data set.
            DownloadError: No mirror gave a file in time, or the cache folder cannot be written.
            ValueError: ``timeout`` is not greater than 0.
        """
        folder = _named_folder(data_dir)
        deadline = Deadline(timeout)
        train, test = self._download(verbose, deadline) if folder is None else self._read_folder(folder)
        self._check_labels(train[1], "training")
        self._check_labels(test[1], "test")
        return train, test

    def cache_dir(self) -> Path:
        """Return the folder that downloads of this data set go to."""
        return cache_folder("datasets") / self.name

    @abstractmethod
    def _download(self, verbose: bool, deadline: Deadline) -> tuple[Split, Split]:
        """Return the data, downloaded unless they are in the cache."""

    @abstractmethod
    def _read_folder(self, folder: Path) -> tuple[Split, Split]:
        """Return the data from a folder that the user named."""

    def _missing(self, what: str, folders: Iterable[Path]) -> FileNotFoundError:
        """Return the error for a file that is in none of the folders."""
        searched = ", ".join(str(folder) for folder in folders if folder.is_dir())
        return FileNotFoundError(
            f"{self.title} needs {what}, and it is not in the folder named by data_dir= or {VARIABLE}. "
            f"Searched: {searched}. Put it there, name another folder, or name none (no data_dir=, "
            f"{VARIABLE} unset) to have the files downloaded."
        )

    def _check_labels(self, labels: NDArray[np.uint8], which: str) -> None:
        highest = int(labels.max(initial=0))
        if highest >= self.num_classes:
            raise DataError(
                f"the {which} labels hold the label {highest}, expected labels from 0 to "
                f"{self.num_classes - 1} as {self.title} has {self.num_classes} classes. Check that they are "
                f"in the right files."
            )


def _named_folder(data_dir: str | os.PathLike[str] | None) -> Path | None:
    """Return the folder that the user named, None if there is none."""
    argument = "data_dir" if data_dir is not None else f"the environment variable {VARIABLE}"
    # An empty variable counts as unset, as is usual.
    named = data_dir if data_dir is not None else os.environ.get(VARIABLE) or None
    if named is None:
        return None
    folder = Path(named).expanduser()
    if not folder.is_dir():
        raise FileNotFoundError(
            f"{argument} must name a folder that holds the data, got {os.fspath(named)!r}, which is no "
            "folder. Name one that is, or name none to have the files downloaded."
        )
    return folder
