"""The networks in plain NumPy: forward, loss, gradients and Adam, written to be read.

This is the oracle of the Flux engine, so it shares nothing with it. All arrays are ``(N, height,
width, channels)`` or ``(N, features)``, and everything is computed in the type of the weights: float64
weights give a float64 network, which the tests check by finite differences.

Each layer is a pair of functions. ``forward(layer, weights, x)`` returns ``y``; ``backward(layer, weights,
x, y, dy)`` returns ``dx`` and the gradients of the weights. To add a layer, add its pair to `LAYERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..architecture import Architecture
from ..arrays import Floats, Images, Labels, as_floats
from ..layers import Activation, Conv2D, Dense, Flatten, Layer, MaxPooling2D, same_padding
from ..losses import SparseCategoricalCrossentropy
from ..optimizers import Adam
from . import OptimizerState, Totals

Array = NDArray[Any]
Weights = Sequence[Array]


# ── Activations ──────────────────────────────────────────────────────────────────────────────────────────


def softmax(x: Array) -> Array:
    """Exponentials that sum to 1 over the last axis; the maximum is taken off so that none overflows."""
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    p: Array = e / e.sum(axis=-1, keepdims=True)
    return p


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)), written with tanh so that nothing overflows."""
    return 0.5 * (1 + np.tanh(0.5 * x))


class Function(NamedTuple):
    """An activation, and the gradient it passes back, from its output ``y`` alone."""

    forward: Callable[[Array], Array]
    backward: Callable[[Array, Array], Array]


ACTIVATIONS = {
    "linear": Function(lambda x: x, lambda y, dy: dy),
    "relu": Function(lambda x: np.maximum(x, 0), lambda y, dy: dy * (y > 0)),
    "sigmoid": Function(sigmoid, lambda y, dy: dy * y * (1 - y)),
    "tanh": Function(np.tanh, lambda y, dy: dy * (1 - y * y)),
    "softmax": Function(softmax, lambda y, dy: y * (dy - (dy * y).sum(axis=-1, keepdims=True))),
}


# ── Windows: what convolution and pooling share ──────────────────────────────────────────────────────────


def window_slices(
    layer: Conv2D | MaxPooling2D, span: tuple[int, int], out: tuple[int, int]
) -> Iterator[tuple[int, int, slice, slice]]:
    """For each position in the window, the rows and columns of the padded input that it meets."""
    sh, sw = layer.strides or span
    for i in range(span[0]):
        for j in range(span[1]):
            yield i, j, slice(i, i + sh * out[0], sh), slice(j, j + sw * out[1], sw)


def padding(layer: Conv2D | MaxPooling2D, span: tuple[int, int], x: Array) -> list[tuple[int, int]]:
    """Rows and columns to add around ``x``."""
    if layer.padding == "valid":
        return [(0, 0)] * 4
    sh, sw = layer.strides or span
    return [(0, 0), same_padding(x.shape[1], span[0], sh), same_padding(x.shape[2], span[1], sw), (0, 0)]


def padded(layer: Conv2D | MaxPooling2D, span: tuple[int, int], x: Array, value: float) -> Array:
    """``x`` with its padding."""
    return np.pad(x, padding(layer, span, x), constant_values=value)


def unpadded(layer: Conv2D | MaxPooling2D, span: tuple[int, int], x: Array, dx: Array) -> Array:
    """The part of ``dx`` that belongs to ``x``."""
    _, (top, _), (left, _), _ = padding(layer, span, x)
    return dx[:, top : top + x.shape[1], left : left + x.shape[2]]


# ── Layers ───────────────────────────────────────────────────────────────────────────────────────────────


def windows(layer: Conv2D, x: Array) -> Array:
    """What each place of the kernel meets: ``(N, height, width, channels, kernel height, kernel width)``."""
    xp = padded(layer, layer.kernel_size, x, 0)
    sh, sw = layer.strides
    return np.lib.stride_tricks.sliding_window_view(xp, layer.kernel_size, axis=(1, 2))[:, ::sh, ::sw]


def conv2d(layer: Conv2D, weights: Weights, x: Array) -> Array:
    """Every window times the kernel, summed over rows, columns and channels."""
    y = np.tensordot(windows(layer, x), weights[0], axes=((4, 5, 3), (0, 1, 2)))
    return ACTIVATIONS[layer.activation or "linear"].forward(y + weights[1] if layer.use_bias else y)


