"""The networks in plain NumPy: forward, loss, gradients and Adam, written to be read.

This is the oracle of the Flux engine, so it shares nothing with it. All arrays are ``(N, height,
width, channels)`` or ``(N, features)``, and everything is computed in the type of the weights: float64
weights give a float64 network, which the tests check by finite differences.

Each layer is a pair of functions: ``forward(layer, weights, x, key)`` returns ``y``, ``backward(layer,
weights, x, y, dy, key)`` returns ``dx`` and the gradients of the weights that are trained. ``key`` is None
but in training, where random layers draw their numbers from it. To add a layer, add its pair to `LAYERS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...architecture import Architecture
from ...inputs import Floats, Images, Targets, as_floats
from ...layers import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    Layer,
    MaxPooling2D,
    Pooling2D,
    RandomContrast,
    RandomFlip,
    RandomRotation,
    RandomTranslation,
    RandomZoom,
    Rescaling,
    same_padding,
)
from ...losses import Loss, SparseCategoricalCrossentropy
from ...optimizers import SGD, Adam, Optimizer, RMSprop
from ..base import Data, EvaluationResult, OptimizerState
from .augmentation import contrast, moves, together, warp
from .noise import noise_key, uniform

Array = NDArray[Any]
Weights = Sequence[Array]
Key = int | None
Gradients = tuple[Array, list[Array]]


# ── Activations ──────────────────────────────────────────────────────────────────────────────────────────


def softmax(x: Array) -> Array:
    """Exponentials that sum to 1 over the last axis; the maximum is taken off so that none overflows."""
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    p: Array = e / e.sum(axis=-1, keepdims=True)
    return p


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)), written with tanh so that nothing overflows."""
    return 0.5 * (1 + np.tanh(0.5 * x))


def normal_cdf(x: Array) -> Array:
    """The share of a standard normal distribution below x."""
    erf: Array = np.vectorize(math.erf)(x / math.sqrt(2))
    return (0.5 * (1 + erf)).astype(x.dtype)


class Function(NamedTuple):
    """An activation, and the gradient it passes back, from its input ``x`` and its output ``y``."""

    forward: Callable[[Array], Array]
    backward: Callable[[Array, Array, Array], Array]


ACTIVATIONS = {
    "linear": Function(lambda x: x, lambda x, y, dy: dy),
    "relu": Function(lambda x: np.maximum(x, 0), lambda x, y, dy: dy * (x > 0)),
    "leaky_relu": Function(
        lambda x: np.where(x > 0, x, x * x.dtype.type(0.2)),
        lambda x, y, dy: np.where(x > 0, dy, dy * dy.dtype.type(0.2)),
    ),
    "elu": Function(
        lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
        lambda x, y, dy: np.where(x > 0, dy, dy * (y + 1)),
    ),
    "gelu": Function(
        lambda x: x * normal_cdf(x),
        lambda x, y, dy: dy * (normal_cdf(x) + x * np.exp(-x * x / 2) / np.sqrt(x.dtype.type(2 * np.pi))),
    ),
    "sigmoid": Function(sigmoid, lambda x, y, dy: dy * y * (1 - y)),
    "tanh": Function(np.tanh, lambda x, y, dy: dy * (1 - y * y)),
    "softmax": Function(softmax, lambda x, y, dy: y * (dy - (dy * y).sum(axis=-1, keepdims=True))),
}


# ── Windows: what convolution and pooling share ──────────────────────────────────────────────────────────

Windowed = Conv2D | Pooling2D


def padding(layer: Windowed, x: Array) -> list[tuple[int, int]]:
    """Rows and columns to add around ``x``."""
    if layer.padding == "valid":
        return [(0, 0)] * 4
    (h, w), (sh, sw) = layer.span, layer.strides or layer.span
    return [(0, 0), same_padding(x.shape[1], h, sh), same_padding(x.shape[2], w, sw), (0, 0)]


def padded(layer: Windowed, x: Array, value: float) -> Array:
    """``x`` with its padding."""
    return np.pad(x, padding(layer, x), constant_values=value)


