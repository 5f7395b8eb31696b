"""The measurements of a run, their medians and ratios."""

import json
import statistics
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

OURS = ("pyflux", "script", "flux")  # all others are peers


@dataclass
class Results:
    """All measurements of a run.

    Args:
        machine: Its description; see `machine.py`.
        settings: The settings of the run.
        records: One for each case and round: task, contestant, label, round, and either measures or an error.
        skipped: Contestants that could not run, with the reason.
    """

    machine: dict[str, Any]
    settings: dict[str, Any] = field(default_factory=dict)
    records: list[dict[str, Any]] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)

    def add(self, task: str, contestant: str, label: str, round_: int, **what: Any) -> None:
        """Add a record; the versions that a worker reports become part of the machine's description."""
        for versions in what.get("measures", {}).pop("versions", []):
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
        """Return the median over all rounds, or None if nothing was measured."""
        values = self.values(task, contestant, measure, label)
        return statistics.median(values) if values else None

    def best_peer(self, task: str, measure: str = "seconds") -> float | None:
        """Return the smallest of the medians of the others: PyTorch's configurations, ONNX Runtime, …."""
        peers = [name for name in self.contestants(task) if name not in OURS]
        medians = [self.median(task, name, measure) for name in peers]
        return min((m for m in medians if m is not None), default=None)

    def tasks(self) -> list[str]:
        """Return the names of the tasks with measurements, in order."""
        return list(dict.fromkeys(r["task"] for r in self.records if "measures" in r))

    def labels(self, task: str) -> list[str]:
        """Return the labels of a task's cases, in order."""
        return list(dict.fromkeys(r["label"] for r in self.records if r["task"] == task))

    def contestants(self, task: str) -> list[str]:
        """Return the names of the contestants of a task, in order."""
        return list(dict.fromkeys(r["contestant"] for r in self.records if r["task"] == task))

    def images(self, task: str, label: str = "") -> int | None:
        """Return the number of images of the task's jobs."""
        found = (r.get("images") for r in self.records if (r["task"], r["label"]) == (task, label))
        return next((n for n in found if n), None)

    def save(self, path: Path) -> None:
        """Write everything as one JSON object, with the medians for whoever reads the file itself."""
        path.write_text(json.dumps(vars(self) | {"medians": self._medians()}, indent=1) + "\n")

    @classmethod
    def load(cls, path: Path) -> "Results":
        """Read what `save` wrote."""
        saved = json.loads(path.read_text())
        return cls(saved["machine"], saved["settings"], saved["records"], saved["skipped"])

    def _medians(self) -> dict[str, dict[str, float]]:
        medians: dict[str, dict[str, float]] = {}
        for r in self.records:
            key = " ".join(filter(None, (r["contestant"], r["label"])))
            for measure in r.get("measures", {}):
                value = self.median(r["task"], r["contestant"], measure, r["label"])
                medians.setdefault(f"{r['task']}: {measure}", {})[key] = value
        return medians


def ratio(a: float | None, b: float | None) -> float | None:
    """Return a / b, or None if one of them is missing or b is 0.

    >>> ratio(1.0, 4.0), ratio(None, 4.0)
    (0.25, None)
    """
    return None if a is None or not b else a / b
