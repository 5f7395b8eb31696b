"""The command line: parse, call, print."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import __version__, datasets
from ..applications import tutorials as networks
from ..cli import doctor
from ..datasets import synthetic_digits
from ..datasets.image_file import read_image
from ..engines import ENGINES, PRECISIONS, abort_others
from ..errors import EngineUnavailable, PyFluxError
from ..metrics import confusion_matrix
from ..models import Sequential, load
from ..optimizers import Adam
from ..recipes import RECIPES
from ..train_mnist import GREY, Split, TrainingResult, measured, train_mnist, train_on

# How long `demo` waits before it takes something to be out of reach, in seconds.
PATIENCE = 25.0

EXAMPLES = """\
examples:
  pyflux train --save digits.safetensors       three epochs of MNIST in Flux, kept in a file
  pyflux evaluate digits.safetensors           the file's accuracy on the test images
  pyflux predict digits.safetensors seven.png  which digit is it?
  pyflux demo                                  all of it with what this machine has
  pyflux setup                                 install and compile Julia and Flux now, for later use offline
  pyflux doctor                                what is here, what is missing, and the command that mends it
  mpiexec -n 4 pyflux train --distributed      four processes, one training

`pyflux COMMAND --help` explains a command. Exit codes: 0 done, 1 failed, 2 not understood, 130 interrupted.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    arguments = parser().parse_args(argv)
    try:
        report: dict[str, Any] = arguments.run(arguments)
    except KeyboardInterrupt:
        print("pyflux: interrupted", file=sys.stderr)
        return 130
    except (PyFluxError, ValueError, TypeError, OSError) as e:
        print(f"pyflux: {e}", file=sys.stderr)
        abort_others()
        return 1
    code: int = report.pop("exit_code", 0)
    if report.pop("rank", 0) > 0:
        return code  # the first process says it for all
    if arguments.json:
        print(json.dumps(report))
    else:
        arguments.show(report)
    return code


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser(
        prog="pyflux",
        description="Neural networks of Flux.jl from Python: train on handwritten digits, measure, predict.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"pyflux {__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)

    train = command(commands, "train", run_train, show_training, "train flux_mnist and measure it")
    training_options(train, epochs=None)
    train.add_argument(
        "--recipe", choices=list(RECIPES), default="tutorial",
        help="tutorial: 98 %% in 3 epochs; fast: 99.2 %% in 3; augmented: 99.3 %% in 15 (tutorial)",
    )  # fmt: skip
    train.add_argument("--learning-rate", type=float, metavar="R", help="Adam's step (the recipe's)")
    train.add_argument(
        "--validation", type=int, metavar="N",
        help="images that are not trained on but measured after each epoch (the recipe's)",
    )  # fmt: skip
    data_options(train)
    engine_option(train)
    train.add_argument(
        "--precision", choices=PRECISIONS, default="float32", help="tf32 is for NVIDIA GPUs (float32)"
    )
    train.add_argument(
        "--distributed", action="store_true", help="train together with the processes that mpiexec started"
    )
    train.add_argument("--save", metavar="FILE", help="keep the trained model in a safetensors file")

    evaluate = command(commands, "evaluate", run_evaluate, show_evaluation, "measure a saved model")
    evaluate.add_argument("model", metavar="MODEL", help="a file that `pyflux train --save` wrote")
    data_options(evaluate)
    engine_option(evaluate)

    predict = command(commands, "predict", run_predict, show_predictions, "say which digit an image shows")
    predict.add_argument("model", metavar="MODEL", help="a file that `pyflux train --save` wrote")
    predict.add_argument("images", metavar="IMAGE", nargs="+", help="a PNG or JPEG file of one digit")
    engine_option(predict)

    demo = command(
        commands, "demo", run_demo, show_demo,
        "train on what is there: MNIST or drawn digits, Flux or NumPy",
    )  # fmt: skip
    training_options(demo, epochs=1)

    setup = command(
        commands, "setup", run_setup, show_setup, "install and compile Julia and Flux, and start them once"
    )
    setup.add_argument("--gpu", action="store_true", help="also what drives this machine's GPU")
    setup.add_argument("--distributed", action="store_true", help="also MPI.jl")

    command(
        commands, "doctor", run_doctor, show_doctor, "say what is here, what is missing, and what mends it"
    )
    return top


def command(
    commands: Any,
    name: str,
    run: Callable[[argparse.Namespace], dict[str, Any]],
    show: Callable[[dict[str, Any]], None],
    text: str,
) -> argparse.ArgumentParser:
    """Add a command: ``run`` gives its report, ``show`` prints it for a person."""
    added: argparse.ArgumentParser = commands.add_parser(name, help=text, description=f"{text}.")
    added.add_argument("--json", action="store_true", help="print one JSON object instead of text")
    added.set_defaults(run=run, show=show)
    return added


def training_options(to: argparse.ArgumentParser, epochs: int | None) -> None:
    """Add what every training takes; without a number of epochs the recipe decides."""
    default = "the recipe's"
    to.add_argument("--epochs", type=int, default=epochs, metavar="N", help=f"how many ({epochs or default})")
    to.add_argument(
        "--batch-size",
        type=int,
        default=epochs and 64,
        metavar="N",
        help=f"images per step ({(epochs and 64) or default})",
    )
    to.add_argument("--seed", type=int, metavar="N", help="the same seed gives the same result")
    to.add_argument("--quiet", action="store_true", help="show no progress")


def data_options(to: argparse.ArgumentParser) -> None:
    """Add what says which data."""
    to.add_argument("--dataset", choices=GREY, default="mnist", help="which data set (mnist)")
    to.add_argument(
        "--data-dir", metavar="DIR", help="folder that has the files (default: download and keep)"
    )


def engine_option(to: argparse.ArgumentParser) -> None:
    """Add the choice of the engine and the device."""
    to.add_argument("--engine", choices=ENGINES, default="flux", help="flux (in Julia) or reference (NumPy)")
    to.add_argument(
        "--device", default="auto", metavar="D", help="auto, cpu, gpu, or a numbered GPU such as gpu:1 (auto)"
    )


# ── Commands: each returns its report as plain data ──────────────────────────────────────────────────────


def run_train(a: argparse.Namespace) -> dict[str, Any]:
    """Train on a data set."""
    result = train_mnist(
        recipe=a.recipe,
        epochs=a.epochs,
        batch_size=a.batch_size,
        learning_rate=a.learning_rate,
        validation=a.validation,
        seed=a.seed,
        dataset=a.dataset,
        data_dir=a.data_dir,
        engine=a.engine,
        device=a.device,
        precision=a.precision,
        distributed=a.distributed,
        verbose=verbosity(a),
    )
    if a.save:
        result.model.save(a.save)
    return training_report(result) | {"saved": a.save, "rank": result.model.rank}


def run_evaluate(a: argparse.Namespace) -> dict[str, Any]:
    """Measure a saved model."""
    model = load_compiled(a.model, a.engine, a.device)
    _, (x, y) = datasets.load(a.dataset, a.data_dir, verbose=not a.json)
    loss, accuracy = measured(model, x, y)
    predictions = model.predict(x)
    return {
        "model": a.model,
        "dataset": a.dataset,
        "engine": model.engine,
        "test_loss": loss,
        "test_accuracy": accuracy,
        "confusion_matrix": confusion_matrix(y, predictions.argmax(axis=1), predictions.shape[1]).tolist(),
    }


def run_predict(a: argparse.Namespace) -> dict[str, Any]:
    """Say what each image shows."""
    model = load(a.model, engine=a.engine, device=a.device)
    images = np.stack([read_image(path, model.input_shape[1:]) for path in a.images])
    probabilities = model.predict(images)
    return {
        "model": a.model,
        "engine": model.engine,
        "predictions": [
            {
                "image": path,
                "label": int(p.argmax()),
                "probability": float(p.max()),
                "probabilities": p.tolist(),
            }
            for path, p in zip(a.images, probabilities, strict=True)
        ],
    }


def run_demo(a: argparse.Namespace) -> dict[str, Any]:
    """Train on what is there, and say what that is and why."""
    train, test, name, why_data = demo_data(a)
    engine, why_engine = demo_engine()
    for text in (f"data: {name}, {why_data}", f"engine: {engine}, {why_engine}"):
        print(f"pyflux: {text}", file=sys.stderr, flush=True)
    model = networks.flux_mnist(seed=a.seed, engine=engine)
    model.compile(Adam(), metrics=["accuracy"])
    result = train_on(
        model, train, test, name,
        epochs=a.epochs, batch_size=a.batch_size, validation=1 / 6, verbose=verbosity(a),
    )  # fmt: skip
    return training_report(result) | {
        "why_data": why_data,
        "why_engine": why_engine,
        "digit": picture(test[0][0]),
        "digit_is": int(test[1][0]),
        "digit_found": int(result.predictions[0].argmax()),
    }


def run_setup(a: argparse.Namespace) -> dict[str, Any]:
    """Install and compile what Flux needs."""
    from ..engines.flux import julia, packages

    if a.gpu:
        kind = packages.driver()
        if kind is None:
            raise EngineUnavailable("--gpu: no driver of a GPU was found here; `pyflux doctor` tells more")
        packages.add(kind)
    if a.distributed:
        packages.add("mpi")
    versions = julia.versions()
    return {"engine": "flux", "versions": versions}


def run_doctor(a: argparse.Namespace) -> dict[str, Any]:
    """Look at all that pyflux needs."""
    found = doctor.examine()
    return {
        "checks": [check._asdict() for check in found],
        "exit_code": 0 if all(check.ok or not check.needed for check in found) else 1,
    }


def demo_data(a: argparse.Namespace) -> tuple[Split, Split, str, str]:
    """Return MNIST if it can be had, else drawn digits; with the name and the reason."""
    try:
        train, test = datasets.mnist.load_data(verbose=not a.quiet, timeout=PATIENCE)
        return train, test, "mnist", "the real one"
    except (PyFluxError, OSError) as e:
        why = f"because MNIST could not be had: {first_line(e)}"
    seed = a.seed or 0
    return (
        synthetic_digits(12_000, seed=seed),
        synthetic_digits(2_000, seed=seed + 1),
        "synthetic digits",
        why,
    )


def demo_engine() -> tuple[str, str]:
    """Return the engine that can be started, and the reason."""
    from ..engines.flux import julia

    why = julia.unavailable_reason(PATIENCE)
    if why is None:
        try:
            versions = julia.versions()
            return "flux", f"Flux {versions['flux']} on Julia {versions['julia']}"
        except EngineUnavailable as e:
            why = first_line(e)
    return "reference", f"in NumPy, because {why}"


# ── What a person sees ───────────────────────────────────────────────────────────────────────────────────


def training_report(result: TrainingResult) -> dict[str, Any]:
    """Return a result as plain data."""
    return {
        "dataset": result.dataset,
        "engine": result.engine,
        "versions": result.versions,
        "seed": result.seed,
        "history": result.history.history,
        "seconds_per_epoch": list(result.seconds_per_epoch),
        "test_loss": result.test_loss,
        "test_accuracy": result.test_accuracy,
        "confusion_matrix": result.confusion_matrix.tolist(),
    }


def show_training(report: dict[str, Any]) -> None:
    """Print how a training went."""
    show_evaluation(report)
    seconds = report["seconds_per_epoch"]
    versions = ", ".join(f"{k} {v}" for k, v in report["versions"].items())
    print(f"\n{sum(seconds) / len(seconds):.1f} s an epoch ({versions}), seed {report['seed']}")
    if report.get("saved"):
        print(f"saved to {report['saved']}")


def show_evaluation(report: dict[str, Any]) -> None:
    """Print the accuracy and the confusion matrix."""
    print(f"\n{report['dataset']} with engine {report['engine']}")
    print(f"test accuracy {report['test_accuracy']:.2%}, test loss {report['test_loss']:.4f}\n")
    print("which digit (row) was taken for which (column):")
    print(table(np.array(report["confusion_matrix"])))


def show_predictions(report: dict[str, Any]) -> None:
    """Print a line for each image."""
    for p in report["predictions"]:
        print(f"{p['image']}: {p['label']} ({p['probability']:.1%})")


def show_demo(report: dict[str, Any]) -> None:
    """Print how the training went, and one digit."""
    show_training(report)
    print(f"\n{report['digit']}\nThis is a {report['digit_is']}, taken for a {report['digit_found']}.")


def show_setup(report: dict[str, Any]) -> None:
    """Print what is ready."""
    print("ready: " + ", ".join(f"{name} {version}" for name, version in report["versions"].items()))


def show_doctor(report: dict[str, Any]) -> None:
    """Print a line for each thing that was looked at, and below it what mends it."""
    for check in report["checks"]:
        mark = "ok" if check["ok"] else "MISSING" if check["needed"] else "--"
        print(f"{mark:>8}  {check['name']}: {check['found']}")
        if check["mend"]:
            print(f"{'':>10}→ {check['mend']}")


def table(matrix: NDArray[Any]) -> str:
    """Return a matrix of counts with its classes.

    >>> print(table(np.array([[9, 1], [0, 10]])))
            0   1
      0     9   1
      1     ·  10
    """
    width = max(3, len(str(matrix.max())) + 1) if matrix.size else 3
    head = " " * 5 + "".join(f"{j:>{width + 1}}" for j in range(len(matrix)))
    rows = [
        f"{i:>3}  " + "".join(f"{n or '·':>{width + 1}}" for n in row)
        for i, row in enumerate(matrix.tolist())
    ]
    return "\n".join([head, *rows])


def picture(image: NDArray[np.uint8]) -> str:
    """Return a grey image in characters, two columns a pixel and every second row."""
    shades = " .:-=+*#%@"
    return "\n".join("".join(2 * shades[int(v) * 10 // 256] for v in row) for row in image[::2, ::2])


def verbosity(a: argparse.Namespace) -> int | str:
    """Return ``verbose`` for `fit`; with --json stdout holds the JSON alone."""
    if a.quiet:
        return 0
    if a.json:
        return 1 if sys.stderr.isatty() else 0
    return "auto"


def load_compiled(path: str, engine: str, device: str) -> Sequential:
    """Return a saved model that can be measured."""
    model = load(path, engine=engine, device=device)
    model.compile(Adam(), metrics=["accuracy"])
    return model


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message."""
    return (str(error).splitlines() or [type(error).__name__])[0]


if __name__ == "__main__":
    sys.exit(main())