def unpadded(layer: Windowed, x: Array, dx: Array) -> Array:
    """The part of ``dx`` that belongs to ``x``."""
    _, (top, _), (left, _), _ = padding(layer, x)
    return dx[:, top : top + x.shape[1], left : left + x.shape[2]]


def windows(layer: Windowed, xp: Array) -> Array:
    """What each window meets of the padded input: ``(N, height, width, channels, rows, columns)``."""
    (sh, sw), (dh, dw) = layer.strides or layer.span, getattr(layer, "dilation_rate", (1, 1))
    met = np.lib.stride_tricks.sliding_window_view(xp, layer.span, axis=(1, 2))
    return met[:, ::sh, ::sw, :, ::dh, ::dw]


# ── Layers ───────────────────────────────────────────────────────────────────────────────────────────────


def grouped(layer: Conv2D, x: Array, kernel: Array) -> Iterator[tuple[slice, slice]]:
    """For each group, its channels and its filters."""
    channels, filters = x.shape[-1] // layer.groups, layer.filters // layer.groups
    for g in range(layer.groups):
        yield slice(g * channels, (g + 1) * channels), slice(g * filters, (g + 1) * filters)


def linear_conv2d(layer: Conv2D, weights: Weights, x: Array) -> Array:
    """Every window times the kernel, summed over rows, columns and channels; plus the bias."""
    met, kernel = windows(layer, padded(layer, x, 0)), weights[0]
    y = np.concatenate(
        [
            np.tensordot(met[:, :, :, c], kernel[..., f], axes=((4, 5, 3), (0, 1, 2)))
            for c, f in grouped(layer, x, kernel)
        ],
        axis=-1,
    )
    return y + weights[1] if layer.use_bias else y


def conv2d(layer: Conv2D, weights: Weights, x: Array, key: Key) -> Array:
    """The convolution and its activation."""
    return ACTIVATIONS[str(layer.activation)].forward(linear_conv2d(layer, weights, x))


def conv2d_backward(layer: Conv2D, weights: Weights, x: Array, y: Array, dy: Array, key: Key) -> Gradients:
    """Each window hands its share back to the pixels that it met."""
    kernel = weights[0]
    dy = ACTIVATIONS[str(layer.activation)].backward(linear_conv2d(layer, weights, x), y, dy)
    xp = padded(layer, x, 0)
    dxp, dkernel = np.zeros_like(xp), np.zeros_like(kernel)
    met, dmet = windows(layer, xp), writeable_windows(layer, dxp)
    for c, f in grouped(layer, x, kernel):
        dkernel[..., f] = np.einsum("nhwcij,nhwf->ijcf", met[:, :, :, c], dy[..., f], optimize=True)
        for i, j in np.ndindex(layer.kernel_size):
            dmet[:, :, :, c, i, j] += np.tensordot(dy[..., f], kernel[i, j, :, f], axes=(3, 1))
    grads = [dkernel, dy.sum(axis=(0, 1, 2))] if layer.use_bias else [dkernel]
    return unpadded(layer, x, dxp), grads


def writeable_windows(layer: Windowed, xp: Array) -> Array:
    """The windows as a view to add to. They overlap: add to one position of all windows at a time."""
    (sh, sw), (dh, dw) = layer.strides or layer.span, getattr(layer, "dilation_rate", (1, 1))
    met = np.lib.stride_tricks.sliding_window_view(xp, layer.span, axis=(1, 2), writeable=True)
    return met[:, ::sh, ::sw, :, ::dh, ::dw]


def max_pooling2d(layer: MaxPooling2D, weights: Weights, x: Array, key: Key) -> Array:
    """The largest of what each window meets."""
    largest: Array = windows(layer, padded(layer, x, -np.inf)).max(axis=(4, 5))
    return largest


