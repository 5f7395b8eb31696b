"""The main job in one call: load MNIST, train the network of Flux's tutorial, evaluate it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import datasets, engines, recipes
from ._internal import html
from ._internal.validation import as_float, as_int, choice, fraction, output_file
from .applications import tutorials
from .callbacks import History
from .inputs import Floats
from .metrics import confusion_matrix
from .models import Sequential
from .models.progress import level
from .recipes import Recipe
from .saving.training_record import TrainingRecord, data_hash, machine

# The data sets that the network is for: grey images of this shape, in ten classes.
GREY_DATASETS = ("mnist", "fashion_mnist", "kmnist")
IMAGE_SHAPE = (28, 28, 1)

Split = tuple[NDArray[Any], NDArray[Any]]


@dataclass(frozen=True)
class TrainingResult:
    """The result of `train_mnist`.

    Attributes:
        model: The trained model, ready to predict and to save.
        history: Loss and accuracy of every epoch.
        test_loss: Mean cross-entropy on the test images, in nats.
        test_accuracy: Fraction of the test images that are classified correctly.
        confusion_matrix: ``(10, 10)`` counts: row ``i``, column ``j`` is how many images of class ``i`` were
            classified as ``j``.
        predictions: ``(N, 10)`` float32, the probability of each class for each test image.
        seconds_per_epoch: Training time of each epoch in seconds, without validation.
        dataset: The data set's name.
        engine: ``"flux"`` or ``"reference"``.
        versions: Versions of the engine's software, such as Julia's and Flux's.
        seed: The seed of this run; given again, it reproduces the result.
        test_data: The test images and their labels.
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
    test_data: Split = field(repr=False)

    def report(self, path: str | os.PathLike[str], *, class_names: Sequence[str] | None = None) -> None:
        """Write the result as one HTML page, as `pyflux.plots.report` does: curves, mistakes, features.

        Args:
            path: The file; an existing one is replaced once the new one is whole.
            class_names: What the classes are called; by default their numbers.

        Raises:
            FileNotFoundError: The folder does not exist.
            MissingExtraError: matplotlib is not installed: ``pip install "pyflux-julia[plot]"``.

        >>> result = train_mnist(epochs=3)  # doctest: +SKIP
        >>> result.report("report.html")  # doctest: +SKIP
        """
        from .plots.predictions import Predictions, as_images
        from .plots.report import write

        x, y = self.test_data
        predictions = Predictions(as_images(self.model, x), np.asarray(y), self.predictions)
        target = output_file("path", path)
        write(target, self.model, predictions, self.history, self._title(), self._facts(), class_names)

    def _repr_html_(self) -> str:
        """Return the result as notebooks show it: what it is of, and the confusion matrix."""
        counts = self.confusion_matrix
        shades = np.sqrt(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))
        classes = range(len(counts))
        matrix = html.table(
            ["true \\ predicted", *classes],
            [[i, *row] for i, row in zip(classes, counts.tolist(), strict=True)],
            shades=shades.tolist(),
        )
        facts = " · ".join(f"{name} {value}" for name, value in self._facts().items())
        return f"<p><b>{html.escape(self._title())}</b><br>{html.escape(facts)}</p>{matrix}"

    def _title(self) -> str:
        return f"{self.model.name} on {self.dataset}: {self.test_accuracy:.2%}"

    def _facts(self) -> dict[str, str]:
        """Return what there is to say about the training, by name."""
        seconds = self.seconds_per_epoch
        return {
            "test loss": f"{self.test_loss:.4f}",
            "data set": self.dataset,
            "engine": f"{self.engine} ({', '.join(f'{k} {v}' for k, v in self.versions.items())})",
            "training": f"{len(seconds)} epochs, {sum(seconds) / max(len(seconds), 1):.2f} s each",
            "seed": f"{self.seed}",
        }


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
    checkpoint: str | os.PathLike[str] | None = None,
    verbose: int | str | bool = "auto",
) -> TrainingResult:
    """Train the network ``flux_mnist`` on MNIST, and evaluate it on the test images.

    Arguments that are None are taken from the recipe.

    Args:
        recipe: Name of a `pyflux.recipes.Recipe`: ``"tutorial"`` reaches 98 % in 3 epochs, ``"fast"`` 99.2 %
            in 3, ``"augmented"`` 99.3 % in 15.
        epochs: Passes over the training images.
        batch_size: Images per step.
        learning_rate: Adam's learning rate, or its maximum where the recipe varies it.
        validation: How many training images, counted from the end, are held out and evaluated after each
            epoch: a number of images, or a fraction in [0, 1). 0 trains on all.
        seed: An integer from 0 to 2**64 - 1 that makes the run reproducible; random by default.
        dataset: ``"mnist"``, ``"fashion_mnist"`` or ``"kmnist"``.
        data_dir: A folder that has the files; by default they are downloaded once and cached.
        engine: ``"flux"``, or ``"reference"`` for NumPy without Julia.
        device: ``"auto"`` for a GPU if there is one, ``"cpu"``, ``"gpu"``, or a GPU by its number, such as
            ``"gpu:1"``, the second.
        precision: ``"float32"``, or ``"tf32"`` on an NVIDIA GPU; see `Sequential.compile`.
        distributed: Whether to train together with the other processes that mpiexec started.
        checkpoint: A folder of this training's own, see `Sequential.fit`: the same call continues there after
            an interruption, with the seed that it began with.
        verbose: 0 prints nothing, 1 shows progress bars, 2 prints a line an epoch; ``"auto"`` is 1 in a
            terminal or a notebook and 2 elsewhere.

    Raises:
        ValueError, TypeError: An argument is out of range or of the wrong type. Nothing has been downloaded
            or started then.
        DownloadError, DataError, FileNotFoundError: The data cannot be downloaded, are damaged or missing.
        EngineUnavailable: Julia cannot be started, or there is no such device; the message says why.

    >>> result = train_mnist(epochs=3, seed=0)  # doctest: +SKIP
    >>> result.test_accuracy > 0.98  # doctest: +SKIP
    True
    """
    execution = engines.DEFAULT_EXECUTION.changed(device, precision, distributed)
    engines.check(choice("engine", engine, engines.ENGINES), execution)
    if not isinstance(dataset, str):
        raise TypeError(f"dataset must be one of {', '.join(map(repr, GREY_DATASETS))}, got {dataset!r}")
    choice("dataset", dataset.replace("-", "_"), GREY_DATASETS)
    settings = override(recipe, epochs, batch_size, learning_rate)
    held_out = check_validation(settings.validation if validation is None else validation)
    level(verbose)
    model = tutorials.flux_mnist(settings.augmentation(), seed=seed, engine=engine)
    with ThreadPoolExecutor(max_workers=1) as reader:
        # Julia starts while the data are read. The short wait lets missing files be reported without it.
        reading = reader.submit(datasets.load, dataset, data_dir, verbose=verbose not in (0, False))
        if wait([reading], timeout=0.1).not_done:
            engines.start(engine, execution)
        train, test = reading.result()
    optimizer = settings.optimizer(len(train[0]) - validation_size(held_out, len(train[0])))
    model.compile(
        optimizer, metrics=["accuracy"], device=device, precision=precision, distributed=distributed
    )
    result = train_on(
        model, train, test, dataset,
        epochs=settings.epochs, batch_size=settings.batch_size, validation=held_out, verbose=verbose,
        checkpoint=checkpoint,
    )  # fmt: skip
    if not distributed:  # a training of several processes cannot be repeated by one
        model.training_record = TrainingRecord(
            dataset=dataset.replace("-", "_"),
            data_sha256=data_hash([*train, *test]),
            recipe=recipe,
            epochs=settings.epochs,
            batch_size=settings.batch_size,
            learning_rate=settings.learning_rate,
            validation=held_out,
            seed=result.seed,
            engine=engine,
            device=device,
            precision=precision,
            versions={"pyflux": package_version(), **result.versions},
            machine=machine(),
            test_loss=result.test_loss,
            test_accuracy=result.test_accuracy,
            confusion_matrix=result.confusion_matrix.tolist(),
        )
    return result


