"""The figure: the contestants side by side, and how time grows with images and batch size."""

from pathlib import Path
from typing import Any

from benchmarks.contestants import CONTESTANTS
from benchmarks.machine import line
from benchmarks.report import TITLES
from benchmarks.results import Results
from pyflux.errors import MissingExtraError

SIDE_BY_SIDE = ("flux_mnist_32", "flux_mnist_128", "flux_mnist_512", "keras_mnist_128", "keras_cifar_128",
                "torch_cifar_128", "keras_imagenet_8", "predict", "single")  # fmt: skip


def pyplot() -> Any:
    """Return matplotlib's pyplot, set up to draw into files.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    try:
        import matplotlib
    except ImportError as e:
        raise MissingExtraError('--plot needs matplotlib: pip install -e ".[bench]"') from e
    matplotlib.use("agg")
    from matplotlib import pyplot as plt

    return plt


def save(results: Results, path: Path) -> None:
    """Draw the panels that the results have measurements for."""
    plt = pyplot()
    panels = [draw for draw, tasks in ((bars, SIDE_BY_SIDE), (by_images, ("images",)), (by_batch, ("batch",)))
              if set(tasks) & set(results.tasks())]  # fmt: skip
    if not panels:
        return
    figure, axes = plt.subplots(
        len(panels), squeeze=False, figsize=(9, 4.5 * len(panels)), layout="constrained"
    )
    for draw, axis in zip(panels, axes.flat, strict=True):
        draw(results, axis)
    figure.text(0.99, 0, line(results.machine), ha="right", va="top", fontsize=6, color="grey")
    figure.savefig(path, dpi=150, bbox_inches="tight")
    plt.close(figure)


def bars(results: Results, axis: Any) -> None:
    """Draw each task's medians as multiples of pyflux's, on a logarithmic scale."""
    tasks = [t for t in SIDE_BY_SIDE if results.median(t, "pyflux")]
    shown = [c for c in CONTESTANTS if any(results.median(t, c) for t in tasks)]
    height = 0.8 / len(shown)
    for k, contestant in enumerate(shown):
        measured = [(i, t) for i, t in enumerate(tasks) if results.median(t, contestant)]
        ratios = [results.median(t, contestant) / results.median(t, "pyflux") for _, t in measured]
        positions = [i + (k - (len(shown) - 1) / 2) * height for i, _ in measured]
        bars_ = axis.barh(positions, ratios, height, label=CONTESTANTS[contestant].title)
        axis.bar_label(bars_, fmt="{:.3g}", fontsize=7, padding=2)
    axis.set_yticks(range(len(tasks)), [TITLES[t] for t in tasks], fontsize=8)
    axis.invert_yaxis()
    axis.set_xscale("log")
    axis.margins(x=0.15)
    axis.set_xlabel("time relative to pyflux (less is better)")
    axis.legend(fontsize=7)


def by_images(results: Results, axis: Any) -> None:
    curves(results, axis, "images", lambda label, n, seconds: (n, seconds))
    axis.set_xlabel("images")
    axis.set_ylabel("seconds per epoch")


def by_batch(results: Results, axis: Any) -> None:
    curves(
        results,
        axis,
        "batch",
        lambda label, n, seconds: (int(label.removeprefix("batch ")), 1e6 * seconds / n),
    )
    axis.set_xlabel("batch size")
    axis.set_ylabel("µs per image")


def curves(results: Results, axis: Any, task: str, point: Any) -> None:
    """Draw a line for each contestant on logarithmic axes."""
    for contestant in results.contestants(task):
        points = [
            point(label, results.images(task, label), median)
            for label in results.labels(task)
            if (median := results.median(task, contestant, label=label))
        ]
        axis.plot(*zip(*points, strict=True), "o-", label=CONTESTANTS[contestant].title)
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.set_title(TITLES[task], fontsize=9)
    axis.legend(fontsize=7)
