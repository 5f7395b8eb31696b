"""Names, order and defaults of arguments, beside Keras's."""

import pytest

from pyflux import (
    activations,
    callbacks,
    constraints,
    initializers,
    layers,
    losses,
    metrics,
    optimizers,
    regularizers,
    utils,
)
from pyflux.optimizers import schedules

from .keras_signatures import DIFFERENCES, compare

# `CallbackList`, `Model` and `MonitorCallback` are not Keras's, or not public there.
CALLBACKS = (
    "BackupAndRestore", "CSVLogger", "Callback", "EarlyStopping", "History", "LambdaCallback",
    "LearningRateScheduler", "ModelCheckpoint", "ReduceLROnPlateau", "TensorBoard", "TerminateOnNaN",
)  # fmt: skip

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
    | {
        f"metrics.{name}": getattr(metrics, name)
        for name in ("Mean", "MeanMetricWrapper", "Metric", *metrics.CLASSES)
    }
    | {f"callbacks.{name}": getattr(callbacks, name) for name in CALLBACKS}
    | {f"utils.{name}": getattr(utils, name) for name in utils.__all__}
)


@pytest.mark.parametrize("name", OURS)
def test_arguments_are_keras_s(name):
    assert compare(OURS[name], name) == []


def test_only_what_there_is_may_differ():
    mine = tuple(f"{name.split('.')[0]}." for name in OURS)
    assert {name for name in DIFFERENCES if name.startswith(mine)} <= set(OURS)
