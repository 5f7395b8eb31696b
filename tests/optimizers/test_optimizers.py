"""The optimizers' arguments: Keras's order, names and limits."""

import dataclasses
import json

import pytest

from pyflux import optimizers
from pyflux.optimizers import SGD, Adagrad, Adam, AdamW, FluxAdam, Lion, Nadam, RMSprop, schedules

# Every class once, with all its arguments set to something else than the default.
ALL = [
    SGD(0.1, 0.9, True, weight_decay=0.1, name="mine"),
    Adagrad(0.1, 0.2, 1e-3, clipvalue=2),
    Adam(0.1, 0.8, 0.9, 1e-3, amsgrad=True, clipnorm=1),
    AdamW(0.1, 0.2, 0.8, 0.9, 1e-3, amsgrad=True),
    FluxAdam(0.1, 0.8, 0.9, 1e-3, weight_decay=0.2),
    Lion(0.1, 0.8, 0.9, weight_decay=0.2),
    Nadam(0.1, 0.8, 0.9, 1e-3, global_clipnorm=1),
    RMSprop(0.1, 0.8, 0.7, 1e-3, centered=True),
    SGD(schedules.CosineDecay(0.1, 100)),
]


def test_arguments_by_position_mean_what_they_mean_in_keras():
    sgd = SGD(0.1, 0.9, True)
    assert (sgd.momentum, sgd.nesterov, sgd.weight_decay) == (0.9, True, None)
    rmsprop = RMSprop(0.1, 0.8, 0.7, 1e-3)
    assert (rmsprop.rho, rmsprop.momentum, rmsprop.epsilon) == (0.8, 0.7, 1e-3)
    adam = Adam(0.1, 0.8, 0.95, 1e-3)
    assert (adam.beta_1, adam.beta_2, adam.epsilon) == (0.8, 0.95, 1e-3)
    adamw = AdamW(0.1, 0.2, 0.8, 0.95, 1e-3)
    assert (adamw.weight_decay, adamw.beta_1, adamw.beta_2, adamw.epsilon) == (0.2, 0.8, 0.95, 1e-3)
    adagrad = Adagrad(0.1, 0.2, 1e-3)
    assert (adagrad.initial_accumulator_value, adagrad.epsilon) == (0.2, 1e-3)
    assert (Lion(0.1, 0.8, 0.95).beta_1, Lion(0.1, 0.8, 0.95).beta_2) == (0.8, 0.95)


@pytest.mark.parametrize("kind", optimizers.OPTIMIZERS.values(), ids=lambda kind: kind.__name__)
def test_what_keras_users_name_must_be_named(kind):
    with pytest.raises(TypeError, match="positional"):
        kind(0.1, 0.9, 0.9, 0.9, 0.9, 0.9)
    assert kind(weight_decay=0.5, clipnorm=1.0).clipnorm == 1.0


def test_defaults_are_keras_s():
    assert SGD().config() == {
        "type": "SGD", "learning_rate": 0.01, "momentum": 0.0, "nesterov": False, "weight_decay": None,
        "clipnorm": None, "clipvalue": None, "global_clipnorm": None, "name": None,
    }  # fmt: skip
    assert (Adam().learning_rate, Adam().epsilon, AdamW().weight_decay) == (0.001, 1e-7, 0.004)
    assert (RMSprop().rho, Lion().beta_2, Adagrad().initial_accumulator_value) == (0.9, 0.99, 0.1)


@pytest.mark.parametrize(
    ("optimizer", "slots"),
    [
        (SGD(), ()),
        (SGD(momentum=0.9), ("momentum",)),
        (Adam(), ("momentum", "velocity")),
        (AdamW(amsgrad=True), ("momentum", "velocity", "velocity_hat")),
        (FluxAdam(), ("momentum", "velocity")),
        (RMSprop(), ("velocity",)),
        (RMSprop(momentum=0.9), ("velocity", "momentum")),
        (RMSprop(centered=True), ("velocity", "average_gradient")),
        (RMSprop(momentum=0.9, centered=True), ("velocity", "momentum", "average_gradient")),
        (Adagrad(), ("accumulator",)),
        (Nadam(), ("momentum", "velocity")),
        (Lion(), ("momentum",)),
    ],
    ids=str,
)
def test_slots_are_keras_s(optimizer, slots):
    assert optimizer.slots == slots


@pytest.mark.parametrize("optimizer", ALL, ids=str)
def test_every_optimizer_is_plain_data_and_back(optimizer):
    plain = json.loads(json.dumps(optimizer.config()))
    assert plain == optimizer.config()
    again = optimizers.from_config(plain)
    assert again == optimizer
    assert again.name == optimizer.name
    assert hash(again) == hash(optimizer)


