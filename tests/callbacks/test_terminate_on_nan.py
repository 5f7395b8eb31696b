import math

import numpy as np
import pytest

from pyflux.callbacks import TerminateOnNaN


@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf, np.float32("nan")])
@pytest.mark.parametrize("batches", [0, 3])
def test_training_stops_once_the_loss_is_not_finite(model, capsys, loss, batches):
    last, history = model.train(TerminateOnNaN(), {"loss": 1}, {"loss": loss}, {"loss": 1}, batches=batches)
    assert (last, history.epoch) == (1, [0, 1])
    assert model.iterations == (batches + 1 if batches else 0)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    assert str(float(loss)) in lines[0]


def test_it_can_raise_instead(model):
    with pytest.raises(RuntimeError, match="nan"):
        model.train(TerminateOnNaN(raise_error=True), {"loss": math.nan})


def test_a_finite_loss_is_none_of_its_business(model):
    assert model.train(TerminateOnNaN(), {"loss": 1e30}, {"loss": 0}, batches=2)[0] == 1
