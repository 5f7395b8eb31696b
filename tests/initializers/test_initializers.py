import json
import math

import numpy as np
import pytest

from pyflux import Sequential, initializers, layers
from pyflux._internal.config import from_config
from pyflux.initializers import INITIALIZERS

N = 200_000
KERNEL = (3, 3, 8, 16)  # 72 inputs, 144 outputs


def moments(initializer, shape=(N,)):
    values = initializer(shape)
    assert values.dtype == np.float32
    return float(values.mean()), float(values.std())


# The standard deviation of a mean of N values is stddev / sqrt(N), and that of their standard deviation about
# stddev / sqrt(2 N); five of them are 1.2 % and 0.8 % of stddev.
@pytest.mark.parametrize(
    ("initializer", "mean", "stddev"),
    [
        (initializers.RandomNormal(0.5, 0.2, seed=0), 0.5, 0.2),
        (initializers.RandomUniform(-1, 3, seed=0), 1, 4 / math.sqrt(12)),
        # A normal distribution that is cut off at two standard deviations has 0.8796 of its deviation left.
        (initializers.TruncatedNormal(0.5, 0.2, seed=0), 0.5, 0.2 * 0.87962566),
        (initializers.VarianceScaling(3.0, "fan_in", "untruncated_normal", seed=0), 0, math.sqrt(3 / 500)),
        (initializers.VarianceScaling(3.0, "fan_out", "normal", seed=0), 0, math.sqrt(3 / 400)),
        (initializers.VarianceScaling(3.0, "fan_avg", "uniform", seed=0), 0, math.sqrt(3 / 450)),
        (initializers.GlorotUniform(seed=0), 0, math.sqrt(2 / 900)),
        (initializers.GlorotNormal(seed=0), 0, math.sqrt(2 / 900)),
        (initializers.HeUniform(seed=0), 0, math.sqrt(2 / 500)),
        (initializers.HeNormal(seed=0), 0, math.sqrt(2 / 500)),
        (initializers.LecunUniform(seed=0), 0, math.sqrt(1 / 500)),
        (initializers.LecunNormal(seed=0), 0, math.sqrt(1 / 500)),
    ],
    ids=str,
)
def test_values_have_the_mean_and_deviation_of_their_distribution(initializer, mean, stddev):
    got_mean, got_stddev = moments(initializer, (500, 400))
    assert got_mean == pytest.approx(mean, abs=0.012 * stddev)
    assert got_stddev == pytest.approx(stddev, rel=0.008)


@pytest.mark.parametrize(
    ("initializer", "limit"),
    [
        (initializers.GlorotUniform(seed=0), math.sqrt(6 / 216)),
        (initializers.HeUniform(seed=0), math.sqrt(6 / 72)),
        (initializers.LecunUniform(seed=0), math.sqrt(3 / 72)),
        (initializers.HeNormal(seed=0), 2 * math.sqrt(2 / 72) / 0.87962566),
        (initializers.TruncatedNormal(stddev=0.3, seed=0), 0.6),
    ],
    ids=str,
)
def test_values_stay_within_their_limit_and_come_near_it(initializer, limit):
    largest = np.abs(initializer(KERNEL)).max()
    assert 0.95 * limit < largest <= limit * (1 + 1e-6)


def test_constants():
    assert initializers.Zeros()((2, 2)).tolist() == [[0, 0], [0, 0]]
    assert initializers.Ones()((2,)).tolist() == [1, 1]
    assert initializers.Constant(0.25)((2,)).tolist() == [0.25, 0.25]


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (2, 2, 3, 5)])
def test_orthogonal_kernels_have_orthonormal_columns_or_rows(shape):
    w = initializers.Orthogonal(gain=2.0, seed=0)(shape).reshape(-1, shape[-1])
    product = w.T @ w if w.shape[0] >= w.shape[1] else w @ w.T
    np.testing.assert_allclose(product, 4 * np.eye(min(w.shape)), atol=1e-5)


def test_orthogonal_needs_two_axes():
    with pytest.raises(ValueError, match=r"\(5,\)"):
        initializers.Orthogonal()((5,))


RANDOM = sorted(set(INITIALIZERS) - {"Zeros", "Ones", "Constant"})


@pytest.mark.parametrize("name", RANDOM)
def test_a_seed_decides_the_values_alone(name):
    initializer = INITIALIZERS[name](seed=3)
    np.testing.assert_array_equal(initializer(KERNEL), initializer(KERNEL))
    np.testing.assert_array_equal(initializer(KERNEL), initializer.draw(KERNEL, np.random.default_rng(99)))
    assert not np.array_equal(INITIALIZERS[name](seed=4)(KERNEL), initializer(KERNEL))


@pytest.mark.parametrize("name", RANDOM)
def test_without_a_seed_the_generator_decides(name):
    initializer = INITIALIZERS[name]()
    first = initializer.draw(KERNEL, np.random.default_rng(1))
    np.testing.assert_array_equal(first, initializer.draw(KERNEL, np.random.default_rng(1)))
    assert not np.array_equal(initializer(KERNEL), initializer(KERNEL))


@pytest.mark.parametrize("name", INITIALIZERS)
def test_an_initializer_goes_by_name_class_and_config(name):
    cls = INITIALIZERS[name]
    config = json.loads(json.dumps(cls().config()))
    assert from_config("initializer", INITIALIZERS, config) == cls()
    for given in (name, cls, cls(), config):
        assert initializers.get("kernel_initializer", given) == cls()


def test_names_in_snake_case_are_keras_s():
    assert initializers.get("kernel_initializer", "he_normal") == initializers.HeNormal()
    assert initializers.get("kernel_initializer", "lecun_uniform") == initializers.LecunUniform()


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (
            lambda: initializers.get("kernel_initializer", "he_norm"),
            ValueError,
            "kernel_initializer .*he_normal",
        ),
        (lambda: initializers.get("kernel_initializer", 3), TypeError, "kernel_initializer .*3"),
        (lambda: initializers.RandomNormal(stddev=-1), ValueError, "stddev .*-1"),
        (lambda: initializers.RandomUniform(2, 1), ValueError, "maxval .*1"),
        (lambda: initializers.VarianceScaling(0), ValueError, "scale .*0"),
        (lambda: initializers.VarianceScaling(mode="fan"), ValueError, "mode .*fan"),
        (lambda: initializers.VarianceScaling(distribution="gauss"), ValueError, "distribution .*gauss"),
        (lambda: initializers.HeNormal(seed=-1), ValueError, "seed .*-1"),
        (lambda: initializers.HeNormal(seed=1.5), TypeError, "seed .*1.5"),
    ],
)
def test_arguments_are_checked(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_a_model_starts_with_what_its_layers_ask_for():
    def model(seed):
        stack = [
            layers.Dense(
                4, kernel_initializer=initializers.HeNormal(seed=5), bias_initializer="ones", input_dim=6
            ),
            layers.Dense(3, kernel_initializer="lecun_normal"),
        ]
        return Sequential(stack, seed=seed, engine="reference").get_weights()

    first, other = model(0), model(1)
    np.testing.assert_array_equal(first[0], initializers.HeNormal(seed=5)((6, 4)))
    assert first[1].tolist() == [1, 1, 1, 1]
    np.testing.assert_array_equal(first[0], other[0])  # has a seed of its own
    assert not np.array_equal(first[2], other[2])  # drawn from the model's
    np.testing.assert_array_equal(first[2], model(0)[2])