def conv2d_back(layer: Conv2D, weights: Weights, x: Array, y: Array, dy: Array) -> tuple[Array, list[Array]]:
    """Each position of the kernel hands its share back to the pixels that it met."""
    kernel = weights[0]
    dy = ACTIVATIONS[layer.activation or "linear"].backward(y, dy)
    dkernel = np.tensordot(windows(layer, x), dy, axes=((0, 1, 2), (0, 1, 2))).transpose(1, 2, 0, 3)
    dxp = np.zeros_like(padded(layer, layer.kernel_size, x, 0))
    for i, j, rows, columns in window_slices(layer, layer.kernel_size, (y.shape[1], y.shape[2])):
        dxp[:, rows, columns] += np.tensordot(dy, kernel[i, j], axes=(3, 1))
    grads = [dkernel, dy.sum(axis=(0, 1, 2))] if layer.use_bias else [dkernel]
    return unpadded(layer, layer.kernel_size, x, dxp), grads


def max_pooling2d(layer: MaxPooling2D, weights: Weights, x: Array) -> Array:
    """The largest of what the window's positions meet."""
    height, width, _ = layer.output_shape(x.shape[1:])
    xp = padded(layer, layer.pool_size, x, -np.inf)
    met = [
        xp[:, rows, columns] for _, _, rows, columns in window_slices(layer, layer.pool_size, (height, width))
    ]
    largest: Array = np.max(met, axis=0)
    return largest


def max_pooling2d_back(
    layer: MaxPooling2D, weights: Weights, x: Array, y: Array, dy: Array
) -> tuple[Array, list[Array]]:
    """Only the first of the largest gets the gradient, row by row, as in Keras, PyTorch and Flux."""
    xp = padded(layer, layer.pool_size, x, -np.inf)
    dxp, free = np.zeros_like(xp), np.ones(y.shape, bool)
    for _, _, rows, columns in window_slices(layer, layer.pool_size, (y.shape[1], y.shape[2])):
        wins = free & (xp[:, rows, columns] == y)
        dxp[:, rows, columns] += dy * wins
        free &= ~wins
    return unpadded(layer, layer.pool_size, x, dxp), []


def flatten(layer: Flatten, weights: Weights, x: Array) -> Array:
    """Rows, then columns, then channels."""
    return x.reshape(x.shape[0], -1)


def flatten_back(
    layer: Flatten, weights: Weights, x: Array, y: Array, dy: Array
) -> tuple[Array, list[Array]]:
    """The gradient in the shape that came in."""
    return dy.reshape(x.shape), []


def dense(layer: Dense, weights: Weights, x: Array) -> Array:
    """One matrix product."""
    y = x @ weights[0]
    return ACTIVATIONS[layer.activation or "linear"].forward(y + weights[1] if layer.use_bias else y)


def dense_back(layer: Dense, weights: Weights, x: Array, y: Array, dy: Array) -> tuple[Array, list[Array]]:
    """The product's two gradients."""
    dy = ACTIVATIONS[layer.activation or "linear"].backward(y, dy)
    grads = [x.T @ dy, dy.sum(axis=0)] if layer.use_bias else [x.T @ dy]
    return dy @ weights[0].T, grads


def activation(layer: Activation, weights: Weights, x: Array) -> Array:
    """The function alone."""
    return ACTIVATIONS[layer.activation].forward(x)


def activation_back(
    layer: Activation, weights: Weights, x: Array, y: Array, dy: Array
) -> tuple[Array, list[Array]]:
    """Its gradient alone."""
    return ACTIVATIONS[layer.activation].backward(y, dy), []


class Step(NamedTuple):
    """A layer's pair of functions."""

    forward: Callable[..., Array]
    backward: Callable[..., tuple[Array, list[Array]]]


LAYERS: dict[type[Layer], Step] = {
    Conv2D: Step(conv2d, conv2d_back),
    MaxPooling2D: Step(max_pooling2d, max_pooling2d_back),
    Flatten: Step(flatten, flatten_back),
    Dense: Step(dense, dense_back),
    Activation: Step(activation, activation_back),
}


# ── Loss ─────────────────────────────────────────────────────────────────────────────────────────────────


def cross_entropy(logits: Array, labels: Labels) -> tuple[float, Array]:
    """Return the loss summed over samples, and the gradient of its mean for the logits."""
    n = np.arange(len(labels))
    shifted = logits - logits.max(axis=1, keepdims=True)
    loss = np.log(np.exp(shifted).sum(axis=1)) - shifted[n, labels]
    d = softmax(logits)
    d[n, labels] -= 1
    return float(loss.sum(dtype=np.float64)), d / len(labels)


# ── The network ──────────────────────────────────────────────────────────────────────────────────────────


