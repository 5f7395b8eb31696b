"""The main job in one call: get MNIST, train the Flux tutorial's network, measure it."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import datasets, engines, recipes
from ._internal.validation import as_float, as_int, choice
from .applications import tutorials as networks
from .inputs import Floats
from .metrics import confusion_matrix
from .models import Sequential
from .callbacks import History
from .recipes import Recipe

# The data sets of 28×28 grey images in ten classes, which the network is for.
GREY = ("mnist", "fashion_mnist", "kmnist")

Split = tuple[NDArray[Any], NDArray[Any]]


@dataclass(frozen=True)
class TrainingResult:
    """What `train_mnist` gives back.

    Attributes:
        model: The trained model, ready to predict and to save.
        history: Losses and accuracies of every epoch.
        test_loss: Mean cross-entropy on the test images, in nats.
        test_accuracy: Fraction of the test images whose class was found.
        confusion_matrix: ``(10, 10)``: how often an image of class ``i`` (row) was taken for ``j`` (column).
        predictions: ``(N, 10)`` float32, a probability for each test image and class.
        seconds_per_epoch: Training time of each epoch, without validation.
        dataset: The data set's name.
        engine: ``"flux"`` or ``"reference"``.
        versions: Versions of what computed, such as those of Julia and Flux.
        seed: The seed that gives the same result again.
    """

    model: Sequential
    history: History
    test_loss: float
    test_accuracy: float
    confusion_matrix: NDArray[np.int64]
    predictions: Floats
    seconds_per_epoch: tuple[float, ...]
    dataset: str
    engine: str
    versions: dict[str, str]
    seed: int


def train_mnist(
    *,
    recipe: str = "tutorial",
    epochs: int | None = None,
    batch_size: int | None = None,
    learning_rate: float | None = None,
    validation: int | float | None = None,
    seed: int | None = None,
    dataset: str = "mnist",
    data_dir: str | os.PathLike[str] | None = None,
    engine: str = "flux",
    device: str = "auto",
    precision: str = "float32",
    distributed: bool = False,
    verbose: int | str | bool = "auto",
) -> TrainingResult:
    """Train the network ``flux_mnist`` on MNIST, and measure it on the test images.

    Args:
        recipe: Name of the settings that count where nothing else is given: ``"tutorial"`` for 98 % in 3
            epochs, ``"fast"`` for 99.2 % in 3, ``"augmented"`` for 99.3 % in 15; see `pyflux.recipes`.
        epochs: How often every training image is seen.
        batch_size: Images per step.
        learning_rate: Adam's step size; of a recipe in which it rises and falls, the highest.
        validation: How many training images, from the end, are not trained on but measured after each epoch:
            a number of images, or a fraction in (0, 1). 0 trains on all.
        seed: Whole number from 0 that fixes the result; by default drawn anew.
        dataset: ``"mnist"``, ``"fashion_mnist"`` or ``"kmnist"``.
        data_dir: A folder that has the files; by default they are downloaded once and kept.
        engine: ``"flux"``, or ``"reference"`` for NumPy without Julia.
        device: ``"auto"`` for a GPU where there is one, ``"cpu"``, ``"gpu"``, or a numbered GPU such as
            ``"gpu:1"``, the second.
        precision: ``"float32"``, or ``"tf32"`` on an NVIDIA GPU; see `Sequential.compile`.
        distributed: Whether the processes that mpiexec started train together.
        verbose: 0 for silence, 1 for bars, 2 for a line an epoch; ``"auto"`` decides by the terminal.

    Raises:
        ValueError, TypeError: An argument is not what it must be.
        DownloadError, DataError, FileNotFoundError: The data cannot be had, or is damaged.
        EngineUnavailable: Julia cannot be started, or there is no such device; the message says why.

    >>> result = train_mnist(epochs=3, seed=0)  # doctest: +SKIP
    >>> result.test_accuracy > 0.98  # doctest: +SKIP
    True
    """
    # All that can be refused is refused before anything is downloaded.
    place = engines.DEFAULT_EXECUTION.changed(device, precision, distributed)
    engines.check(choice("engine", engine, engines.ENGINES), place)
    choice("dataset", dataset.replace("-", "_"), GREY)
    settings = chosen(recipe, epochs, batch_size, learning_rate)
    held = settings.validation if validation is None else validation
    model = networks.flux_mnist(settings.augmentation(), seed=seed, engine=engine)
    with ThreadPoolExecutor(max_workers=1) as reader:
        # Julia starts while the data are read; but what is not there at all is said first.
        reading = reader.submit(datasets.load, dataset, data_dir, verbose=verbose not in (0, False))
        if wait([reading], timeout=0.1).not_done:
            engines.start(engine, place)
        train, test = reading.result()
    optimizer = settings.optimizer(len(train[0]) - validation_size(held, len(train[0])))
    model.compile(
        optimizer, metrics=["accuracy"], device=device, precision=precision, distributed=distributed
    )
    return train_on(
        model, train, test, dataset,
        epochs=settings.epochs, batch_size=settings.batch_size, validation=held, verbose=verbose,
    )  # fmt: skip


def chosen(recipe: str, epochs: int | None, batch_size: int | None, learning_rate: float | None) -> Recipe:
    """Return a recipe with what was given in place of its own."""
    given: dict[str, Any] = {}
    if epochs is not None:
        given["epochs"] = as_int("epochs", epochs)
    if batch_size is not None:
        given["batch_size"] = as_int("batch_size", batch_size)
    if learning_rate is not None:
        given["learning_rate"] = as_float("learning_rate", learning_rate, above=0)
    return replace(recipes.get(recipe), **given)


def train_on(
    model: Sequential,
    train: Split,
    test: Split,
    dataset: str,
    *,
    epochs: int,
    batch_size: int,
    validation: int | float,
    verbose: int | str | bool,
) -> TrainingResult:
    """Train a compiled model on one part of a data set and measure it on the other."""
    (x, y), cut = train, len(train[0]) - validation_size(validation, len(train[0]))
    history = model.fit(
        x[:cut], y[:cut], batch_size=batch_size, epochs=epochs, verbose=verbose,
        validation_data=(x[cut:], y[cut:]) if cut < len(x) else None,
    )  # fmt: skip
    test_loss, test_accuracy = measured(model, *test)
    predictions = model.predict(test[0])
    return TrainingResult(
        model=model,
        history=history,
        test_loss=test_loss,
        test_accuracy=test_accuracy,
        confusion_matrix=confusion_matrix(test[1], predictions.argmax(axis=1), predictions.shape[1]),
        predictions=predictions,
        seconds_per_epoch=tuple(history.seconds),
        dataset=dataset,
        engine=model.engine,
        versions=model.versions(),
        seed=model.seed,
    )


def measured(model: Sequential, x: ArrayLike, y: ArrayLike) -> tuple[float, float]:
    """Return the loss and the accuracy on labelled samples."""
    logs = model.evaluate(x, y, return_dict=True)
    assert isinstance(logs, dict)
    return logs["loss"], logs["accuracy"]


def validation_size(validation: int | float, samples: int) -> int:
    """Return how many samples are held back, from a number of them or a fraction.

    >>> validation_size(0.1, 60_000)
    6000
    """
    if isinstance(validation, float):
        if not 0 <= as_float("validation", validation) < 1:
            raise ValueError(f"validation must be a number of images or in [0, 1), got {validation}")
        return int(samples * validation)
    held = as_int("validation", validation, minimum=0)
    if held >= samples:
        raise ValueError(f"validation must leave images to train on: it is {held}, of {samples} images")
    return held
