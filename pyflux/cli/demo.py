"""``pyflux demo``: a training with whatever this machine has: MNIST or drawn digits, Flux or NumPy."""

from __future__ import annotations

import argparse

from .. import datasets, recipes
from .._internal.validation import MAX_SEED
from ..applications import tutorials
from ..datasets import synthetic_digits
from ..errors import EngineUnavailable, PyFluxError
from ..train_mnist import Split, train_on
from . import options, output
from .output import Report, first_line

HELP = "train on what is available: MNIST or drawn digits, Flux or NumPy"

# Seconds after which a server counts as out of reach.
TIMEOUT = 25.0

EPOCHS, BATCH_SIZE = 1, 64


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own options."""
    options.add_training_options(parser, epochs=str(EPOCHS), batch_size=str(BATCH_SIZE))


def run(a: argparse.Namespace) -> Report:
    """Train on what is available, and say what that is and why."""
    train, test, name, why_data = find_data(a)
    engine, why_engine = find_engine()
    output.note(f"pyflux: data: {name}, {why_data}")
    output.note(f"pyflux: engine: {engine}, {why_engine}")
    model = tutorials.flux_mnist(seed=a.seed, engine=engine)
    model.compile(recipes.get("tutorial").optimizer(len(train[0])), metrics=["accuracy"])
    result = train_on(
        model, train, test, name,
        epochs=a.epochs or EPOCHS, batch_size=a.batch_size or BATCH_SIZE, validation=1 / 6,
        verbose=output.verbosity(a.quiet, a.json),
    )  # fmt: skip
    return output.training_report(result) | {
        "why_data": why_data,
        "why_engine": why_engine,
        "image": output.picture(test[0][0]),
        "true_class": int(test[1][0]),
        "predicted_class": int(result.predictions[0].argmax()),
    }


def show(report: Report) -> None:
    """Print how the training went, and one digit."""
    output.show_training(report)
    true, predicted = report["true_class"], report["predicted_class"]
    output.show(f"\n{report['image']}\nThis is a {true}, and the network says {predicted}.")


def find_data(a: argparse.Namespace) -> tuple[Split, Split, str, str]:
    """Return MNIST if it is here or can be downloaded, else drawn digits; with the name and the reason."""
    try:
        train, test = datasets.mnist.load_data(verbose=not a.quiet, timeout=TIMEOUT)
        return train, test, "mnist", "the real one"
    except (PyFluxError, OSError) as e:
        why = f"because MNIST is not available: {first_line(e)}"
    seed = a.seed or 0
    return (
        synthetic_digits(12_000, seed=seed),
        synthetic_digits(2_000, seed=(seed + 1) & MAX_SEED),
        "synthetic digits",
        why,
    )


def find_engine() -> tuple[str, str]:
    """Return the engine that can be started, and the reason."""
    from ..engines.flux import julia

    why = julia.unavailable_reason(TIMEOUT)
    if why is None:
        try:
            versions = julia.versions()
            return "flux", f"Flux {versions['flux']} on Julia {versions['julia']}"
        except EngineUnavailable as e:
            why = first_line(e)
    return "reference", f"in NumPy, because {why}"
