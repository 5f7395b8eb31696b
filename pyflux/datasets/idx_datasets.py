"""The data sets by name: MNIST, Fashion-MNIST, KMNIST and CIFAR-10.

    from pyflux.datasets import mnist
    (x_train, y_train), (x_test, y_test) = mnist.load_data()

The files are looked for in the folder given as ``data_dir=``, else in the one that the environment variable
``PYFLUX_DATA`` names, and then nowhere else. Without either they are downloaded once into the user's cache
folder. Importing this module opens no connection.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from .._internal import validation
from ..errors import DataError
from .base import LabelledImages, Split
from .cifar10 import cifar10
from .download import Deadline, fetch
from .idx import gunzip, parse_idx, read_idx

__all__ = [
    "DATASETS",
    "Dataset",
    "IdxFile",
    "LabelledImages",
    "Split",
    "cifar10",
    "fashion_mnist",
    "kmnist",
    "load",
    "mnist",
]

_Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class IdxFile:
    """One file of a data set.

    Args:
        name: Its name without ``.gz``, such as ``train-images-idx3-ubyte``.
        shape: The array in it.
        sha256: The hash of the gzip file that the mirrors give.
        content_sha256: The hash of the unzipped content; None where it is not known.
    """

    name: str
    shape: tuple[int, ...]
    sha256: str
    content_sha256: str | None = None

    def spellings(self) -> list[str]:
        """Return the names under which the file goes about."""
        return [name + end for name in (self.name, self.name.replace("-idx", ".idx")) for end in ("", ".gz")]


@dataclass(frozen=True)
class Dataset(LabelledImages):
    """A data set of images and labels in four IDX files: 28×28 pixels, 0 the background, 255 the brightest.

    The files may be gzipped or not. In a folder of the user's the hash of the content decides. Where it is
    not known (the images of Fashion-MNIST, all of KMNIST), the shape does, the labels, and not being a file
    of another data set that is known here.

    Args:
        name: As :func:`load` takes it.
        title: As people write it.
        class_names: What the labels 0, 1, … stand for.
        licence: The licence of the data and whom to name.
        source: Where the data set is described.
        mirrors: Addresses to which a file's name and ``.gz`` are added, the preferred one first.
        folders: Where below a folder of the user's the files may lie, ``"."`` being the folder itself.
        files: Training images, training labels, test images, test labels.

    Example:
        >>> mnist.num_classes, mnist.files[0].shape
        (10, (60000, 28, 28))
        >>> (x_train, y_train), (x_test, y_test) = mnist.load_data()  # doctest: +SKIP
        >>> x_train.shape, y_train.shape  # doctest: +SKIP
        ((60000, 28, 28), (60000,))
    """

    files: tuple[IdxFile, IdxFile, IdxFile, IdxFile]

    def _downloaded(self, verbose: bool, deadline: Deadline) -> tuple[Split, Split]:
        x_train, y_train, x_test, y_test = (self._download(file, verbose, deadline) for file in self.files)
        return (x_train, y_train), (x_test, y_test)

    def _from_folder(self, folder: Path) -> tuple[Split, Split]:
        x_train, y_train, x_test, y_test = (self._read(file, folder) for file in self.files)
        return (x_train, y_train), (x_test, y_test)

    def _download(self, file: IdxFile, verbose: bool, deadline: Deadline) -> _Bytes:
        name = file.name + ".gz"
        urls = [mirror + name for mirror in self.mirrors]
        path = fetch(urls, self.cache_dir() / name, sha256=file.sha256, verbose=verbose, timeout=deadline)
        return read_idx(path, expected_shape=file.shape)

    def _read(self, file: IdxFile, folder: Path) -> _Bytes:
        path = self._find(file, folder)
        content = gunzip(path.read_bytes(), str(path))
        array = parse_idx(content, str(path), expected_shape=file.shape)
        self._check_content(hashlib.sha256(content).hexdigest(), file, path)
        return array

    def _find(self, file: IdxFile, folder: Path) -> Path:
        places = [folder / sub for sub in self.folders]
        for place in places:
            for name in file.spellings():
                if (place / name).is_file():
                    return place / name
        raise self._not_there(f"the file {file.name}, gzipped or not", places)

    def _check_content(self, got: str, file: IdxFile, path: Path) -> None:
        """Refuse a file whose content is not the data set's."""
        if got == file.content_sha256:
            return
        owner = _owner(got)
        if file.content_sha256 is None and owner is None:
            return  # nothing is known against it
        what = f"it is a file of {owner}" if owner else "it was changed, or holds data of your own"
        expected = f", expected {file.content_sha256}" if file.content_sha256 else ""
        raise DataError(
            f"{path} is not {self.title}'s {file.name}: {what}. The SHA-256 of its unzipped content is "
            f"{got}{expected}. Get the original, or read data of your own with pyflux.idx.read_idx."
        )


