"""Names, order and defaults of arguments, beside Keras's."""

import pytest

from pyflux import activations, constraints, initializers, layers, losses, optimizers, regularizers
from pyflux.optimizers import schedules

from .keras_signatures import DIFFERENCES, compare

OURS = (
    {f"layers.{name}": cls for name, cls in [*layers.LAYERS.items(), ("Input", layers.Input)]}
    | {f"initializers.{name}": cls for name, cls in initializers.INITIALIZERS.items()}
    | {f"constraints.{name}": cls for name, cls in constraints.CONSTRAINTS.items()}
    | {f"regularizers.{name}": getattr(regularizers, name) for name in ("L1", "L2", "L1L2")}
    | {f"activations.{name}": function for name, function in activations.ACTIVATIONS.items()}
    | {f"optimizers.{name}": cls for name, cls in optimizers.OPTIMIZERS.items() if name != "FluxAdam"}
    | {f"optimizers.schedules.{name}": cls for name, cls in schedules.SCHEDULES.items() if name != "OneCycle"}
    | {f"losses.{name}": cls for name, cls in losses.LOSSES.items()}
    | {f"losses.{function.__name__}": function for function in losses.FUNCTIONS}
)


@pytest.mark.parametrize("name", OURS)
def test_arguments_are_keras_s(name):
    assert compare(OURS[name], name) == []


def test_only_what_there_is_may_differ():
    mine = (
        "layers.", "initializers.", "constraints.", "regularizers.", "activations.", "optimizers.", "losses.",
    )  # fmt: skip
    assert {name for name in DIFFERENCES if name.startswith(mine)} <= set(OURS)