def package_version() -> str:
    """Return the version of pyflux."""
    from . import __version__

    return __version__


def override(recipe: str, epochs: int | None, batch_size: int | None, learning_rate: float | None) -> Recipe:
    """Return a recipe with the given settings in place of its own.

    >>> override("fast", 1, None, None).epochs
    1
    """
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
    checkpoint: str | os.PathLike[str] | None = None,
) -> TrainingResult:
    """Train a compiled model on one split of a data set and evaluate it on the other."""
    (x, y), cut = train, len(train[0]) - validation_size(validation, len(train[0]))
    history = model.fit(
        x[:cut], y[:cut], batch_size=batch_size, epochs=epochs, verbose=verbose, checkpoint=checkpoint,
        validation_data=(x[cut:], y[cut:]) if cut < len(x) else None,
    )  # fmt: skip
    test_loss, test_accuracy = evaluate(model, *test)
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
        test_data=test,
    )


def evaluate(model: Sequential, x: ArrayLike, y: ArrayLike) -> tuple[float, float]:
    """Return the loss and the accuracy on labelled samples."""
    logs = model.evaluate(x, y, return_dict=True)
    assert isinstance(logs, dict)
    return logs["loss"], logs["accuracy"]


def check_validation(validation: int | float) -> int | float:
    """Return ``validation`` as an int from 0 or a float in [0, 1).

    >>> check_validation(0.1)
    0.1
    """
    if isinstance(validation, (float, np.floating)):
        return fraction("validation", validation)
    return as_int("validation", validation, minimum=0)


def validation_size(validation: int | float, samples: int) -> int:
    """Return how many samples to hold out, from a number of them or a fraction.

    >>> validation_size(0.1, 60_000)
    6000
    """
    number = check_validation(validation)
    if isinstance(number, float):
        return int(samples * number)
    if number >= samples:
        raise ValueError(f"validation must leave images to train on: it is {number}, of {samples} images")
    return number
