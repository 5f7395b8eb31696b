"""Evaluation and prediction: in which parts, with which hooks."""

import io
import sys

import numpy as np
import pytest

from pyflux import callbacks


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


@pytest.fixture
def compiled(small, samples, engine):
    model = small(engine=engine)
    model.compile("adam", metrics=["accuracy"])
    return model, *samples(50)


def test_hooks_of_an_evaluation(compiled):
    model, x, y = compiled
    plain = model.evaluate(x, y, verbose=0, batch_size=16)
    seen = []
    show = callbacks.LambdaCallback(
        on_test_begin=lambda logs: seen.append("begin"),
        on_test_batch_begin=lambda batch, logs: seen.append(batch),
        on_test_batch_end=lambda batch, logs: seen.append((batch, sorted(logs))),
        on_test_end=lambda logs: seen.append(logs),
    )
    assert model.evaluate(x, y, verbose=0, batch_size=16, callbacks=show) == pytest.approx(plain, rel=1e-5)
    numbers = ["accuracy", "loss"]
    batches = [item for batch in range(4) for item in (batch, (batch, numbers))]
    assert seen[:-1] == ["begin", *batches]
    assert [seen[-1]["loss"], seen[-1]["accuracy"]] == pytest.approx(plain, rel=1e-5)


def test_hooks_of_a_prediction(compiled):
    model, x, _ = compiled
    seen = []
    show = callbacks.LambdaCallback(
        on_predict_batch_end=lambda batch, logs: seen.append((batch, logs["outputs"].shape))
    )
    outputs = model.predict(x, batch_size=16, callbacks=[show])
    assert seen == [(0, (16, 3)), (1, (16, 3)), (2, (16, 3)), (3, (2, 3))]
    np.testing.assert_allclose(outputs, model.predict(x), rtol=1e-5, atol=1e-6)


def test_without_batch_hooks_the_last_batch_is_named(compiled):
    model, x, y = compiled
    seen = []

    class Begin(callbacks.Callback):
        def every_batch(self, phase):
            return False

        def on_test_batch_end(self, batch, logs=None):
            seen.append(batch)

        def on_predict_batch_end(self, batch, logs=None):
            seen.append(batch)

    model.evaluate(x, y, verbose=0, batch_size=16, callbacks=[Begin()])
    model.predict(x, batch_size=16, callbacks=[Begin()])
    assert seen == [3, 3]


def test_validation_calls_the_hooks_too(compiled):
    model, x, y = compiled
    seen = []
    show = callbacks.LambdaCallback(on_test_end=lambda logs: seen.append(sorted(logs)))
    model.fit(x, y, verbose=0, epochs=2, validation_data=(x, y), callbacks=[show])
    assert seen == [["accuracy", "loss"]] * 2


def test_bars_and_lines(compiled, monkeypatch, capsys):
    model, x, y = compiled
    loss, accuracy = model.evaluate(x, y, verbose=0)
    model.predict(x, verbose=0)
    model.evaluate(x, y)
    model.predict(x)
    assert capsys.readouterr() == ("", "")
    model.evaluate(x, y, verbose=2)
    assert capsys.readouterr().out.endswith(f"s - loss: {loss:.4f} - accuracy: {accuracy:.4f}\n")
    monkeypatch.setattr(sys, "stderr", Terminal())
    shown = model.evaluate(x, y, batch_size=1, verbose=1), model.predict(x, batch_size=1, verbose=1)
    assert "Evaluate ━━━━" in sys.stderr.getvalue()
    assert "Predict ━━━━" in sys.stderr.getvalue()
    assert shown[0] == pytest.approx([loss, accuracy], rel=1e-5)
    np.testing.assert_allclose(shown[1], model.predict(x), rtol=1e-5, atol=1e-6)
