"""Cases for which Keras's numbers are kept in ``keras_numbers.json``, and the program that computes them.

``python -m tests.keras_numbers`` prints them anew; it needs Keras and PyTorch. The numbers kept are those of
Keras 3.15.1 with PyTorch 2.13 for its backend, in float32, and those of PyTorch's own Adam.
"""

import functools
import json
import math
from pathlib import Path

import numpy as np

from tests.keras_process import ask_keras

STEPS = 10
KEPT_STEPS = (1, 2, 10)

# Class and arguments, by name of the case. Each class once with its defaults, then with its options.
OPTIMIZERS = {
    "SGD": ("SGD", {}),
    "SGD momentum": ("SGD", {"momentum": 0.9}),
    "SGD nesterov": ("SGD", {"learning_rate": 0.1, "momentum": 0.8, "nesterov": True}),
    "SGD decay": ("SGD", {"learning_rate": 0.1, "weight_decay": 0.5}),
    "SGD momentum decay": ("SGD", {"learning_rate": 0.1, "momentum": 0.9, "weight_decay": 0.5}),
    "SGD clipnorm": ("SGD", {"clipnorm": 0.5}),
    "SGD clipvalue": ("SGD", {"clipvalue": 0.02}),
    "SGD global_clipnorm": ("SGD", {"global_clipnorm": 0.5}),
    "Adam": ("Adam", {}),
    "Adam epsilon": ("Adam", {"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-3}),
    "Adam beta_1 of 0": ("Adam", {"beta_1": 0.0}),
    "Adam amsgrad": ("Adam", {"learning_rate": 0.01, "beta_2": 0.5, "amsgrad": True}),
    "Adam decay": ("Adam", {"learning_rate": 0.05, "weight_decay": 0.5}),
    "Adam clipnorm": ("Adam", {"clipnorm": 0.1}),
    "Adam global_clipnorm": ("Adam", {"global_clipnorm": 0.1}),
    "AdamW": ("AdamW", {}),
    "AdamW decay": ("AdamW", {"learning_rate": 0.05, "weight_decay": 0.5}),
    "RMSprop": ("RMSprop", {}),
    "RMSprop momentum": ("RMSprop", {"momentum": 0.9}),
    "RMSprop centered": ("RMSprop", {"rho": 0.8, "centered": True}),
    "RMSprop all": ("RMSprop", {"momentum": 0.5, "epsilon": 1e-3, "centered": True, "weight_decay": 0.5}),
    "Adagrad": ("Adagrad", {}),
    "Adagrad start": ("Adagrad", {"learning_rate": 0.1, "initial_accumulator_value": 0.0, "epsilon": 1e-3}),
    "Nadam": ("Nadam", {}),
    "Nadam betas": ("Nadam", {"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-3}),
    "Lion": ("Lion", {}),
    "Lion betas": ("Lion", {"learning_rate": 0.01, "beta_1": 0.7, "beta_2": 0.8, "weight_decay": 0.5}),
}

# Restarts that no power of 2 gives fall between steps: on one, rounding would decide which period it belongs to.
SCHEDULES = {
    "ExponentialDecay": ("ExponentialDecay", [0.1, 10, 0.5]),
    "ExponentialDecay staircase": ("ExponentialDecay", [0.1, 10, 0.5, True]),
    "PiecewiseConstantDecay": ("PiecewiseConstantDecay", [[10, 25], [1.0, 0.5, 0.1]]),
    "PolynomialDecay": ("PolynomialDecay", [0.1, 30]),
    "PolynomialDecay root": ("PolynomialDecay", [0.1, 30, 0.01, 0.5]),
    "PolynomialDecay cycle": ("PolynomialDecay", [0.1, 12, 0.01, 2.0, True]),
    "InverseTimeDecay": ("InverseTimeDecay", [0.1, 10, 0.5]),
    "InverseTimeDecay staircase": ("InverseTimeDecay", [0.1, 10, 0.5, True]),
    "CosineDecay": ("CosineDecay", [0.1, 30, 0.1]),
    "CosineDecay warm-up": (
        "CosineDecay",
        [0.01, 30, 0.1, {"warmup_target": 0.2, "warmup_steps": 7}],
    ),
    "CosineDecayRestarts": ("CosineDecayRestarts", [0.1, 6]),
    "CosineDecayRestarts factors": ("CosineDecayRestarts", [0.1, 7, 1.5, 0.8, 0.1]),
    "CosineDecayRestarts even": ("CosineDecayRestarts", [0.1, 8, 1.0, 0.5]),
}
SCHEDULE_STEPS = [*range(50), 1000]


# Class, arguments, and the targets and outputs of `samples` that it is for.
LOSSES = {
    "SparseCategoricalCrossentropy": ("SparseCategoricalCrossentropy", {}, "labels", "probabilities"),
    "SparseCategoricalCrossentropy logits": (
        "SparseCategoricalCrossentropy",
        {"from_logits": True},
        "labels",
        "logits",
    ),
    "CategoricalCrossentropy": ("CategoricalCrossentropy", {}, "one_hot", "probabilities"),
    "CategoricalCrossentropy smoothed": (
        "CategoricalCrossentropy",
        {"label_smoothing": 0.2},
        "one_hot",
        "probabilities",
    ),
    "CategoricalCrossentropy logits": (
        "CategoricalCrossentropy",
        {"from_logits": True, "label_smoothing": 0.2},
        "one_hot",
        "logits",
    ),
    "BinaryCrossentropy": ("BinaryCrossentropy", {}, "one_hot", "fractions"),
    "BinaryCrossentropy smoothed": ("BinaryCrossentropy", {"label_smoothing": 0.2}, "one_hot", "fractions"),
    "BinaryCrossentropy logits": (
        "BinaryCrossentropy",
        {"from_logits": True, "label_smoothing": 0.2},
        "one_hot",
        "logits",
    ),
    "MeanSquaredError": ("MeanSquaredError", {}, "values", "logits"),
    "MeanAbsoluteError": ("MeanAbsoluteError", {}, "values", "logits"),
    "Huber": ("Huber", {}, "values", "logits"),
    "Huber delta": ("Huber", {"delta": 2.5}, "values", "logits"),
}


def samples():
    """Targets and outputs of four samples, among them probabilities of exactly 0 and 1."""
    logits = [[4.0 * math.sin(1.7 * i + j) for j in range(3)] for i in range(4)]
    exponentials = [[math.exp(x) for x in row] for row in logits[:3]]
    labels = [0, 2, 1, 1]
    return {
        "labels": labels,
        "one_hot": [[float(j == label) for j in range(3)] for label in labels],
        "values": [[2.0 * math.cos(i + 0.5 * j) for j in range(3)] for i in range(4)],
        "logits": logits,
        "fractions": [[1 / (1 + math.exp(-x)) for x in row] for row in logits[:3]] + [[0.0, 0.0, 1.0]],
        "probabilities": [[e / sum(row) for e in row] for row in exponentials] + [[0.0, 0.0, 1.0]],
        "weights": [1.0, 0.5, 0.0, 2.0],
    }


def arguments(values):
    """Return positional and keyword arguments; a dictionary at the end has the latter."""
    return (values[:-1], values[-1]) if values and isinstance(values[-1], dict) else (values, {})


def initial_weights(case):
    """Two arrays: zeros, which show steps best, but where weights decay."""
    start = 1.0 if "weight_decay" in OPTIMIZERS[case][1] else 0.0
    return [[start] * 6, [-start] * 3]


def gradients(step):
    """Gradients of all sizes from 1e-5 to 1, with changing signs; one is always 0."""
    kernel = [10.0 ** (i - 5) * math.cos(1.1 * step + i) for i in range(6)]
    return [kernel, [0.0, 0.3 * math.sin(step), math.cos(0.2 * step)]]


def optimizer_numbers(keras):
    """The weights after each step: ``{case: [step][array][element]}``."""
    paths = {}
    for case, (kind, options) in OPTIMIZERS.items():
        optimizer = getattr(keras.optimizers, kind)(**options)
        variables = [keras.Variable(np.array(w, np.float32)) for w in initial_weights(case)]
        optimizer.build(variables)
        path = []
        for step in range(STEPS):
            optimizer.apply(
                [keras.ops.convert_to_tensor(np.array(g, np.float32)) for g in gradients(step)], variables
            )
            path.append([keras.ops.convert_to_numpy(v).tolist() for v in variables])
        paths[case] = path
    return paths


def pytorch_adam():
    """The weights after each step of PyTorch's Adam, as `optimizer_numbers` has them."""
    import torch

    weights = [torch.tensor(w, requires_grad=True) for w in initial_weights("Adam")]
    adam = torch.optim.Adam(weights)
    path = []
    for step in range(STEPS):
        for w, g in zip(weights, gradients(step), strict=True):
            w.grad = torch.tensor(g)
        adam.step()
        path.append([w.tolist() for w in weights])
    return path


def schedule_numbers(keras):
    """The rates: ``{case: [step]}``."""
    rates = {}
    for case, (kind, values) in SCHEDULES.items():
        positional, named = arguments(values)
        schedule = getattr(keras.optimizers.schedules, kind)(*positional, **named)
        rates[case] = [float(keras.ops.convert_to_numpy(schedule(step))) for step in SCHEDULE_STEPS]
    return rates


def loss_numbers(keras):
    """The loss without and with sample weights: ``{case: [loss, weighted loss]}``."""
    arrays = {name: np.array(value, np.float32) for name, value in samples().items()}
    losses = {}
    for case, (kind, options, targets, outputs) in LOSSES.items():
        loss = getattr(keras.losses, kind)(**options)
        losses[case] = [
            float(keras.ops.convert_to_numpy(loss(arrays[targets], arrays[outputs], sample_weight=weights)))
            for weights in (None, arrays["weights"])
        ]
    return losses


@functools.cache
def kept():
    """The numbers of `numbers` as kept in the file beside this one."""
    return json.loads(Path(__file__).with_suffix(".json").read_text())


@functools.cache
def computed():
    """The same computed by the Keras that is installed, or a skip."""
    return ask_keras(__name__, "numbers")


def numbers(keras):
    """All numbers, with the nine digits that float32 has."""
    paths = optimizer_numbers(keras) | {"PyTorch": pytorch_adam()}
    found = {
        "keras": keras.__version__,
        "optimizers": {case: {step: path[step - 1] for step in KEPT_STEPS} for case, path in paths.items()},
        "schedules": schedule_numbers(keras),
        "losses": loss_numbers(keras),
    }
    return json.loads(json.dumps(found), parse_float=lambda x: float(f"{float(x):.9g}"))


if __name__ == "__main__":
    print(json.dumps(computed()))
