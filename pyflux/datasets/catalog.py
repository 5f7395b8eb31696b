"""The data sets by name."""

from __future__ import annotations

import os

from .._internal import validation
from .base import TIMEOUT, ImageDataset, Split
from .cifar10 import cifar10
from .fashion_mnist import fashion_mnist
from .kmnist import kmnist
from .mnist import mnist

__all__ = ["DATASETS", "load"]

#: The data sets by the names that :func:`load` takes.
DATASETS: dict[str, ImageDataset] = {
    dataset.name: dataset for dataset in (mnist, fashion_mnist, kmnist, cifar10)
}


def load(
    name: str,
    data_dir: str | os.PathLike[str] | None = None,
    *,
    verbose: bool = True,
    timeout: float | None = TIMEOUT,
) -> tuple[Split, Split]:
    """Return the data set of that name as arrays; see :meth:`ImageDataset.load_data`.

    Args:
        name: ``"mnist"``, ``"fashion_mnist"``, ``"kmnist"`` or ``"cifar10"``; a hyphen does for an
            underscore.
        data_dir: A folder that holds the files.
        verbose: Whether a download shows a progress bar.
        timeout: Seconds that all downloads together may take; None sets no limit.

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
