"""The table that `Sequential.summary` prints."""

from __future__ import annotations

import math

from ..architecture import Architecture

HEADINGS = ("Layer (type)", "Output Shape", "Param #")


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
    rows = [
        (
            f"{node.name} ({type(node.layer).__name__})",
            str((None, *node.output_shape)),
            f"{sum(map(math.prod, node.weight_shapes.values())):,}",
        )
        for node in architecture.nodes
    ]
    widths = [max(len(row[i]) for row in [HEADINGS, *rows]) for i in range(3)]

    def rule(left: str, middle: str, right: str) -> str:
        return left + middle.join("─" * (w + 2) for w in widths) + right

    def line(row: tuple[str, str, str]) -> str:
        return f"│ {row[0]:<{widths[0]}} │ {row[1]:<{widths[1]}} │ {row[2]:>{widths[2]}} │"

    sizes = [math.prod(shape) for shape in architecture.weight_shapes.values()]
    trained = sum(size for size, yes in zip(sizes, architecture.trainable, strict=True) if yes)
    counts = [f"Total params: {sum(sizes):,}"]
    if trained < sum(sizes):
        counts += [f"Trainable params: {trained:,}", f"Non-trainable params: {sum(sizes) - trained:,}"]
    return "\n".join(
        [
            f'Model: "{name}"',
            rule("┌", "┬", "┐"),
            line(HEADINGS),
            rule("├", "┼", "┤"),
            *map(line, rows),
            rule("└", "┴", "┘"),
            *counts,
        ]
    )