def max_pooling2d_backward(
    layer: MaxPooling2D, weights: Weights, x: Array, y: Array, dy: Array, key: Key
) -> Gradients:
    """Only the first of the largest gets the gradient, row by row, as in Keras, PyTorch and Flux."""
    xp = padded(layer, x, -np.inf)
    dxp, free = np.zeros_like(xp), np.ones(y.shape, bool)
    met, dmet = windows(layer, xp), writeable_windows(layer, dxp)
    for i, j in np.ndindex(layer.pool_size):
        wins = free & (met[..., i, j] == y)
        dmet[..., i, j] += dy * wins
        free &= ~wins
    return unpadded(layer, x, dxp), []


def window_counts(layer: Pooling2D, x: Array) -> Array:
    """How many pixels of the image each window meets: padding does not count."""
    inside = padded(layer, np.ones((1, *x.shape[1:3], 1), x.dtype), 0)
    counts: Array = windows(layer, inside).sum(axis=(4, 5))
    return counts


def average_pooling2d(layer: AveragePooling2D, weights: Weights, x: Array, key: Key) -> Array:
    """The mean of what each window meets."""
    total: Array = windows(layer, padded(layer, x, 0)).sum(axis=(4, 5))
    return total / window_counts(layer, x)


def average_pooling2d_backward(
    layer: AveragePooling2D, weights: Weights, x: Array, y: Array, dy: Array, key: Key
) -> Gradients:
    """Every pixel that a window meets gets an equal share."""
    dxp = np.zeros_like(padded(layer, x, 0))
    dmet, share = writeable_windows(layer, dxp), dy / window_counts(layer, x)
    for i, j in np.ndindex(layer.pool_size):
        dmet[..., i, j] += share
    return unpadded(layer, x, dxp), []


def global_max(layer: GlobalMaxPooling2D, weights: Weights, x: Array, key: Key) -> Array:
    """The largest of each channel."""
    largest: Array = x.max(axis=(1, 2))
    return largest


def global_max_backward(
    layer: GlobalMaxPooling2D, weights: Weights, x: Array, y: Array, dy: Array, key: Key
) -> Gradients:
    """The first of the largest gets the gradient."""
    flat = x.reshape(x.shape[0], -1, x.shape[-1])
    dx = np.zeros_like(flat)
    np.put_along_axis(dx, flat.argmax(axis=1)[:, None], dy[:, None], axis=1)
    return dx.reshape(x.shape), []


def global_average(layer: GlobalAveragePooling2D, weights: Weights, x: Array, key: Key) -> Array:
    """The mean of each channel."""
    average: Array = x.mean(axis=(1, 2))
    return average


def global_average_backward(
    layer: GlobalAveragePooling2D, weights: Weights, x: Array, y: Array, dy: Array, key: Key
) -> Gradients:
    """Every pixel gets an equal share."""
    return np.broadcast_to(dy[:, None, None] / (x.shape[1] * x.shape[2]), x.shape), []


def flatten(layer: Flatten, weights: Weights, x: Array, key: Key) -> Array:
    """Rows, then columns, then channels."""
    return x.reshape(x.shape[0], -1)


def flatten_backward(layer: Flatten, weights: Weights, x: Array, y: Array, dy: Array, key: Key) -> Gradients:
    """The gradient in the shape that came in."""
    return dy.reshape(x.shape), []


def linear_dense(layer: Dense, weights: Weights, x: Array) -> Array:
    """One matrix product, plus the bias."""
    return x @ weights[0] + weights[1] if layer.use_bias else x @ weights[0]


def dense(layer: Dense, weights: Weights, x: Array, key: Key) -> Array:
    """The product and its activation."""
    return ACTIVATIONS[str(layer.activation)].forward(linear_dense(layer, weights, x))


def dense_backward(layer: Dense, weights: Weights, x: Array, y: Array, dy: Array, key: Key) -> Gradients:
    """The product's two gradients."""
    dy = ACTIVATIONS[str(layer.activation)].backward(linear_dense(layer, weights, x), y, dy)
    grads = [x.T @ dy, dy.sum(axis=0)] if layer.use_bias else [x.T @ dy]
    return dy @ weights[0].T, grads


