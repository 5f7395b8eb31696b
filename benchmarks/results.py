"""What was measured, and what follows from it: medians and ratios."""

import json
import statistics
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TORCH = ("torch_best", "torch_compiled", "torch")


@dataclass
class Results:
    """All measures of a run.

    Args:
        machine: Its description; see `machine.py`.
        settings: What the run was asked for.
        records: One for each case and round: task, contestant, label, round, and either measures or an error.
        left_out: Contestants that could not run, with the reason.
    """

    machine: dict[str, Any]
    settings: dict[str, Any] = field(default_factory=dict)
    records: list[dict[str, Any]] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)

    def add(self, task: str, contestant: str, label: str, round_: int, **what: Any) -> None:
        """Add a record; the versions that a worker told become the machine's."""
        told = what.get("measures", {}).pop("versions", [])
        for versions in told:
            self.machine["versions"].update(versions)
        self.records.append({"task": task, "contestant": contestant, "label": label, "round": round_} | what)

    def values(
        self, task: str, contestant: str, measure: str = "seconds", label: str | None = None
    ) -> list[Any]:
        """Return every value of a measure, over all rounds."""
        return [
            value
            for r in self.records
            if (r["task"], r["contestant"]) == (task, contestant) and label in (None, r["label"])
            for value in r.get("measures", {}).get(measure, [])
        ]

    def median(
        self, task: str, contestant: str, measure: str = "seconds", label: str | None = None
    ) -> float | None:
        """Return the median over all rounds, or None where nothing was measured."""
        values = self.values(task, contestant, measure, label)
        return statistics.median(values) if values else None

    def best_torch(self, task: str, measure: str = "seconds") -> float | None:
        """Return the least of PyTorch's medians: its best configuration is the one that is best here."""
        medians = [self.median(task, name, measure) for name in TORCH]
        return min((m for m in medians if m is not None), default=None)

    def tasks(self) -> list[str]:
        """Return the names of the tasks in which something was measured, in their order."""
        return list(dict.fromkeys(r["task"] for r in self.records if "measures" in r))

    def labels(self, task: str) -> list[str]:
        """Return the labels of a task's cases, in their order."""
        return list(dict.fromkeys(r["label"] for r in self.records if r["task"] == task))

    def contestants(self, task: str) -> list[str]:
        """Return who took part in a task."""
        return list(dict.fromkeys(r["contestant"] for r in self.records if r["task"] == task))

    def images(self, task: str, label: str = "") -> int | None:
        """Return how many images the task's jobs had."""
        found = (r.get("images") for r in self.records if (r["task"], r["label"]) == (task, label))
        return next((n for n in found if n), None)

    def save(self, path: Path) -> None:
        """Write everything as one JSON object, with the medians and the goals for those who only read."""
        path.write_text(json.dumps(vars(self) | {"medians": self._medians()}, indent=1) + "\n")

    @classmethod
    def load(cls, path: Path) -> "Results":
        """Read what `save` wrote."""
        kept = json.loads(path.read_text())
        return cls(kept["machine"], kept["settings"], kept["records"], kept["left_out"])

    def _medians(self) -> dict[str, dict[str, float]]:
        medians: dict[str, dict[str, float]] = {}
        for r in self.records:
            key = " ".join(filter(None, (r["contestant"], r["label"])))
            for measure in r.get("measures", {}):
                value = self.median(r["task"], r["contestant"], measure, r["label"])
                medians.setdefault(f"{r['task']}: {measure}", {})[key] = value
        return medians


def ratio(a: float | None, b: float | None) -> float | None:
    """Return a / b, or None where one of them is not there.

    >>> ratio(1.0, 4.0), ratio(None, 4.0)
    (0.25, None)
    """
    return None if a is None or not b else a / b
