"""An extension of griffe that shows the examples of docstrings as code, not as quotations."""

from typing import Any

import griffe


def fenced(text: str) -> str:
    """Return a docstring with a fence around each example, which ends at an empty line."""
    lines: list[str] = []
    indent: str | None = None  # of the example that the line is in
    for line in [*text.splitlines(), ""]:
        if indent is None and line.lstrip().startswith(">>>"):
            indent = line[: line.index(">")]
            lines.append(f"{indent}```pycon")
        elif indent is not None and not line.strip():
            lines.append(f"{indent}```")
            indent = None
        lines.append(line)
    return "\n".join(lines).rstrip()


class Doctests(griffe.Extension):
    """Puts the fences into every docstring."""

    def on_object(self, *, obj: griffe.Object, **options: Any) -> None:
        """Change the docstring of an object that was read."""
        if obj.docstring:
            obj.docstring.value = fenced(obj.docstring.value)
