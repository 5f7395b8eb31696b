"""``pyflux train``: train ``flux_mnist`` on a data set and evaluate it on the test images."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from .._internal import validation
from .._internal.extras import require
from ..callbacks.backup_and_restore import states
from ..engines import PRECISIONS
from ..recipes import RECIPES
from ..train_mnist import train_mnist
from . import options, output
from .output import Report

HELP = "train flux_mnist and evaluate it on the test images"

# Where the launchers of MPI programs put the number of a process.
RANK_VARIABLES = ("PMI_RANK", "PMIX_RANK", "OMPI_COMM_WORLD_RANK", "SLURM_PROCID")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own options."""
    options.add_training_options(parser, epochs="the recipe's", batch_size="the recipe's")
    parser.add_argument(
        "--recipe", choices=list(RECIPES), default="tutorial",
        help="tutorial: 98 %% in 3 epochs; fast: 99.2 %% in 3; augmented: 99.3 %% in 15 (tutorial)",
    )  # fmt: skip
    parser.add_argument(
        "--learning-rate", type=options.positive_float("learning_rate"), metavar="R",
        help="Adam's learning rate, or its maximum where the recipe varies it (the recipe's)",
    )  # fmt: skip
    parser.add_argument(
        "--validation", type=options.validation_size, metavar="N",
        help="training images held out to validate after each epoch, a number or a fraction (the recipe's)",
    )  # fmt: skip
    options.add_data_options(parser)
    options.add_engine_options(parser)
    parser.add_argument(
        "--precision", choices=PRECISIONS, default="float32", help="tf32 is for NVIDIA GPUs (float32)"
    )
    parser.add_argument(
        "--distributed", action="store_true", help="train together with the processes that mpiexec started"
    )
    parser.add_argument("--save", metavar="FILE", help="save the trained model as a safetensors file")
    parser.add_argument(
        "--report", metavar="DIR",
        help="write report.html into this folder: curves, mistakes, features (pyflux-julia[plot])",
    )  # fmt: skip
    parser.add_argument(
        "--checkpoint", metavar="DIR",
        help="save the state of the training in this folder after each epoch",
    )  # fmt: skip
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on with the training whose state --checkpoint has, if there is one",
    )


def run(a: argparse.Namespace) -> Report:
    """Train, evaluate and save."""
    target, page = a.save, a.report
    if not (a.distributed and launched_rank() > 0):  # only the first process saves
        target = validation.output_file("--save", target) if target else None
        page = report_file(page) if page is not None else None
    checkpoint = checkpoint_folder(a.checkpoint, a.resume)
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
        checkpoint=checkpoint,
        verbose=output.verbosity(a.quiet, a.json),
    )
    if target:
        result.model.save(target)
    if page and result.model.rank == 0:
        result.report(page)
    return output.training_report(result) | {
        "saved": str(target) if target else None,
        "report": str(page) if page else None,
        "rank": result.model.rank,
    }


def show(report: Report) -> None:
    """Print how it went."""
    output.show_training(report)


def checkpoint_folder(folder: str | None, resume: bool) -> str | None:
    """Return ``--checkpoint``; a training that is in it is only taken up where ``--resume`` asks for that.

    Raises:
        ValueError: ``--resume`` has no folder, or the folder has a training and there is no ``--resume``.
    """
    if folder is None:
        if resume:
            raise ValueError("--resume needs --checkpoint DIR, the folder that the training was started with")
        return None
    if not folder:
        raise ValueError("--checkpoint must name a folder, got an empty path")
    if not resume and (found := states(Path(folder).expanduser())):
        raise ValueError(
            f"--checkpoint: {folder} has the state of a training, {found[-1].name}; add --resume to go on "
            f"with it, or give another folder"
        )
    return folder


def report_file(folder: str) -> Path:
    """Return the page to write into the folder of ``--report``, which is made if it is not there.

    Raises:
        MissingExtraError: matplotlib is not installed.
        ValueError, OSError: It is no folder, or cannot be made or written to.
    """
    if not folder:
        raise ValueError("--report must name a folder, got an empty path")
    require("matplotlib", extra="plot", purpose="--report")
    path = Path(folder).expanduser()
    if path.exists() and not path.is_dir():
        raise NotADirectoryError(f"--report must name a folder, got the file {path}")
    path.mkdir(parents=True, exist_ok=True)
    return validation.output_file("--report", path / "report.html")


def launched_rank() -> int:
    """Return the number that mpiexec gave this process, 0 if none is known."""
    found = (os.environ.get(name, "") for name in RANK_VARIABLES)
    return next((int(number) for number in found if number.isdecimal()), 0)