def _owner(content_sha256: str) -> str | None:
    """Return the title of the known data set that has a file with this content."""
    for dataset in DATASETS.values():
        files = dataset.files if isinstance(dataset, Dataset) else ()
        if any(file.content_sha256 == content_sha256 for file in files):
            return dataset.title
    return None


def _mnist_like(*hashes: tuple[str, str | None]) -> tuple[IdxFile, IdxFile, IdxFile, IdxFile]:
    """Return the four files that MNIST and its successors have in common, with each one's own hashes."""
    x_train, y_train, x_test, y_test = hashes
    return (
        IdxFile("train-images-idx3-ubyte", (60_000, 28, 28), *x_train),
        IdxFile("train-labels-idx1-ubyte", (60_000,), *y_train),
        IdxFile("t10k-images-idx3-ubyte", (10_000, 28, 28), *x_test),
        IdxFile("t10k-labels-idx1-ubyte", (10_000,), *y_test),
    )


# The hashes of the gzip files are those in torchvision, torchvision/prototype/datasets/_builtin/mnist.py.
# Those of the contents were computed from files whose gzip hash, or for MNIST's training images the published
# MD5 of the content, is right. Plain http is no risk to a file whose hash is checked.

mnist = Dataset(
    name="mnist",
    title="MNIST",
    class_names=tuple("0123456789"),
    licence="CC BY-SA 3.0, Yann LeCun, Corinna Cortes and Christopher Burges",
    source="http://yann.lecun.com/exdb/mnist/",
    mirrors=(
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
    ),
    folders=("mnist", "MNIST/raw", "."),
    files=_mnist_like(
        (
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        ),
        (
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        ),
        (
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        ),
        (
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
    ),
)

fashion_mnist = Dataset(
    name="fashion_mnist",
    title="Fashion-MNIST",
    class_names=(
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
    licence="MIT, Zalando SE",
    source="https://github.com/zalandoresearch/fashion-mnist",
    mirrors=(
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    ),
    folders=("fashion_mnist", "fashion-mnist", "FashionMNIST/raw", "."),
    files=_mnist_like(
        ("3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84", None),
        (
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        ),
        ("346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073", None),
        (
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        ),
    ),
)

kmnist = Dataset(
    name="kmnist",
    title="KMNIST",
    class_names=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
    licence=(
        "CC BY-SA 4.0, KMNIST Dataset (created by CODH), adapted from Kuzushiji Dataset "
        "(created by NIJL and others), doi:10.20676/00000341"
    ),
    source="https://github.com/rois-codh/kmnist",
    mirrors=(
        "https://codh.rois.ac.jp/kmnist/dataset/kmnist/",
        "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
    ),
    folders=("kmnist", "KMNIST/raw", "."),
    files=_mnist_like(
        ("51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4", None),
        ("e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17", None),
        ("edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5", None),
        ("20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c", None),
    ),
)

#: The data sets by the names that :func:`load` takes.
DATASETS: dict[str, LabelledImages] = {
    dataset.name: dataset for dataset in (mnist, fashion_mnist, kmnist, cifar10)
}


def load(
    name: str,
    data_dir: str | os.PathLike[str] | None = None,
    *,
    verbose: bool = True,
    timeout: float | None = None,
) -> tuple[Split, Split]:
    """Return the data set of that name as arrays; see :meth:`LabelledImages.load_data`.

    Args:
        name: ``"mnist"``, ``"fashion_mnist"``, ``"kmnist"`` or ``"cifar10"``; a hyphen does for an
            underscore.
        data_dir: A folder that holds the files.
        verbose: Whether a download shows a progress bar.
        timeout: Seconds that all downloads together may take.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``.

    Raises:
        ValueError: There is no data set of that name; the message suggests the nearest one.

    Example:
        >>> load("mnits")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ...
        ValueError: name 'mnits' is not known, did you mean 'mnist'?; known: mnist, ...
    """
    key = validation.choice("name", str(name).lower().replace("-", "_"), DATASETS)
    return DATASETS[key].load_data(data_dir, verbose=verbose, timeout=timeout)
