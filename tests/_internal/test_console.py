import io
import sys

import pytest

from pyflux._internal import console


def test_what_an_encoding_lacks_becomes_a_question_mark():
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="cp1252", newline="")
    assert console.write(stream, "é━\n")
    assert raw.getvalue() == b"\xe9?\n"


@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_streams_that_are_not_there(monkeypatch, name):
    monkeypatch.setattr(sys, name, None)
    console.say("nobody sees this")
    assert not console.terminal(getattr(sys, name))


def test_a_closed_stream():
    stream = io.StringIO()
    stream.close()
    assert not console.write(stream, "x")
    assert not console.terminal(stream)


def test_a_notebook_is_a_process_with_its_kernel(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    assert console.notebook()
