import io
import sys

import pytest

from pyflux._internal import environment, text


def stream(encoding):
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="")


def written(to):
    to.flush()
    return to.buffer.getvalue().decode(to.encoding)


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("utf-8", "│ 3 × 4 → 12 · é ─┼ │\n"),
        ("cp1252", "| 3 × 4 -> 12 · é -+ |\n"),
        ("ascii", "| 3 x 4 -> 12 . \\xe9 -+ |\n"),
    ],
)
def test_what_a_stream_cannot_encode_becomes_ascii(encoding, shown):
    to = stream(encoding)
    text.echo("│ 3 × 4 → 12 · é ─┼ │", to)
    assert written(to) == shown


def test_a_file_name_that_is_no_text_can_be_printed():
    to = stream("utf-8")
    text.echo("a\udcff.png", to)
    assert written(to) == "a\\udcff.png\n"


def test_without_a_console_nothing_is_printed(capsys):
    text.echo("hello", None)
    assert not text.is_terminal(None)
    assert capsys.readouterr().out == ""


def test_a_stream_can_replace_for_itself():
    to = stream("ascii")
    text.replace_unencodable(to)
    to.write("a → b")
    assert written(to) == "a -> b"
    text.replace_unencodable(None)
    text.replace_unencodable(io.StringIO())  # has no encoding to change


def test_a_stream_that_knows_no_encoding_gets_all(capsys):
    text.echo("→", sys.stdout)
    assert capsys.readouterr().out == "→\n"
    assert text.encodable("→", "no such encoding") == "→"


@pytest.mark.parametrize(
    ("value", "verbose"), [("", False), ("0", False), ("No", False), ("1", True), ("yes", True)]
)
def test_the_variable_that_asks_for_everything(monkeypatch, value, verbose):
    monkeypatch.setenv("PYFLUX_VERBOSE", value)
    assert environment.verbose() is verbose
