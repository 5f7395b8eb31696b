"""Generators, sequences and data loaders in `fit`, `evaluate` and `predict`."""

import numpy as np
import pytest

from pyflux import optimizers


class Batches:
    """A Keras `Sequence`: batches by their number."""

    def __init__(self, x, y, size):
        self.x, self.y, self.size = x, y, size

    def __len__(self):
        return -(-len(self.x) // self.size)

    def __getitem__(self, i):
        here = slice(i * self.size, (i + 1) * self.size)
        return self.x[here], self.y[here]


def trained(model, *data, **options):
    model.compile(optimizers.SGD(0.1), metrics=["accuracy"])
    return model.fit(*data, epochs=2, verbose=0, **options).history


def test_a_sequence_of_batches_trains_like_the_arrays(engine, small, samples):
    x, y = samples(50)
    arrays, batches = small(engine=engine), small(engine=engine)
    expected = trained(arrays, x, y, batch_size=16, shuffle=False, validation_data=(x, y))
    got = trained(batches, Batches(x, y, 16), validation_data=Batches(x, y, 16))
    assert set(got) == set(expected)
    for name, values in expected.items():
        assert got[name] == pytest.approx(values, rel=1e-5)
    for a, b in zip(arrays.get_weights(), batches.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)
    assert batches.evaluate(Batches(x, y, 7)) == pytest.approx(arrays.evaluate(x, y), rel=1e-5)
    np.testing.assert_allclose(
        batches.predict(part for part in np.split(x, 5)), arrays.predict(x), rtol=1e-5, atol=1e-7
    )


def test_a_generator_that_goes_on_needs_a_number_of_steps(engine, small, samples):
    x, y = samples(32)

    def endless():
        while True:
            yield x[:16], y[:16]
            yield x[16:], y[16:]

    model, arrays = small(engine=engine), small(engine=engine)
    got = trained(model, endless(), steps_per_epoch=2)
    expected = trained(arrays, x, y, batch_size=16, shuffle=False)
    assert got["loss"] == pytest.approx(expected["loss"], rel=1e-5)


def test_sample_weights_come_with_the_batches(small, samples):
    x, y = samples(32)
    weights = np.linspace(0, 2, 32)
    model, arrays = small(), small()
    got = trained(model, iter([(x, y, weights)] * 2), steps_per_epoch=1)
    expected = trained(arrays, x, y, batch_size=32, shuffle=False, sample_weight=weights)
    assert got["loss"] == pytest.approx(expected["loss"], rel=1e-5)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"validation_split": 0.1}, "validation_split"),
        ({"sample_weight": [1.0]}, "sample_weight"),
        ({"y": [0]}, "y "),
    ],
)
def test_what_needs_arrays_is_refused_with_a_generator(options, word, small, samples):
    model = small()
    model.compile()
    with pytest.raises(ValueError, match=word):
        model.fit(Batches(*samples(8), 4), verbose=0, **options)


def test_steps_per_epoch_continue_where_the_last_epoch_ended(engine, small, samples):
    x, y = samples(48)
    parts, whole = small(engine=engine), small(engine=engine)
    parts.compile(optimizers.SGD(0.1))
    parts.fit(x, y, batch_size=16, epochs=3, steps_per_epoch=1, shuffle=False, verbose=0)
    whole.compile(optimizers.SGD(0.1))
    whole.fit(x, y, batch_size=16, epochs=1, shuffle=False, verbose=0)
    for a, b in zip(parts.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
