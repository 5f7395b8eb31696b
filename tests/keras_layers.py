"""Runs every example of a layer in Keras and in the reference engine: `differences`, for `ask_keras`."""

import numpy as np

from pyflux.engines.reference.layers import LAYERS

from .layer_examples import EXAMPLES, Example


def difference(ours, theirs):
    """The largest difference, relative to the largest value of Keras's."""
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    if ours.shape != theirs.shape:
        return f"shape {ours.shape}, Keras's is {theirs.shape}"
    scale = max(float(np.abs(theirs).max()), 1e-3)
    return float(np.abs(ours - theirs).max()) / scale


def differences(keras):
    """The differences of all examples: ``{example: {what: difference}}``."""
    return {name: compare(keras, example) for name, example in EXAMPLES.items()}


def generated_differences(keras, layer, cases):
    """The largest difference for each of some cases: the arguments of a layer, and the shape of its samples."""
    found = []
    for arguments, shape in cases:
        example = Example(lambda lib, a=arguments: getattr(lib, layer)(**a), tuple(shape))
        found.append(compare(keras, example))
    return found


def compare(keras, example):
    """The differences in what an example gives, asked and trained, and in all gradients."""
    import torch

    ours, theirs = example.layer(), example.make(keras.layers)
    ops = LAYERS[type(ours)]
    x = example.samples().astype(np.float32)
    theirs.build((None, *example.shape))
    given = [w.astype(np.float32) for w in example.weights()]
    if given and type(ours).__name__ == "Normalization":
        theirs.set_weights([*given, np.array(1, "int32")])  # and how many samples it has seen
        theirs.finalize_state()
    else:
        theirs.set_weights(given)
    found = {"predict": difference(ops.forward(ours, given, x, None), numpy(theirs(x, training=False)))}
    if ours.random:  # what is drawn in training is no business of Keras's
        return found
    mine = [w.copy() for w in given]
    y = ops.forward(ours, mine, x, 1)
    dy = np.random.default_rng(2).normal(size=y.shape).astype(np.float32)
    dx, grads = ops.backward(ours, [w.copy() for w in given], x, y, dy, 1)

    inputs = torch.tensor(x, requires_grad=True)
    outputs = theirs(inputs, training=True)
    found["train"] = difference(y, numpy(outputs))
    if outputs.requires_grad:
        outputs.backward(torch.tensor(dy))
        found["input gradient"] = difference(dx, inputs.grad.numpy())
    if ours.trainable:
        for name, g, variable in zip(names(ours, example), grads, theirs.trainable_variables, strict=True):
            found[f"{name} gradient"] = difference(g, variable.value.grad.numpy())
    kept = theirs.get_weights()[: len(mine)]  # a Normalization has a count behind them
    for name, w, theirs_w in zip(ours.weight_shapes(example.shape), mine, kept, strict=True):
        found[f"{name} after"] = difference(w, theirs_w)
    return found


def names(layer, example):
    """The arrays that training changes."""
    return [name for name in layer.weight_shapes(example.shape) if name in layer.trainable_names()]


def numpy(tensor):
    """A tensor as an array."""
    return tensor.detach().cpu().numpy()
