"""Parts of a network: the layers up to one, and those after it. They share the weights with the whole."""

from __future__ import annotations

from ..architecture import Architecture


def until(architecture: Architecture, index: int) -> Architecture:
    """Return the layers that make the output of one, that one included.

    Args:
        architecture: The network.
        index: The layer's index.

    >>> from pyflux.layers import Dense
    >>> until(Architecture((Dense(4), Dense(3), Dense(2)), (5,)), 1).output_shape
    (3,)
    """
    nodes = architecture.nodes
    needed = {index}
    for i in range(index, -1, -1):
        if i in needed:
            needed.update(k for k in nodes[i].inputs if k >= 0)
    kept = sorted(needed)
    places = {-1: -1} | {old: new for new, old in enumerate(kept)}
    return Architecture(
        tuple(nodes[i].layer for i in kept),
        architecture.input_shape,
        tuple(nodes[i].name for i in kept),
        tuple(tuple(places[k] for k in nodes[i].inputs) for i in kept),
    )


def after(architecture: Architecture, index: int) -> Architecture:
    """Return the layers that come after one.

    Args:
        architecture: The network.
        index: The layer's index.

    Raises:
        ValueError: They take more than that layer's output, as beside a branch; the error names the nearest
            layers where they do not.

    >>> from pyflux.layers import Dense
    >>> after(Architecture((Dense(4), Dense(3), Dense(2)), (5,)), 0).names
    ('dense_1', 'dense_2')
    """
    nodes = architecture.nodes
    if index + 1 not in architecture.cuts:
        near = sorted((cut - 1 for cut in architecture.cuts if cut > 0), key=lambda i: abs(i - index))[:2]
        names = " or ".join(repr(nodes[i].name) for i in sorted(near))
        raise ValueError(
            f"layer {nodes[index].name!r} is in a branch, and the layers after it take other outputs too; "
            f"give one where the branches have met, such as {names}"
        )
    rest = nodes[index + 1 :]
    return Architecture(
        tuple(node.layer for node in rest),
        nodes[index].output_shape,
        tuple(node.name for node in rest),
        tuple(tuple(k - index - 1 for k in node.inputs) for node in rest),
    )
