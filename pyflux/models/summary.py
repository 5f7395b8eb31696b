"""The table that `Sequential.summary` prints."""

from __future__ import annotations

import math

from .._internal.html import escape
from .._internal.html import table as html
from ..architecture import Architecture

HEADINGS = ("Layer (type)", "Output Shape", "Param #")
CONNECTED = "Connected to"  # a column more, where layers do not simply follow each other


def table(name: str, architecture: Architecture) -> str:
    """Return the layers with their output shapes and parameter counts, as Keras prints them.

    >>> from pyflux.layers import Dense
    >>> print(table("tiny", Architecture((Dense(2),), (3,))))
    Model: "tiny"
    ┌───────────────┬──────────────┬─────────┐
    │ Layer (type)  │ Output Shape │ Param # │
    ├───────────────┼──────────────┼─────────┤
    │ dense (Dense) │ (None, 2)    │       8 │
    └───────────────┴──────────────┴─────────┘
    Total params: 8
    """
    headings, rows = cells(architecture)
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]

    def rule(left: str, middle: str, right: str) -> str:
        return left + middle.join("─" * (w + 2) for w in widths) + right

    def line(row: tuple[str, ...]) -> str:
        cells = [
            f"{cell:>{width}}" if i == 2 else f"{cell:<{width}}"
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        return f"│ {' │ '.join(cells)} │"

    return "\n".join(
        [
            f'Model: "{name}"',
            rule("┌", "┬", "┐"),
            line(headings),
            rule("├", "┼", "┤"),
            *map(line, rows),
            rule("└", "┴", "┘"),
            *counts(architecture),
        ]
    )


def html_table(name: str, architecture: Architecture) -> str:
    """Return the same as HTML, for notebooks."""
    headings, rows = cells(architecture)
    lines = "<br>".join(map(escape, counts(architecture)))
    return f"{html(headings, rows, caption=f'Model: {name}')}<p>{lines}</p>"


def cells(architecture: Architecture) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return the headings of the table and its rows, one for each layer."""
    headings: tuple[str, ...] = HEADINGS
    rows: list[tuple[str, ...]] = [
        (
            f"{node.name} ({type(node.layer).__name__})",
            str((None, *node.output_shape)),
            f"{sum(map(math.prod, node.weight_shapes.values())):,}",
        )
        for node in architecture.nodes
    ]
    if not architecture.is_chain:
        names = (*architecture.names, "input")  # -1 is the last
        headings = (*headings, CONNECTED)
        rows = [
            (*row, ", ".join(names[i] for i in node.inputs))
            for row, node in zip(rows, architecture.nodes, strict=True)
        ]
    return headings, rows


def counts(architecture: Architecture) -> list[str]:
    """Return the lines below the table, of how many parameters there are."""
    sizes = [math.prod(shape) for shape in architecture.weight_shapes.values()]
    trained = sum(size for size, yes in zip(sizes, architecture.trainable, strict=True) if yes)
    lines = [f"Total params: {sum(sizes):,}"]
    if trained < sum(sizes):
        lines += [f"Trainable params: {trained:,}", f"Non-trainable params: {sum(sizes) - trained:,}"]
    return lines
