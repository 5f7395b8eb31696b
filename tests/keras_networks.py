"""Random networks in Keras and in the reference engine: `differences`, for `ask_keras`.

Each has an optimizer of its own, with Keras's and ours taking the same ten steps. A network is drawn from its
seed, as arguments of layers that both libraries have.
"""

import numpy as np

from pyflux import layers, losses, optimizers
from pyflux.architecture import Architecture
from pyflux.engines import Data, build

NETWORKS = 60
STEPS, SAMPLES = 10, 12
ACTIVATIONS = ["relu", "tanh", "sigmoid", "elu", "softplus", "gelu", "silu", "selu", "leaky_relu", "linear"]
OPTIMIZERS = [
    ("SGD", {"learning_rate": 0.05}),
    ("SGD", {"learning_rate": 0.02, "momentum": 0.9, "nesterov": True}),
    ("RMSprop", {}),
    ("RMSprop", {"momentum": 0.5, "centered": True}),
    ("Adam", {}),
    ("Adam", {"amsgrad": True, "clipnorm": 1.0}),
    ("AdamW", {"weight_decay": 0.01}),
    ("Adagrad", {"learning_rate": 0.01}),
    ("Nadam", {}),
    ("Lion", {"learning_rate": 1e-3}),
]


def draw(seed):
    """Return the layers as pairs of a class's name and its arguments, the sample's shape, and the loss."""
    rng = np.random.default_rng(seed)

    def pick(choices):
        return choices[rng.integers(len(choices))]

    shape = (int(rng.integers(7, 13)), int(rng.integers(7, 13)), int(rng.integers(1, 4)))
    stack = []
    for _ in range(rng.integers(1, 4)):
        padding = pick(["valid", "same"])
        options = pick([{}, {"strides": 2}, {"dilation_rate": 2}]) if padding == "same" else {}
        kernel = [int(k) for k in rng.integers(1, 4, 2)]
        normalized = rng.random() < 0.4
        arguments = {"filters": int(rng.integers(1, 7)), "kernel_size": kernel, "padding": padding}
        arguments |= {"use_bias": not normalized, "activation": "linear" if normalized else pick(ACTIVATIONS)}
        stack.append(("Conv2D", arguments | options))
        if normalized:
            stack.append(("BatchNormalization", {"momentum": 0.9}))
            stack.append(("Activation", {"activation": pick(ACTIVATIONS)}))
        if rng.random() < 0.5:
            # Keras's PyTorch backend counts padding in an average where more of it goes after than before.
            stack.append((pick(["MaxPooling2D", "AveragePooling2D"]), {"pool_size": 2, "padding": "valid"}))
            if min(_output_shape(stack, shape)[:2]) < 3:
                break
        if min(_output_shape(stack, shape)[:2]) < 4:
            break
    stack.append((pick(["Flatten", "Flatten", "GlobalAveragePooling2D", "GlobalMaxPooling2D"]), {}))
    if rng.random() < 0.6:
        stack.append(("Dense", {"units": int(rng.integers(2, 9)), "activation": pick(ACTIVATIONS)}))
    activation, loss = pick(
        [
            ("softmax", "SparseCategoricalCrossentropy"),
            ("softmax", "CategoricalCrossentropy"),
            ("sigmoid", "BinaryCrossentropy"),
            ("tanh", "MeanSquaredError"),
            ("linear", "Huber"),
        ]
    )
    stack.append(("Dense", {"units": 4, "activation": activation}))
    return stack, shape, loss


def _made(stack, lib):
    return [getattr(lib, name)(**arguments) for name, arguments in stack]


def _output_shape(stack, shape):
    return Architecture(tuple(_made(stack, layers)), shape).output_shape


def _data(seed, shape, loss):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(SAMPLES, *shape)).astype(np.float32)
    if loss == "SparseCategoricalCrossentropy":
        return x, rng.integers(0, 4, SAMPLES).astype(np.int32)
    y = rng.random((SAMPLES, 4))
    y = y / y.sum(1, keepdims=True) if loss == "CategoricalCrossentropy" else y
    return x, y.astype(np.float32)


def _numpy(tensor):
    return tensor.detach().numpy()


def difference(ours, theirs, largest=None):
    """The largest difference, relative to the largest value."""
    largest = max(float(np.abs(theirs).max()), 1e-3) if largest is None else largest
    return float(np.abs(np.asarray(ours) - np.asarray(theirs)).max()) / largest


def compare(keras, seed):
    """The differences of one network: outputs, loss, gradients, moving averages, and weights after the steps."""
    import torch

    stack, shape, loss_name = draw(seed)
    kind, options = OPTIMIZERS[seed % len(OPTIMIZERS)]
    x, y = _data(seed, shape, loss_name)
    architecture = Architecture(tuple(_made(stack, layers)), shape)
    # No weight is 0 or 1; none is so large that a sigmoid or softmax comes within the 1e-7 of 0 where Keras clips it.
    rng = np.random.default_rng(seed)
    start = [
        w + rng.uniform(-0.1, 0.1, w.shape).astype(np.float32) for w in architecture.initial_weights(seed)
    ]
    network = build("reference", architecture, start)
    network.compile(getattr(optimizers, kind)(**options), getattr(losses, loss_name)())

    model = keras.Sequential([keras.Input(shape), *_made(stack, keras.layers)])
    model.set_weights(start)
    loss = getattr(keras.losses, loss_name)()
    optimizer = getattr(keras.optimizers, kind)(**options)
    optimizer.build(model.trainable_variables)

    def step():
        """One of Keras's steps: its loss and gradients."""
        for variable in model.trainable_variables:
            variable.value.grad = None
        value = loss(y, model(x, training=True))
        value.backward()
        grads = [variable.value.grad for variable in model.trainable_variables]
        found = float(value), [_numpy(g).copy() for g in grads]
        with torch.no_grad():
            optimizer.apply(grads, model.trainable_variables)
        return found

    found = {"outputs": difference(network.predict(x, SAMPLES), _numpy(model(x, training=False)))}
    our_loss, our_grads = network.gradients(Data(x, y))
    their_loss, their_grads = step()
    found["loss"] = abs(our_loss - their_loss) / abs(their_loss)
    largest = max(1e-3, *(float(np.abs(g).max()) for g in their_grads))
    found["gradients"] = max(difference(a, b, largest) for a, b in zip(our_grads, their_grads, strict=True))
    for _ in range(STEPS - 1):
        step()
    network.train(
        Data(x, y), np.tile(np.arange(SAMPLES), STEPS), SAMPLES, [optimizer_rate(options, kind)] * STEPS
    )
    after = list(zip(architecture.weights, network.weights(), model.get_weights(), strict=True))
    moving = [difference(a, b) for spec, a, b in after if spec.weight.startswith("moving")]
    found["moving averages"] = max(moving, default=0.0)
    found[f"ten steps of {kind}"] = max(
        difference(a, b) for spec, a, b in after if not spec.weight.startswith("moving")
    )
    return found


def optimizer_rate(options, kind):
    """The rate of each step."""
    return getattr(optimizers, kind)(**options).learning_rate


def differences(keras):
    """The differences of every network: ``{seed: {what: difference}}``."""
    return {str(seed): compare(keras, seed) for seed in range(NETWORKS)}
