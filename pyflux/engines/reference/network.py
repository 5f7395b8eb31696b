"""The networks in plain NumPy: forward, loss, gradients and training, written to be read.

This is the oracle of the Flux engine, so it shares nothing with it. All arrays are ``(N, height,
width, channels)``, ``(N, rows, features)`` or ``(N, features)``, and everything is computed in the type of
the weights: float64 weights give a float64 network, which the tests check by finite differences.

Each layer is a pair of functions, in the table in ``layers.py``; ``ops.py`` says what they take and return.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ...architecture import Architecture
from ...inputs import Floats, Images, as_floats
from ...layers import Merge
from ...layers.preprocessing import GeometricAugmentation
from ...losses import Loss, SparseCategoricalCrossentropy
from ...optimizers import SGD, Optimizer
from ..base import Data, EvaluationResult, OptimizerState, score_head
from .activations import ACTIVATIONS
from .augmentation import fused, transform_images
from .layers import LAYERS
from .losses import loss_and_gradient
from .merging import MERGING
from .noise import noise_key
from .ops import Array, Key
from .optimizers import apply_gradients, initial_slots


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
        self._body = self._architecture.without(loss.head)  # what the loss is computed from
        self._trained = [i for i, yes in enumerate(self._architecture.trainable) if yes]
        self._frozen = self._architecture.frozen
        self.steps = 0
        self._slots = [initial_slots(optimizer, self._weights[i]) for i in self._trained]

    def predict(self, images: Images, batch_size: int) -> Floats:
        return self._in_batches(lambda x: self._outputs(x, self._architecture), images, batch_size)

    def features(self, images: Images, batch_size: int) -> Floats:
        def features(x: Images) -> Array:
            return self._outputs(x, self._architecture, stop=self._frozen)

        return self._in_batches(features, images, batch_size)

    def training_outputs(self, images: Images, step: int) -> Floats:
        """Return the outputs for a batch as a training step computes them, with dropout and augmentation."""
        kept, self.steps = self.steps, step
        try:
            return last_output(self._forward(images, self._architecture, training=True))
        finally:
            self.steps = kept

    def train(
        self, data: Data, order: NDArray[np.int64], batch_size: int, rates: Sequence[float]
    ) -> EvaluationResult:
        loss, outputs = 0.0, []
        for rate, start in zip(rates, range(0, len(order), batch_size), strict=True):
            batch = pick(data, order[start : start + batch_size])
            batch_loss, y, grads = self._loss_and_gradients(batch)
            self.steps += 1
            trained = [self._weights[i] for i in self._trained]
            apply_gradients(self._optimizer, rate, self.steps, trained, grads, self._slots)
            for i in self._trained:
                constraint = self._architecture.weights[i].constraint
                if constraint is not None:
                    self._weights[i][:] = constraint(self._weights[i])
            loss += batch_loss
            outputs.append(self._head(y))
        return EvaluationResult(loss, np.concatenate(outputs))

    def evaluate(self, data: Data, batch_size: int) -> EvaluationResult:
        loss, outputs = 0.0, []
        for start in range(0, len(data.images), batch_size):
            batch = pick(data, slice(start, start + batch_size))
            y = self._outputs(batch.images, self._body, start=self._start(batch))
            loss += loss_and_gradient(self._loss, y, batch.targets, batch.weights)[0]
            loss += self._penalty() * len(batch.images)
            outputs.append(self._head(y))
        return EvaluationResult(loss, np.concatenate(outputs))

    def gradients(self, data: Data) -> tuple[float, list[Floats]]:
        kept = [w.copy() for w in self._weights]
        loss, _, grads = self._loss_and_gradients(data)
        self.set_weights(kept)  # the moving averages have moved
        return loss / len(data.images), grads

    def input_gradients(self, data: Data, batch_size: int, loss: Loss | None) -> Floats:
        body = self._architecture.without(score_head(self._architecture) if loss is None else loss.head)
        found = []
        for start in range(0, len(data.images), batch_size):
            batch = pick(data, slice(start, start + batch_size))
            values = self._forward(batch.images, body)
            y = last_output(values)
            if loss is None:
                dy = np.eye(y.shape[1], dtype=y.dtype)[batch.targets]
            else:  # of the sum, in which each sample's loss depends on that sample alone
                dy = len(y) * loss_and_gradient(loss, y, batch.targets, None)[1]
            found.append(self._backward(body, values, dy, 0, training=False)[1][-1])
        return np.concatenate(found)

    def optimizer_state(self) -> OptimizerState:
        names = self._optimizer.slots
        return OptimizerState(self.steps, {n: [slots[n].copy() for slots in self._slots] for n in names})

    def set_optimizer_state(self, state: OptimizerState) -> None:
        self.steps = state.iterations
        for name in self._optimizer.slots:
            for slots, array in zip(self._slots, state.slots[name], strict=True):
                slots[name][:] = array

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

    def _layer_weights(self, architecture: Architecture) -> list[list[Array]]:
        remaining = iter(self._weights)
        found: list[list[Array]] = []
        for node in architecture.nodes:
            mine = [next(remaining) for _ in node.weight_shapes]
            found.append(mine if node.owner is None else found[node.owner])
        return found

    def _keys(self, architecture: Architecture, training: bool) -> list[Key]:
        """For each layer the key of its random numbers in this step; random layers are counted from 1."""
        if not training:
            return [None] * len(architecture.layers)
        keys: list[Key] = []
        count = 0
        for layer in architecture.layers:
            count += layer.random
            own_seed = getattr(layer, "seed", None)
            seed = self.seed if own_seed is None else own_seed
            keys.append(noise_key(seed, self.steps, count if layer.random else 0))
        return keys

    def _forward(
        self,
        images: Images,
        architecture: Architecture,
        *,
        start: int = 0,
        stop: int | None = None,
        training: bool = False,
    ) -> list[Array]:
        """Return what comes out of each layer, and at the end what goes into the network.

        So a node's index, and -1 for the network's input, are indices of the list. Before ``start`` only what
        the layer there gets has a value.
        """
        dtype = self._weights[0].dtype if self._weights else np.dtype(np.float32)
        scaled = as_floats(images) if architecture.scales_bytes else images
        values: list[Array] = [np.empty(0)] * len(architecture.nodes[:stop]) + [
            scaled.astype(dtype, copy=False)
        ]
        values[start - 1] = values[-1]
        keys, groups = self._keys(architecture, training), fused(architecture.layers)
        weights = self._layer_weights(architecture)
        for i, node in list(enumerate(architecture.nodes))[start:stop]:
            x, layer = [values[k] for k in node.inputs], node.layer
            if isinstance(layer, Merge):
                values[i] = MERGING[type(layer)].forward(layer, x)
            elif isinstance(layer, GeometricAugmentation):
                members = [(architecture.layers[k], key) for k in groups[i] if (key := keys[k]) is not None]
                values[i] = transform_images(members, x[0])  # type: ignore[arg-type]  # geometric
            else:
                values[i] = LAYERS[type(layer)].forward(layer, weights[i], x[0], keys[i])
        return values

    def _outputs(
        self, images: Images, architecture: Architecture, start: int = 0, stop: int | None = None
    ) -> Array:
        """Return what comes out of the last layer, or of the one before ``stop``."""
        return last_output(self._forward(images, architecture, start=start, stop=stop))

    def _loss_and_gradients(self, data: Data) -> tuple[float, Array, list[Array]]:
        """Return the summed loss, what it was computed from, and the gradient for all that is trained."""
        body = self._body
        values = self._forward(data.images, body, start=self._start(data), training=True)
        y = last_output(values)
        loss, dy = loss_and_gradient(self._loss, y, data.targets, data.weights)
        first = max(self._start(data), self._architecture.first_trainable)
        grads, _ = self._backward(body, values, dy, first, training=True)
        for i, k in enumerate(self._trained):
            penalty = self._architecture.penalties[k]
            if penalty is not None:
                w = self._weights[k]
                grads[i] = grads[i] + penalty.l1 * np.sign(w) + 2 * penalty.l2 * w
        return loss + self._penalty() * len(data.images), y, grads

    def _backward(
        self, body: Architecture, values: list[Array], dy: Array, first: int, *, training: bool
    ) -> tuple[list[Array], dict[int, Array]]:
        """Return the gradients for the weights of the layers from ``first``, and for what goes into these.

        The latter come by the index of the layer that gives it, -1 for the network's input.

        Args:
            body: The network, to what the gradient ``dy`` is for.
            values: What `_forward` returned for it.
            dy: The gradient for its output.
            first: The first layer that matters.
            training: Whether it was a step of training.
        """
        weights, keys = self._layer_weights(body), self._keys(body, training)
        # The gradients for the output of each node: the sum of what each layer that takes it gives.
        d: dict[int, Array] = {len(body.nodes) - 1: dy}
        layer_grads: dict[int, list[Array]] = {}  # of each node that has weights; its later calls add theirs
        for i in reversed(range(first, len(body.nodes))):
            node, di = body.nodes[i], d.pop(i)
            x = [values[k] for k in node.inputs]
            if isinstance(node.layer, Merge):
                found = MERGING[type(node.layer)].backward(node.layer, x, values[i], di)
            else:
                dx, grads = LAYERS[type(node.layer)].backward(
                    node.layer, weights[i], x[0], values[i], di, keys[i]
                )
                found = [dx]
                if node.layer.trainable:
                    owner = i if node.owner is None else node.owner
                    others = layer_grads.get(owner)
                    layer_grads[owner] = grads if others is None else [*map(np.add, others, grads)]
            for k, dk in zip(node.inputs, found, strict=True):
                d[k] = d[k] + dk if k in d else dk
        return [grad for i in sorted(layer_grads) for grad in layer_grads[i]], d

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


def last_output(values: list[Array]) -> Array:
    """Return what the last layer gives; without layers what goes in, which is behind all outputs."""
    return values[-2] if len(values) > 1 else values[-1]