def test_every_class_is_among_these():
    assert {type(optimizer) for optimizer in ALL} == set(optimizers.OPTIMIZERS.values())


@pytest.mark.parametrize("name", ["sgd", "SGD", "Adam", "adamw", "RMSprop", "rmsprop", "nadam", "FluxAdam"])
def test_an_optimizer_by_name(name):
    optimizer = optimizers.get(name)
    assert type(optimizer).__name__.lower() == name.lower()
    assert optimizer == type(optimizer)()


def test_an_optimizer_is_shown_as_the_call_that_makes_it():
    assert repr(Adam()) == "Adam()"
    assert (
        repr(ALL[0]) == "SGD(learning_rate=0.1, weight_decay=0.1, name='mine', momentum=0.9, nesterov=True)"
    )
    assert eval(repr(ALL[0])) == ALL[0]


def test_the_rate_of_a_step():
    assert SGD(0.1).rate(5) == 0.1
    assert SGD(schedules.PiecewiseConstantDecay([3], [0.1, 0.01])).rate(4) == 0.01
    assert dataclasses.replace(SGD(0.1, 0.9), learning_rate=0).rate(0) == 0

    class Negative(schedules.LearningRateSchedule):
        def __call__(self, step):
            return -1.0

    with pytest.raises(ValueError, match="learning_rate.*-1"):
        SGD(Negative()).rate(0)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: SGD(-0.1), ValueError, r"learning_rate.*-0\.1"),
        (lambda: SGD(10**400), ValueError, r"learning_rate.*10\*\*400"),
        (lambda: SGD("0.1"), TypeError, "learning_rate.*0.1"),
        (lambda: SGD(float("nan")), ValueError, "learning_rate.*nan"),
        (lambda: SGD(lambda step: 0.1), TypeError, "learning_rate.*LearningRateScheduler"),
        (lambda: SGD(momentum=1.1), ValueError, r"momentum.*1\.1"),
        (lambda: SGD(nesterov="yes"), TypeError, "nesterov.*yes"),
        (lambda: SGD(weight_decay=-1), ValueError, "weight_decay.*-1"),
        (lambda: SGD(clipnorm=0), ValueError, "clipnorm.*0"),
        (lambda: SGD(clipnorm=1, clipvalue=2), ValueError, "clipnorm.*clipvalue"),
        (lambda: Adam(clipvalue=1, global_clipnorm=2), ValueError, "clipvalue.*global_clipnorm"),
        (lambda: Adam(beta_1=1), ValueError, "beta_1.*1"),
        (lambda: Adam(beta_2=-0.1), ValueError, r"beta_2.*-0\.1"),
        (lambda: Adam(epsilon=0), ValueError, "epsilon.*0"),
        (lambda: Adam(amsgrad=2), TypeError, "amsgrad.*2"),
        (lambda: AdamW(weight_decay=None), ValueError, "weight_decay.*None.*Adam"),
        (lambda: RMSprop(rho=1.0), ValueError, "rho.*1"),
        (lambda: Lion(beta_1=0), ValueError, "beta_1.*0"),
        (lambda: Adagrad(initial_accumulator_value=-1), ValueError, "initial_accumulator_value.*-1"),
        (lambda: SGD(use_ema=True), ValueError, "use_ema.*True"),
        (lambda: Adam(ema_momentum=0.9), ValueError, r"ema_momentum.*0\.9"),
        (lambda: Adam(loss_scale_factor=2.0), ValueError, r"loss_scale_factor.*2\.0"),
        (lambda: Adam(gradient_accumulation_steps=4), ValueError, "gradient_accumulation_steps.*4.*batch_size"),
        (lambda: optimizers.get("adamm"), ValueError, "adamm.*'Adam'"),
        (lambda: optimizers.get(Adam), TypeError, r"optimizers\.Adam\("),
        (lambda: optimizers.get(None), TypeError, "optimizer.*None"),
        (lambda: optimizers.get(type("Mine", (SGD,), {})()), TypeError, "optimizer.*Mine"),
        (lambda: optimizers.from_config({"type": "SGD", "rate": 1}), ValueError, "SGD.*'rate'"),
        (lambda: optimizers.from_config({"learning_rate": 1}), TypeError, "optimizer"),
        (lambda: optimizers.from_config([]), TypeError, "optimizer"),
    ],
)  # fmt: skip
def test_what_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_what_keras_has_and_pyflux_has_not_is_accepted_where_it_changes_nothing():
    options = {
        "use_ema": False, "ema_momentum": 0.99, "ema_overwrite_frequency": None,
        "loss_scale_factor": None, "gradient_accumulation_steps": None,
    }  # fmt: skip
    assert SGD(0.1, **options) == SGD(0.1)
    assert dataclasses.replace(SGD(0.1, **options), learning_rate=0.2) == SGD(0.2)
