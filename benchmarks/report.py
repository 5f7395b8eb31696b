"""The report: Markdown tables that are readable in a terminal too."""

from collections.abc import Sequence

from benchmarks import flops, machine
from benchmarks.contestants import CONTESTANTS
from benchmarks.goals import GOALS
from benchmarks.results import Results, ratio
from benchmarks.tasks import TASKS
from pyflux import networks


def full(results: Results) -> str:
    """Return all tables that the results have measurements for."""
    parts = [machine.line(results.machine), overview(results)]
    parts += [scaling(results, task) for task in results.tasks() if results.labels(task) != [""]]
    parts += [share_of_peak(results), goals(results), notes(results)]
    return "\n\n".join(filter(None, parts))


def overview(results: Results) -> str:
    """Return a table with a row for each task, a column for each contestant, and pyflux's ratios."""
    tasks = [t for t in results.tasks() if results.labels(t) == [""]]
    shown = [c for c in CONTESTANTS if any(c in results.contestants(t) for t in tasks)]
    rows = []
    for task in tasks:
        measure = MEASURES[task]
        ours = results.median(task, "pyflux", measure)
        rows.append(
            [
                title(results, task),
                *(quantity(results.median(task, c, measure), measure) for c in shown),
                number(None if measure == "gflops" else ratio(ours, results.best_peer(task, measure))),
                number(ratio(ours, results.median(task, "flux", measure))),
            ]
        )
    titles = [CONTESTANTS[c].title for c in shown]
    head = ["", *titles, "pyflux / best of the others", "pyflux / stock Flux"]
    return table(head, rows) if rows else ""


def title(results: Results, task: str) -> str:
    """Return the title of a task's row."""
    images = results.images(task)
    return TITLES[task] + (f", {images:,} images" if images else "")


def scaling(results: Results, task: str) -> str:
    """Return a table with a row for each label of a task: each contestant's time, in all and per image."""
    shown, measure = results.contestants(task), MEASURES[task]
    rows = []
    for label in results.labels(task):
        medians = [results.median(task, c, measure, label) for c in shown]
        images = results.images(task, label)
        costs = [ratio(m, images) for m in medians] if images else []
        rows.append([label, *(quantity(m, measure) for m in medians), *(quantity(c, measure) for c in costs)])
    titles = [CONTESTANTS[c].title for c in shown]
    has_costs = len(rows[0]) > 1 + len(shown)
    return table([TITLES[task], *titles, *(f"{t}, per image" for t in titles if has_costs)], rows)


def share_of_peak(results: Results) -> str:
    """Return the share of the fastest matrix product's speed that each contestant's epochs reach."""
    rates = [results.median("peak", c, "gflops") for c in results.contestants("peak")]
    peak = max((r for r in rates if r is not None), default=None)
    rows = []
    for task in results.tasks() if peak else ():
        network, _, batch = task.rpartition("_")
        if not batch.isdigit():
            continue
        images, work = results.images(task) or 0, flops.training(getattr(networks, network)())
        medians = {c: results.median(task, c) for c in ("pyflux", "torch_best")}
        shares = [ratio(images * work / 1e9 / m, peak) if m else None for m in medians.values()]
        rows.append([f"{network}, batch {batch}", f"{work / 1e6:.1f} MFLOP", *map(percent, shares)])
    head = [f"share of {peak or 0:.0f} GFLOP/s", "operations per image", "pyflux", "PyTorch at its best"]
    return table(head, rows) if rows else ""


def goals(results: Results) -> str:
    """Return the goals with their limits and measured values."""
    rows = []
    for goal in GOALS:
        value = goal.value(results)
        if value is not None:
            sign = "≥" if goal.at_least else "≤"
            verdict = "reached" if goal.reached(value) else "not reached"
            rows.append(
                [goal.text, f"{sign} {goal.limit:g}{goal.unit}", f"{number(value)}{goal.unit}", verdict]
            )
    return table(["goal", "limit", "measured", ""], rows) if rows else ""


def notes(results: Results) -> str:
    """Return what was skipped or failed, and why."""
    discarded = results.settings.get("disturbed", {})
    lines = [
        f"discarded, as other programs ran: {n} of {CONTESTANTS[name].title}" for name, n in discarded.items()
    ]
    lines += [f"skipped: {CONTESTANTS[name].title}: {why}" for name, why in results.skipped.items()]
    for r in results.records:
        if "error" in r:
            name = " ".join(filter(None, (CONTESTANTS[r["contestant"]].title, r["label"])))
            lines.append(f"failed: {r['task']}, {name}: {r['error']}")
    return "\n".join(lines)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table with aligned columns.

    >>> print(table(["", "a"], [["one", "1.0"]]))
    |     |   a |
    | :-- | --: |
    | one | 1.0 |
    """
    widths = [max(3, *(len(row[k]) for row in (head, *rows))) for k in range(len(head))]
    rule = [":" + "-" * (widths[0] - 1), *("-" * (w - 1) + ":" for w in widths[1:])]

    def line(cells: Sequence[str]) -> str:
        first, *rest = cells
        padded = [first.ljust(widths[0]), *(c.rjust(w) for c, w in zip(rest, widths[1:], strict=True))]
        return f"| {' | '.join(padded)} |"

    return "\n".join(map(line, (head, rule, *rows)))


def quantity(value: float | None, measure: str) -> str:
    """Return a value with a suitable unit.

    >>> quantity(0.0000931, "seconds"), quantity(1.234, "wall"), quantity(6.5e8, "peak_bytes")
    ('93.1 µs', '1.23 s', '650 MB')
    """
    if value is None:
        return "–"
    if measure == "peak_bytes":
        return f"{value / 1e6:.0f} MB"
    if measure == "gflops":
        return f"{value:.0f} GFLOP/s"
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if value >= 0.1 * size:
            return f"{value / size:.3g} {unit}"
    return f"{value / 1e-6:.3g} µs"


def number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"


def percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.0f} %"


TITLES = {task.name: task.title for task in TASKS}
MEASURES = {task.name: task.measure for task in TASKS}
