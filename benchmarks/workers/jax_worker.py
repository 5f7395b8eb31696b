"""JAX: the same network as plain functions, compiled by `jax.jit`."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from benchmarks.workers.job import Job, report, run, samples, seconds
from pyflux import layers, networks

Weights = list[Any]


def start(job: Job) -> tuple[list[layers.Layer], Weights, np.ndarray, np.ndarray]:
    report("versions", {"JAX": jax.__version__})
    model = getattr(networks, job["network"])(seed=0, engine="reference")
    x, y = samples(job)
    weights = [jnp.asarray(w) for w in model.get_weights()]
    return model.layers, weights, x.astype(np.float32) / 255, y.astype(np.int32)


def logits(stack: list[layers.Layer], weights: Weights, x: Any) -> Any:
    """Return what goes into the last layer's softmax."""
    left = list(weights)
    for i, layer in enumerate(stack):
        match layer:
            case layers.Conv2D():
                kernel, bias = left.pop(0), left.pop(0)
                numbers = ("NHWC", "HWIO", "NHWC")
                x = lax.conv_general_dilated(
                    x, kernel, (1, 1), layer.padding.upper(), dimension_numbers=numbers
                )
                x += bias
            case layers.MaxPooling2D():
                x = lax.reduce_window(x, -math.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
            case layers.Flatten():
                x = x.reshape(len(x), -1)
            case layers.Dense():
                kernel, bias = left.pop(0), left.pop(0)
                x = x @ kernel + bias
            case _:
                raise TypeError(f"the benchmark has no {type(layer).__name__} in JAX")
        if i < len(stack) - 1 and getattr(layer, "activation", "") == "relu":
            x = jax.nn.relu(x)
    return x


def epochs(job: Job) -> None:
    """Time epochs of Adam; the images are shuffled, and the loss is read, once an epoch."""
    stack, weights, x, y = start(job)
    size = job["batch_size"]

    def loss(weights: Weights, x: Any, y: Any) -> Any:
        return -jnp.take_along_axis(jax.nn.log_softmax(logits(stack, weights, x)), y[:, None], 1).mean()

    @jax.jit
    def step(state: Any, x: Any, y: Any, indices: Any) -> Any:
        weights, m, v, n, total = state
        value, grads = jax.value_and_grad(loss)(weights, x[indices], y[indices])
        n += 1
        m = [0.9 * a + 0.1 * g for a, g in zip(m, grads, strict=True)]
        v = [0.999 * a + 0.001 * g * g for a, g in zip(v, grads, strict=True)]
        rate = 0.001 * jnp.sqrt(1 - 0.999**n) / (1 - 0.9**n)
        weights = [w - rate * a / (jnp.sqrt(b) + 1e-7) for w, a, b in zip(weights, m, v, strict=True)]
        return weights, m, v, n, total + value * len(indices)

    def epoch(state: Any, x: Any, y: Any) -> Any:
        order = np.random.default_rng(0).permutation(len(x))
        for i in range(0, len(x), size):
            state = step(state, x, y, order[i : i + size])
        report("loss", float(state[-1]) / len(x))
        return (*state[:-1], 0.0)

    zeros = [jnp.zeros_like(w) for w in weights]
    state = (weights, zeros, zeros, 0.0, 0.0)
    x, y = jnp.asarray(x), jnp.asarray(y)
    # Every shape that it compiles: of all images and of a whole batch, and of the last batch.
    for n in {size, len(x) % size or size}:
        jax.block_until_ready(step(state, x, y, np.arange(n)))
    for _ in range(job["epochs"]):
        report("seconds", seconds(lambda: epoch(state, x, y)))


def predictor(stack: list[layers.Layer], weights: Weights) -> Any:
    compiled = jax.jit(lambda weights, x: jax.nn.softmax(logits(stack, weights, x)))
    return lambda x: np.asarray(compiled(weights, x))


def predict(job: Job) -> None:
    stack, weights, x, _ = start(job)
    function, size = predictor(stack, weights), min(256, len(x))
    parts = [x[i : i + size] for i in range(0, len(x), size)]

    def all_images() -> None:
        np.concatenate([function(part) for part in parts])

    all_images()
    for _ in range(job["times"]):
        report("seconds", seconds(all_images))


def single(job: Job) -> None:
    stack, weights, x, _ = start(job)
    function = predictor(stack, weights)
    for i in range(20):
        function(x[i : i + 1])
    for i in range(job["times"]):
        k = i % len(x)
        report("seconds", seconds(lambda k=k: function(x[k : k + 1])))


if __name__ == "__main__":
    run({"epochs": epochs, "predict": predict, "single": single})