def activation(layer: Activation, weights: Weights, x: Array, key: Key) -> Array:
    """The function alone."""
    return ACTIVATIONS[layer.activation].forward(x)


def activation_backward(
    layer: Activation, weights: Weights, x: Array, y: Array, dy: Array, key: Key
) -> Gradients:
    """Its gradient alone."""
    return ACTIVATIONS[layer.activation].backward(x, y, dy), []


def dropout_mask(layer: Dropout, x: Array, key: Key) -> Array:
    """0 for what is dropped, and for the others what makes up for it."""
    if key is None:
        ones: Array = np.ones_like(x)
        return ones
    kept = uniform(key, x.size).reshape(x.shape) >= np.float32(layer.rate)
    mask: Array = kept * x.dtype.type(1 / (1 - layer.rate))
    return mask


def dropout(layer: Dropout, weights: Weights, x: Array, key: Key) -> Array:
    """The values that are not dropped, scaled up."""
    return x * dropout_mask(layer, x, key)


def dropout_backward(layer: Dropout, weights: Weights, x: Array, y: Array, dy: Array, key: Key) -> Gradients:
    """The gradient of the values that were not dropped."""
    return dy * dropout_mask(layer, x, key), []


def statistics(layer: BatchNormalization, weights: Weights, x: Array, key: Key) -> tuple[Array, Array]:
    """Mean and variance of each channel: the batch's in training, otherwise the moving averages."""
    if key is None or not layer.trainable:
        return weights[2], weights[3]
    axes = tuple(range(x.ndim - 1))
    return x.mean(axis=axes), x.var(axis=axes)


def batch_normalization(layer: BatchNormalization, weights: Weights, x: Array, key: Key) -> Array:
    """Normalise, scale and shift; in training, move the averages."""
    gamma, beta, moving_mean, moving_variance = weights
    mean, variance = statistics(layer, weights, x, key)
    if key is not None and layer.trainable:
        n, new = x.size // x.shape[-1], 1 - layer.momentum
        moving_mean += new * (mean - moving_mean)
        moving_variance += new * (variance * (n / (n - 1)) - moving_variance)
    y: Array = gamma * (x - mean) / np.sqrt(variance + x.dtype.type(layer.epsilon)) + beta
    return y


def batch_normalization_backward(
    layer: BatchNormalization, weights: Weights, x: Array, y: Array, dy: Array, key: Key
) -> Gradients:
    """Ioffe and Szegedy (2015), with the batch's mean and variance as functions of ``x``."""
    axes = tuple(range(x.ndim - 1))
    mean, variance = statistics(layer, weights, x, key)
    deviation = np.sqrt(variance + x.dtype.type(layer.epsilon))
    normal = (x - mean) / deviation
    grads = [(dy * normal).sum(axis=axes), dy.sum(axis=axes)]
    dnormal = dy * weights[0]
    if key is not None and layer.trainable:
        dnormal = dnormal - dnormal.mean(axis=axes) - normal * (dnormal * normal).mean(axis=axes)
    return dnormal / deviation, grads


def rescaling(layer: Rescaling, weights: Weights, x: Array, key: Key) -> Array:
    """Scale and shift."""
    y: Array = x * x.dtype.type(layer.scale) + x.dtype.type(layer.offset)
    return y


def rescaling_backward(
    layer: Rescaling, weights: Weights, x: Array, y: Array, dy: Array, key: Key
) -> Gradients:
    """The gradient, scaled."""
    return dy * dy.dtype.type(layer.scale), []


def augmentation(layer: Layer, weights: Weights, x: Array, key: Key) -> Array:
    """Change each image as the key says; layers that move pixels do so together, in `Network._forward`."""
    return contrast(layer, x, key) if isinstance(layer, RandomContrast) and key is not None else x


def augmentation_backward(
    layer: Layer, weights: Weights, x: Array, y: Array, dy: Array, key: Key
) -> Gradients:
    """Nothing before it is trained, so that nothing needs a gradient."""
    return dy, []


