"""A folder of images as a data set."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._internal.validation import as_bool, as_int, choice, fraction, pair
from ..datasets.image_file import CHANNELS, INTERPOLATIONS
from ..datasets.image_folder import Decoding, ImageFolder, class_folders, image_files
from .arrays import to_categorical

SUBSETS = ("training", "validation", "both")
LABEL_MODES = ("int", "categorical", "binary")


def image_dataset_from_directory(
    directory: str | os.PathLike[str],
    labels: str | Sequence[int] | None = "inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    color_mode: str = "rgb",
    batch_size: int = 32,
    image_size: int | tuple[int, int] = (256, 256),
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    interpolation: str = "bilinear",
    follow_links: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    *,
    verbose: bool = True,
    ignore_errors: bool = False,
) -> Any:
    """Return the images in a folder as a data set that ``fit``, ``evaluate`` and ``predict`` take.

    ``directory`` has a folder for each class, with ``.jpg``, ``.jpeg``, ``.png``, ``.bmp`` and ``.gif`` files
    in it or below it. Threads decode a few batches ahead of the training, so that the images need not fit in
    memory. With one seed the split into training and validation images is Keras's.

    Args:
        directory: The folder.
        labels: ``"inferred"`` from the folders' names; None for images alone; or the labels of all files, in
            the alphanumeric order of their paths.
        label_mode: ``"int"`` for ``"sparse_categorical_crossentropy"``, ``"categorical"`` (one-hot) for
            ``"categorical_crossentropy"``, ``"binary"`` (0 and 1, two classes) for ``"binary_crossentropy"``,
            or None for images alone.
        class_names: The names of the class folders, in the order of the labels; alphanumeric by default.
        color_mode: ``"rgb"``, ``"grayscale"`` or ``"rgba"``.
        batch_size: Images a batch.
        image_size: Height and width that all images are resized to.
        shuffle: Whether the images come in a new order in every epoch. Validation images never do.
        seed: Fixes the split and the orders. It is needed where one call asks for the training images and
            another one for the validation images of a shuffled folder.
        validation_split: Fraction of the images that are for validation.
        subset: ``"training"``, ``"validation"`` or ``"both"``, together with ``validation_split``.
        interpolation: ``"bilinear"``, ``"nearest"``, ``"bicubic"``, ``"area"`` or ``"lanczos3"``; all but
            nearest are low-pass filtered where an image becomes smaller.
        follow_links: Whether folders that are links are read.
        crop_to_aspect_ratio: Whether the middle is cut out of images of another aspect ratio.
        pad_to_aspect_ratio: Whether black is added to them. Without either they are stretched.
        verbose: Whether the number of files and classes is printed.
        ignore_errors: Whether files that cannot be read are left out, with a warning each; they are listed
            in the data set's ``skipped``.

    Returns:
        An `ImageFolder` of batches ``(images, labels)``, or two of them for ``"both"``. Images are uint8
        ``(batch, height, width, channels)`` from 0 to 255 (Keras: the same as float32); labels are int64
        ``(batch,)``, or float32 ``(batch, classes)`` or ``(batch, 1)``. As in Keras it has the attributes
        ``class_names`` and ``file_paths``.

    Raises:
        MissingExtraError: Pillow is not installed (when images are read).
        NotADirectoryError: ``directory`` is no folder.
        ValueError: There is no image in a class's folder, or an argument is none of those that are allowed.
        DataError: A file is no image (when it is read, and unless ``ignore_errors``).

    Example:
        >>> data = image_dataset_from_directory("flowers", image_size=(180, 180))  # doctest: +SKIP
        Found 3670 files belonging to 5 classes.
        >>> model.fit(data, epochs=10)  # doctest: +SKIP
    """
    folder = Path(directory).expanduser()
    if not folder.is_dir():
        raise NotADirectoryError(f"directory must be a folder with images, and {folder} is none")
    decoding = Decoding(
        pair("image_size", image_size),
        choice("color_mode", color_mode, CHANNELS),
        choice("interpolation", interpolation, INTERPOLATIONS, ignore_case=True),
        _fit(crop_to_aspect_ratio, pad_to_aspect_ratio),
    )
    batch_size, ignore_errors = as_int("batch_size", batch_size), as_bool("ignore_errors", ignore_errors)
    split, part = _split(validation_split, subset, shuffle, seed)
    if label_mode is not None:
        choice("label_mode", label_mode, LABEL_MODES)
    files, numbers, names = _index(folder, labels if label_mode else None, class_names, follow_links)
    targets = None if numbers is None else _targets(numbers, names, str(label_mode))
    if as_bool("verbose", verbose):
        print(f"Found {len(files)} files" + (f" belonging to {len(names)} classes." if names else "."))
    order = np.arange(len(files))
    if as_bool("shuffle", shuffle):
        # Keras's own generator: the same files are for validation where the seeds are the same.
        seed = (
            int(np.random.randint(10**6))
            if seed is None
            else as_int("seed", seed, minimum=0, maximum=2**32 - 1)
        )
        np.random.RandomState(seed).shuffle(order)

    def data(indices: NDArray[np.int64], seed: int | None) -> ImageFolder:
        return ImageFolder(
            [files[i] for i in indices],
            None if targets is None else targets[indices],
            names, decoding, batch_size=batch_size, seed=seed, ignore_errors=ignore_errors,
        )  # fmt: skip

    if part is None:
        return data(order, seed if shuffle else None)
    held_out = int(split * len(files))
    if not 0 < held_out < len(files):
        raise ValueError(
            f"validation_split must leave images on both sides, got {split:g} of {len(files)} images"
        )
    training = data(order[:-held_out], seed if shuffle else None)
    validation = data(order[-held_out:], None)
    if verbose:
        print(f"Using {len(files) - held_out} files for training, {held_out} for validation.")
    if part == "both":
        return training, validation
    return training if part == "training" else validation


def _fit(crop: bool, pad: bool) -> str:
    if as_bool("crop_to_aspect_ratio", crop) and as_bool("pad_to_aspect_ratio", pad):
        raise ValueError("crop_to_aspect_ratio and pad_to_aspect_ratio: only one of them can be True")
    return "crop" if crop else "pad" if pad else "stretch"


def _split(
    validation_split: float | None, subset: str | None, shuffle: bool, seed: int | None
) -> tuple[float, str | None]:
    if (validation_split is None) != (subset is None):
        raise ValueError(
            f"validation_split and subset belong together, got validation_split={validation_split} and "
            f"subset={subset!r}; the subsets are {', '.join(SUBSETS)}"
        )
    if validation_split is None or subset is None:
        return 0.0, None
    choice("subset", subset, SUBSETS)
    if shuffle and seed is None and subset != "both":
        raise ValueError(
            f"seed must be given for subset={subset!r} of a shuffled folder: without it the other subset has "
            "some of the same images. Give the same seed to both calls, or shuffle=False"
        )
    return fraction("validation_split", validation_split), subset


def _index(
    folder: Path, labels: Any, class_names: Sequence[str] | None, follow_links: bool
) -> tuple[list[str], NDArray[np.int64] | None, list[str]]:
    """Return the files, their labels, and the names of the classes."""
    if isinstance(labels, str):
        choice("labels", labels, ["inferred"])
        names = class_folders(folder, class_names)
        by_class = [image_files(folder / name, follow_links) for name in names]
        sizes = [len(files) for files in by_class]
        return list(chain(*by_class)), np.repeat(np.arange(len(names)), sizes), names
    if class_names is not None:
        raise ValueError("class_names can be given with labels='inferred' alone: they are names of folders")
    files = image_files(folder, follow_links)
    if labels is None:
        return files, None, []
    numbers = np.array([as_int("labels", label, minimum=0) for label in labels], np.int64)
    if len(numbers) != len(files):
        raise ValueError(f"labels must be one for each of the {len(files)} images, got {len(numbers)}")
    return files, numbers, [str(label) for label in np.unique(numbers)]


def _targets(numbers: NDArray[np.int64], names: list[str], label_mode: str) -> NDArray[Any]:
    match label_mode:
        case "categorical":
            return to_categorical(numbers, max(len(names), int(numbers.max()) + 1))
        case "binary":
            if len(names) != 2:
                raise ValueError(
                    f"label_mode='binary' needs two classes, got {len(names)}: {', '.join(names)}"
                )
            return numbers.astype(np.float32)[:, None]
        case _:
            return numbers
