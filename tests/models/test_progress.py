"""What `verbose` shows."""

import io
import sys

import numpy as np
import pytest

from pyflux.models.progress import Progress, TaskProgress


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


def run(verbose, logs=None):
    progress = Progress(verbose, epochs=2)
    progress.begin(0, 10)
    progress.advance(10, {"loss": 0.5})
    progress.end(0, logs or {"loss": 0.5, "val_loss": 0.25}, seconds=1.5)
    progress.close()


LINE = "Epoch 1/2 - 1.5s - loss: 0.5000 - val_loss: 0.2500\n"


@pytest.mark.parametrize("verbose", [0, False, np.int64(0)])
def test_nothing(capsys, verbose):
    run(verbose)
    assert capsys.readouterr() == ("", "")


def test_a_line_an_epoch_on_stdout(capsys):
    run(2)
    assert capsys.readouterr() == (LINE, "")


@pytest.mark.parametrize("verbose", [1, True, "auto"])
def test_a_bar_on_a_terminal(monkeypatch, capsys, verbose):
    monkeypatch.setattr(sys, "stderr", Terminal())
    run(verbose)
    shown = sys.stderr.getvalue().split("\r")[-1]
    assert shown.startswith("Epoch 1/2 ━━━━")
    assert shown.endswith(" - loss: 0.5000 - val_loss: 0.2500\n")
    assert capsys.readouterr().out == ""


def test_auto_in_a_log_file_is_a_line_an_epoch(capsys):
    run("auto")
    assert capsys.readouterr() == (LINE, "")


def test_a_bar_in_a_log_file_is_a_line_too(capsys):
    run(1)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("Epoch 1/2 - 10/10 - ")
    assert err.count("\n") == 1


def test_a_bar_in_a_notebook_is_on_stdout(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    run("auto")
    out, err = capsys.readouterr()
    assert "\rEpoch 1/2 ━━━━" in out
    assert err == ""


@pytest.mark.parametrize("verbose", ["auto", 1, 2])
@pytest.mark.parametrize("stream", [None, "closed"])
def test_without_streams_nothing_is_shown(monkeypatch, verbose, stream):
    for name in ("stdout", "stderr"):
        replaced = io.StringIO() if stream else None
        if replaced:
            replaced.close()
        monkeypatch.setattr(sys, name, replaced)
    run(verbose)


def test_an_unknown_number_of_samples(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    progress = Progress(1, epochs=1)
    progress.begin(0, None)
    progress.advance(10, {"loss": 0.5})
    progress.end(0, {"loss": 0.5}, seconds=1)
    assert sys.stderr.getvalue().split("\r")[-1].startswith("Epoch 1/1 10 ")


def test_after_an_error_the_bar_is_left(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    progress = Progress(1, epochs=1)
    progress.begin(0, 10)
    progress.close()
    assert sys.stderr.getvalue().endswith("0/10\n")


def test_small_and_odd_numbers(capsys):
    run(2, {"loss": float("nan"), "learning_rate": 1e-5, "many": np.array([1.0, 2.0])})
    assert capsys.readouterr().out.endswith("loss: nan - learning_rate: 1.0000e-05 - many: 1.5000\n")


@pytest.mark.parametrize("verbose", [3, -1, "yes", None, 1.0])
def test_what_is_no_verbose(verbose):
    for make in (lambda: Progress(verbose, 1), lambda: TaskProgress(verbose, "x", 1)):
        with pytest.raises(ValueError, match=f"verbose.*{verbose!r}"):
            make()


# ── evaluate and predict ─────────────────────────────────────────────────────────────────────────────────────


def task(verbose):
    with TaskProgress(verbose, "evaluate", 10) as progress:
        progress.advance(10)
        progress.end({"loss": 0.5})
    return progress


def test_a_task_with_auto_shows_nothing_in_a_log_file(capsys):
    task("auto")
    assert capsys.readouterr() == ("", "")


def test_a_task_with_auto_is_silent_on_a_terminal_while_it_is_short(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setattr("pyflux.models.progress.PATIENCE", 1e9)
    with TaskProgress("auto", "predict", 10) as progress:
        assert progress.active
        progress.end()
    assert sys.stderr.getvalue() == ""


def test_a_task_that_is_asked_for(monkeypatch, capsys):
    task(2)
    assert capsys.readouterr().out.endswith("s - loss: 0.5000\n")
    monkeypatch.setattr(sys, "stderr", Terminal())
    task(1)
    assert sys.stderr.getvalue().endswith("s - loss: 0.5000\n")
    assert not task(0).active


def test_a_task_that_fails_leaves_its_bar(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    with pytest.raises(RuntimeError), TaskProgress(1, "predict", 10):
        raise RuntimeError
    assert sys.stderr.getvalue().endswith("0/10\n")
