import pytest

import pyflux
from pyflux import recipes
from pyflux.layers import Augmentation
from pyflux.networks import flux_mnist
from pyflux.schedules import OneCycle


@pytest.mark.parametrize("name", recipes.RECIPES)
def test_a_recipe_fits_the_network(name):
    recipe = recipes.get(name)
    before = recipe.augmentation()
    assert all(isinstance(layer, Augmentation) for layer in before)
    assert flux_mnist(before).count_params() == 12_810


@pytest.mark.parametrize("images", [50_000, 60_000, 129])
def test_the_rate_comes_down_with_the_last_step(images):
    recipe = recipes.get("fast")
    rate = recipe.optimizer(images).learning_rate
    steps = recipe.epochs * -(-images // recipe.batch_size)
    assert isinstance(rate, OneCycle)
    assert max(rate(step) for step in range(steps)) == pytest.approx(recipe.learning_rate, rel=0.3)
    assert rate(steps - 1) < 1e-6 < rate(0)


def test_without_one_cycle_the_rate_stays():
    assert recipes.get("tutorial").optimizer(50_000).learning_rate == 0.001


def test_real_mnist_gives_99_percent_with_the_fast_recipe(julia, mnist_dir):
    result = pyflux.train_mnist(recipe="fast", seed=0, data_dir=mnist_dir, verbose=0)
    assert result.test_accuracy >= 0.989  # 99.0 % is the mean of seeds
    assert len(result.history.epoch) == 3