class Network:
    """A network in NumPy; see `pyflux.engines.Network` for what each method does."""

    engine = "reference"

    def __init__(self, architecture: Architecture, weights: Sequence[Array]) -> None:
        self._architecture = architecture
        self._logits = architecture.to_logits
        self._weights = [np.array(w) for w in weights]
        self._optimizer = Adam()
        self._state = OptimizerState(0, [], [])

    def weights(self) -> list[Floats]:
        return [w.copy() for w in self._weights]

    def set_weights(self, weights: Sequence[Array]) -> None:
        self._weights = [np.array(w) for w in weights]

    def compile(self, optimizer: Adam, loss: SparseCategoricalCrossentropy) -> None:
        loss.check(self._architecture)
        self._optimizer = optimizer
        zeros = [np.zeros_like(w) for w in self._weights]
        self._state = OptimizerState(0, zeros, [z.copy() for z in zeros])

    def predict(self, images: Images, batch_size: int) -> Floats:
        parts = [
            self._forward(self._architecture, images[start : start + batch_size])[-1]
            for start in range(0, len(images), batch_size)
        ]
        return np.concatenate(parts)

    def train(self, images: Images, labels: Labels, order: NDArray[np.int64], batch_size: int) -> Totals:
        loss, correct = 0.0, 0
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            batch_loss, hits, grads = self._loss_and_gradients(images[batch], labels[batch])
            self._step(grads)
            loss, correct = loss + batch_loss, correct + hits
        return Totals(loss, correct, len(order))

    def evaluate(self, images: Images, labels: Labels, batch_size: int) -> Totals:
        loss, correct = 0.0, 0
        for start in range(0, len(images), batch_size):
            batch = slice(start, start + batch_size)
            logits = self._forward(self._logits, images[batch])[-1]
            loss += cross_entropy(logits, labels[batch])[0]
            correct += int((logits.argmax(axis=1) == labels[batch]).sum())
        return Totals(loss, correct, len(images))

    def gradients(self, images: Images, labels: Labels) -> tuple[float, list[Floats]]:
        loss, _, grads = self._loss_and_gradients(images, labels)
        return loss / len(images), grads

    def optimizer_state(self) -> OptimizerState:
        count, m, v = self._state
        return OptimizerState(count, [a.copy() for a in m], [a.copy() for a in v])

    def set_optimizer_state(self, state: OptimizerState) -> None:
        self._state = OptimizerState(
            state.iterations, [np.array(a) for a in state.m], [np.array(a) for a in state.v]
        )

    def versions(self) -> dict[str, str]:
        return {"numpy": np.__version__}

    def _layer_weights(self, architecture: Architecture) -> Iterator[tuple[Layer, list[Array]]]:
        remaining = iter(self._weights)
        for layer, given in zip(architecture.layers, architecture.shapes[:-1], strict=True):
            yield layer, [next(remaining) for _ in layer.weight_shapes(given)]

    def _forward(self, architecture: Architecture, images: Images) -> list[Array]:
        """Return what goes into each layer, and after them what comes out of the last."""
        kind = self._weights[0].dtype if self._weights else np.dtype(np.float32)
        values = [as_floats(images).astype(kind, copy=False)]
        for layer, weights in self._layer_weights(architecture):
            values.append(LAYERS[type(layer)].forward(layer, weights, values[-1]))
        return values

    def _loss_and_gradients(self, images: Images, labels: Labels) -> tuple[float, int, list[Array]]:
        values = self._forward(self._logits, images)
        loss, d = cross_entropy(values[-1], labels)
        correct = int((values[-1].argmax(axis=1) == labels).sum())
        grads: list[Array] = []
        steps = list(self._layer_weights(self._logits))
        for (layer, weights), x, y in zip(steps[::-1], values[-2::-1], values[:0:-1], strict=True):
            d, layer_grads = LAYERS[type(layer)].backward(layer, weights, x, y, d)
            grads = layer_grads + grads
        return loss, correct, grads

    def _step(self, grads: list[Array]) -> None:
        """Adam, as Kingma and Ba (2015) give it in their algorithm 1."""
        o = self._optimizer
        t = self._state.iterations + 1
        for w, g, m, v in zip(self._weights, grads, self._state.m, self._state.v, strict=True):
            m += (1 - o.beta_1) * (g - m)
            v += (1 - o.beta_2) * (g * g - v)
            m_hat, v_hat = m / (1 - o.beta_1**t), v / (1 - o.beta_2**t)
            w -= o.learning_rate * m_hat / (np.sqrt(v_hat) + o.epsilon)
        self._state = self._state._replace(iterations=t)