class Step(NamedTuple):
    """A layer's pair of functions."""

    forward: Callable[..., Array]
    backward: Callable[..., Gradients]


LAYERS: dict[type[Layer], Step] = {
    Conv2D: Step(conv2d, conv2d_backward),
    MaxPooling2D: Step(max_pooling2d, max_pooling2d_backward),
    AveragePooling2D: Step(average_pooling2d, average_pooling2d_backward),
    GlobalMaxPooling2D: Step(global_max, global_max_backward),
    GlobalAveragePooling2D: Step(global_average, global_average_backward),
    Flatten: Step(flatten, flatten_backward),
    Dense: Step(dense, dense_backward),
    Activation: Step(activation, activation_backward),
    Dropout: Step(dropout, dropout_backward),
    BatchNormalization: Step(batch_normalization, batch_normalization_backward),
    Rescaling: Step(rescaling, rescaling_backward),
} | dict.fromkeys(
    (RandomFlip, RandomTranslation, RandomRotation, RandomZoom, RandomContrast),
    Step(augmentation, augmentation_backward),
)


# ── Losses: the loss of each sample, and its gradient for what it is computed from ───────────────────────


def categorical(logits: Array, targets: Array) -> tuple[Array, Array]:
    """Cross-entropy of ``softmax(logits)``."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -(targets * log_p).sum(axis=1), np.exp(log_p) * targets.sum(axis=1, keepdims=True) - targets


def binary(logits: Array, targets: Array) -> tuple[Array, Array]:
    """Cross-entropy of ``sigmoid(logits)``, averaged over outputs."""
    losses = np.maximum(logits, 0) - logits * targets + np.log1p(np.exp(-np.abs(logits)))
    return losses.mean(axis=1), (sigmoid(logits) - targets) / logits.shape[1]


def squared(outputs: Array, targets: Array) -> tuple[Array, Array]:
    """Squared difference, averaged over outputs."""
    difference = outputs - targets
    return (difference**2).mean(axis=1), 2 * difference / outputs.shape[1]


LOSSES = {"categorical": categorical, "binary": binary, "squared": squared}


def loss_and_gradient(
    kind: str, outputs: Array, targets: Targets, weights: Array | None
) -> tuple[float, Array]:
    """Return the loss summed over samples, and the gradient of its mean for the outputs."""
    if targets.ndim == 1:
        targets = np.eye(outputs.shape[1], dtype=outputs.dtype)[targets]
    losses, d = LOSSES[kind](outputs, targets)
    if weights is not None:
        losses, d = losses * weights, d * weights[:, None]
    return float(losses.sum(dtype=np.float64)), d / len(losses)


# ── Optimizers: change a weight by its gradient and by what is remembered of it ──────────────────────────


def sgd(o: SGD, rate: float, step: int, w: Array, g: Array, velocity: Array) -> None:
    """Gradient descent with momentum, as Keras writes it."""
    velocity *= o.momentum
    velocity -= rate * g
    w += o.momentum * velocity - rate * g if o.nesterov else velocity


def adam(o: Adam, rate: float, step: int, w: Array, g: Array, m: Array, v: Array) -> None:
    """Kingma and Ba (2015), algorithm 1; ``step`` counts from 1."""
    m += (1 - o.beta_1) * (g - m)
    v += (1 - o.beta_2) * (g * g - v)
    m_hat, v_hat = m / (1 - o.beta_1**step), v / (1 - o.beta_2**step)
    w -= rate * m_hat / (np.sqrt(v_hat) + o.epsilon)


def rmsprop(o: RMSprop, rate: float, step: int, w: Array, g: Array, v: Array) -> None:
    """Gradient over the root of its mean square."""
    v += (1 - o.rho) * (g * g - v)
    w -= rate * g / (np.sqrt(v) + o.epsilon)


def update(o: Optimizer, rate: float, step: int, w: Array, g: Array, memory: list[Array]) -> None:
    """Take one step for one weight. The decay is of the weight as it was before the step."""
    decay = rate * (o.weight_decay or 0) * w
    if isinstance(o, Adam):
        adam(o, rate, step, w, g, *memory)
    elif isinstance(o, RMSprop):
        rmsprop(o, rate, step, w, g, *memory)
    elif isinstance(o, SGD):
        sgd(o, rate, step, w, g, *memory)
    w -= decay


# ── The network ──────────────────────────────────────────────────────────────────────────────────────────


class Network:
    """A network in NumPy; see `pyflux.engines.Network` for what each method does."""

    engine = "reference"

    def __init__(self, architecture: Architecture, weights: Sequence[Array], seed: int = 0) -> None:
        self.seed, self.rank = seed, 0
        self._architecture = architecture
        self._weights = [np.array(w) for w in weights]
        self._seed = seed
        self.compile(SGD(), SparseCategoricalCrossentropy())

    def weights(self) -> list[Floats]:
        return [w.copy() for w in self._weights]

    def set_weights(self, weights: Sequence[Array]) -> None:
        for mine, given in zip(self._weights, weights, strict=True):
            mine[:] = given

    def compile(self, optimizer: Optimizer, loss: Loss, fast: bool = True) -> None:
        self._optimizer, self._loss = optimizer, loss
        self._body = self._architecture.without(loss.strips())  # what the loss is computed from
        self._trained = [i for i, yes in enumerate(self._architecture.trainable) if yes]
        self._frozen = self._architecture.frozen
        self.steps = 0
        self._memory = [[np.zeros_like(self._weights[i]) for _ in optimizer.slots] for i in self._trained]

    def predict(self, images: Images, batch_size: int) -> Floats:
        return self._in_batches(lambda x: self._forward(x, self._architecture)[-1], images, batch_size)

    def features(self, images: Images, batch_size: int) -> Floats:
        def features(x: Images) -> Array:
            return self._forward(x, self._architecture, stop=self._frozen)[-1]

        return self._in_batches(features, images, batch_size)

    def train(
        self, data: Data, order: NDArray[np.int64], batch_size: int, rates: Sequence[float]
    ) -> EvaluationResult:
        loss, outputs = 0.0, []
        for rate, start in zip(rates, range(0, len(order), batch_size), strict=True):
            batch = pick(data, order[start : start + batch_size])
            batch_loss, y, grads = self._loss_and_gradients(batch)
            self.steps += 1
            for i, g, memory in zip(self._trained, grads, self._memory, strict=True):
                update(self._optimizer, rate, self.steps, self._weights[i], g, memory)
            loss += batch_loss
            outputs.append(self._head(y))
        return EvaluationResult(loss, np.concatenate(outputs))

    def evaluate(self, data: Data, batch_size: int) -> EvaluationResult:
        loss, outputs = 0.0, []
        for start in range(0, len(data.images), batch_size):
            batch = pick(data, slice(start, start + batch_size))
            y = self._forward(batch.images, self._body, start=self._start(batch))[-1]
            loss += loss_and_gradient(self._loss.kind, y, batch.targets, batch.weights)[0]
            loss += self._penalty() * len(batch.images)
            outputs.append(self._head(y))
        return EvaluationResult(loss, np.concatenate(outputs))

    def gradients(self, data: Data) -> tuple[float, list[Floats]]:
        kept = [w.copy() for w in self._weights]
        loss, _, grads = self._loss_and_gradients(data)
        self.set_weights(kept)  # the moving averages have moved
        return loss / len(data.images), grads

    def optimizer_state(self) -> OptimizerState:
        slots = {
            name: [memory[k].copy() for memory in self._memory]
            for k, name in enumerate(self._optimizer.slots)
        }
        return OptimizerState(self.steps, slots)

    def set_optimizer_state(self, state: OptimizerState) -> None:
        self.steps = state.iterations
        for k, name in enumerate(self._optimizer.slots):
            for memory, array in zip(self._memory, state.slots[name], strict=True):
                memory[k][:] = array

    def release(self) -> None:
        pass

    def versions(self) -> dict[str, str]:
        return {"numpy": np.__version__}

    def _in_batches(self, compute: Callable[[Images], Array], images: Images, batch_size: int) -> Floats:
        return np.concatenate(
            [compute(images[start : start + batch_size]) for start in range(0, len(images), batch_size)]
        )

    def _start(self, data: Data) -> int:
        return self._frozen if data.features else 0

    def _head(self, y: Array) -> Array:
        """The outputs, from what the loss is computed from."""
        return ACTIVATIONS[self._loss.activation].forward(y) if self._body is not self._architecture else y

    def _layer_weights(self, architecture: Architecture) -> list[tuple[Layer, list[Array]]]:
        remaining = iter(self._weights)
        return [
            (layer, [next(remaining) for _ in layer.weight_shapes(given)])
            for layer, given in zip(architecture.layers, architecture.shapes[:-1], strict=True)
        ]

    def _keys(self, architecture: Architecture, training: bool) -> list[Key]:
        """For each layer the key of its random numbers; random layers are counted from 1."""
        if not training:
            return [None] * len(architecture.layers)
        keys, count = [], 0
        for layer in architecture.layers:
            count += layer.random
            keys.append(noise_key(self.seed, self.steps, count if layer.random else 0))
        return list(keys)

    def _forward(
        self,
        images: Images,
        architecture: Architecture,
        *,
        start: int = 0,
        stop: int | None = None,
        training: bool = False,
    ) -> list[Array]:
        """Return what goes into each layer from ``start``, and after them what comes out of the last."""
        kind = self._weights[0].dtype if self._weights else np.dtype(np.float32)
        scaled = as_floats(images) if architecture.scales_bytes else images
        values = [scaled.astype(kind, copy=False)]
        keys, rows = self._keys(architecture, training), together(architecture.layers)
        for i, (layer, weights) in list(enumerate(self._layer_weights(architecture)))[start:stop]:
            if moves(layer):
                row = [(architecture.layers[k], key) for k in rows[i] if (key := keys[k]) is not None]
                values.append(warp(row, values[-1]))
            else:
                values.append(LAYERS[type(layer)].forward(layer, weights, values[-1], keys[i]))
        return values

    def _loss_and_gradients(self, data: Data) -> tuple[float, Array, list[Array]]:
        """Return the summed loss, what it was computed from, and the gradient for all that is trained."""
        start = self._start(data)
        values = self._forward(data.images, self._body, start=start, training=True)
        loss, d = loss_and_gradient(self._loss.kind, values[-1], data.targets, data.weights)
        grads: list[Array] = []
        steps, keys = self._layer_weights(self._body), self._keys(self._body, training=True)
        for i in reversed(range(max(start, self._architecture.first_trained), len(steps))):
            layer, weights = steps[i]
            x, y = values[i - start], values[i - start + 1]
            d, layer_grads = LAYERS[type(layer)].backward(layer, weights, x, y, d, keys[i])
            grads = (layer_grads if layer.trainable else []) + grads
        for i, k in enumerate(self._trained):
            penalty = self._architecture.penalties[k]
            if penalty is not None:
                w = self._weights[k]
                grads[i] = grads[i] + penalty.l1 * np.sign(w) + 2 * penalty.l2 * w
        return loss + self._penalty() * len(data.images), values[-1], grads

    def _penalty(self) -> float:
        """The regularizers' part of the loss, of what is trained."""
        penalties = [(self._architecture.penalties[k], self._weights[k]) for k in self._trained]
        return sum(
            float(p.l1 * np.abs(w).sum() + p.l2 * (w * w).sum()) for p, w in penalties if p is not None
        )


def pick(data: Data, batch: NDArray[np.int64] | slice) -> Data:
    """Return some of the samples."""
    weights = None if data.weights is None else data.weights[batch]
    return Data(data.images[batch], data.targets[batch], weights, data.features)
