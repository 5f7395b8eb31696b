"""Puts the Julia package into the wheel, with a juliapkg.json that finds it there.

In a checkout ``pyflux/juliapkg.json`` points to ``../julia``. A wheel has no such folder, and none may be put
beside ``pyflux`` in site-packages, so the wheel carries ``pyflux/julia`` and a JSON that says so.
"""

import json
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class JuliaPackage(BuildHookInterface[Any]):
    """Adds the Julia package to a wheel; an editable install uses the checkout's."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the files to add."""
        if version == "editable":
            return
        root = Path(self.root)
        requirements = json.loads((root / "pyflux" / "juliapkg.json").read_text())
        requirements["packages"]["PyFlux"]["path"] = "julia"
        made = Path(self.directory) / "juliapkg.json"
        made.parent.mkdir(parents=True, exist_ok=True)
        made.write_text(json.dumps(requirements, indent=2) + "\n")
        build_data["force_include"][str(made)] = "pyflux/juliapkg.json"
        for name in ("Project.toml", "src", "ext"):
            if (root / "julia" / name).exists():
                build_data["force_include"][str(root / "julia" / name)] = f"pyflux/julia/{name}"
