"""What the tests of this folder share."""

import numpy as np


def distinct(model, seed=0):
    """Gives the model weights of which no two are alike, and returns them."""
    rng = np.random.default_rng(seed)
    model.set_weights([w + rng.uniform(0.1, 1, w.shape).astype(np.float32) for w in model.get_weights()])
    return model.get_weights()


def assert_same(got, expected):
    assert [w.shape for w in got] == [w.shape for w in expected]
    assert all(np.array_equal(g, e) for g, e in zip(got, expected, strict=True))
