"""HTML for notebooks and pages."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence

ROWS = 20  # of a table in a notebook, above which its middle is left out
ENDS = 5  # rows that stay at either end


def table(
    head: Sequence[object],
    rows: Iterable[Sequence[object]],
    *,
    caption: str = "",
    shades: Sequence[Sequence[float]] | None = None,
) -> str:
    r"""Return a table, whose first column names its rows; all texts are escaped.

    Args:
        head: The columns' headings.
        rows: The cells, row by row.
        caption: What stands above it.
        shades: For each cell but those of the first column how dark it is, from 0 to 1.

    >>> print(table(["epoch", "loss"], [[1, "<0.1"]]).replace("<tbody>", "\n<tbody>"))
    <table><thead><tr><th scope="col">epoch</th><th scope="col">loss</th></tr></thead>
    <tbody><tr><th scope="row">1</th><td>&lt;0.1</td></tr></tbody></table>
    """
    columns = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    body = []
    for i, (first, *cells) in enumerate(rows):
        styles = ["" if shades is None else _style(shades[i][j]) for j in range(len(cells))]
        texts = "".join(f"<td{style}>{escape(cell)}</td>" for style, cell in zip(styles, cells, strict=True))
        body.append(f'<tr><th scope="row">{escape(first)}</th>{texts}</tr>')
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f"<table>{title}<thead><tr>{columns}</tr></thead><tbody>{''.join(body)}</tbody></table>"


def definitions(facts: Mapping[str, object]) -> str:
    """Return names with what they stand for.

    >>> definitions({"seed": 7})
    '<dl><dt>seed</dt><dd>7</dd></dl>'
    """
    return f"<dl>{''.join(f'<dt>{escape(k)}</dt><dd>{escape(v)}</dd>' for k, v in facts.items())}</dl>"


def escape(value: object) -> str:
    """Return a value as text that means nothing in HTML.

    >>> escape("a < b")
    'a &lt; b'
    """
    return html.escape(str(value))


def shortened(rows: Sequence[Sequence[object]]) -> list[Sequence[object]]:
    """Return rows, of which the middle is left out where they are many.

    >>> [row[0] for row in shortened([[i, "x"] for i in range(40)])]
    [0, 1, 2, 3, 4, '…', 35, 36, 37, 38, 39]
    """
    if len(rows) <= ROWS:
        return list(rows)
    return [*rows[:ENDS], ["…"] * len(rows[0]), *rows[-ENDS:]]


def _style(shade: float) -> str:
    # A tint of the accent colour, which is readable on light and on dark paper.
    return f' style="background: rgba(70, 130, 230, {0.75 * shade:.2f})"' if shade > 0 else ""
