"""The bar on a terminal, in a log file, and where nothing can be written."""

import io

import pytest

from pyflux._internal import progress_bar
from pyflux._internal.progress_bar import ProgressBar


class Screen(io.StringIO):
    """A terminal that is so many columns wide."""

    encoding = "utf-8"

    def isatty(self):
        return True

    @property
    def drawn(self):
        """What was on its line, one drawing after the other."""
        return [line.rstrip() for line in self.getvalue().replace("\n", "\r").split("\r") if line.strip()]


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")


def test_on_a_terminal_one_line_is_drawn_again_and_again():
    screen, clock = Screen(), Clock()
    bar = ProgressBar("Epoch 1/3", 200, screen, clock=clock)
    clock.now = 1.0
    bar.advance(50, "loss: 0.5000")
    clock.now = 3.0
    bar.advance(100, "loss: 0.4000")
    clock.now = 4.0
    bar.finish("loss: 0.3000")
    assert screen.drawn == [
        "Epoch 1/3 " + 20 * "─" + " 0/200",
        "Epoch 1/3 " + 5 * "━" + 15 * "─" + " 50/200 3.0s left - loss: 0.5000",
        "Epoch 1/3 " + 15 * "━" + 5 * "─" + " 150/200 1.0s left - loss: 0.4000",
        "Epoch 1/3 " + 20 * "━" + " 200/200 4.0s - loss: 0.3000",
    ]
    assert screen.getvalue().count("\n") == 1


def test_drawings_are_not_more_often_than_the_eye_can_see():
    screen, clock = Screen(), Clock()
    bar = ProgressBar("x", 1000, screen, clock=clock)
    for i in range(1000):
        clock.now = i / 1000
        bar.advance(1)
    assert 1 / progress_bar.INTERVAL <= len(screen.drawn) <= 1 / progress_bar.INTERVAL + 1


def test_a_shorter_line_covers_the_longer_one():
    screen, clock = Screen(), Clock()
    bar = ProgressBar("x", 10, screen, clock=clock)
    clock.now = 1.0
    bar.advance(5, "a long text")
    clock.now = 2.0
    bar.advance(1, "b")
    lines = screen.getvalue().split("\r")
    assert len(lines[-1]) == len(lines[-2])


def test_a_narrow_terminal_gets_one_line(monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    screen = Screen()
    bar = ProgressBar("Epoch 1/3", 10, screen, clock=Clock())
    bar.finish("loss: 0.5000 - accuracy: 0.5000")
    assert max(map(len, screen.drawn)) == 29


def test_a_total_that_is_not_known():
    screen, clock = Screen(), Clock()
    bar = ProgressBar("read", None, screen, clock=clock)
    clock.now = 1.0
    bar.advance(30)
    bar.finish()
    assert screen.drawn == ["read 0", "read 30", "read 30 1.0s"]


def test_a_delay_keeps_short_tasks_silent():
    screen, clock = Screen(), Clock()
    bar = ProgressBar("predict", 10, screen, delay=0.5, clock=clock)
    clock.now = 0.4
    bar.advance(5)
    bar.finish()
    assert screen.getvalue() == ""
    bar = ProgressBar("predict", 10, screen, delay=0.5, clock=clock)
    clock.now = 1.0
    bar.advance(5)
    bar.finish()
    assert len(screen.drawn) == 2


def test_a_log_file_gets_one_plain_line():
    file = io.StringIO()
    bar = ProgressBar("Epoch 1/3", 10, file, clock=Clock())
    bar.advance(5, "loss: 0.5000")
    assert file.getvalue() == ""
    bar.finish("loss: 0.4000")
    assert file.getvalue() == "Epoch 1/3 - 10/10 - 0.0s - loss: 0.4000\n"


def test_after_an_error_the_next_line_is_free():
    screen = Screen()
    bar = ProgressBar("x", 10, screen, clock=Clock())
    bar.close()
    bar.close()
    assert screen.getvalue().endswith("10\n")
    assert screen.getvalue().count("\n") == 1


def test_an_encoding_without_the_symbols():
    screen = Screen()
    screen.encoding = "cp1252"
    ProgressBar("x", 4, screen, clock=Clock()).finish()
    assert screen.drawn[-1] == f"x {20 * '='} 4/4 0.0s"


class Broken(Screen):
    def write(self, text):
        raise BrokenPipeError


class Closed(Screen):
    def __init__(self):
        super().__init__()
        self.close()

    def isatty(self):
        raise ValueError("I/O operation on closed file")


@pytest.mark.parametrize("stream", [None, Broken(), Closed(), object()])
def test_a_stream_that_takes_nothing(stream):
    bar = ProgressBar("x", 10, stream, clock=Clock())
    bar.advance(5)
    bar.finish("loss: 0.5")
    bar.close()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0.0s"), (9.94, "9.9s"), (59.4, "59s"), (60, "1:00"), (3599, "59:59"), (3600, "1:00:00")],
)
def test_durations(seconds, text):
    assert progress_bar.duration(seconds) == text
