import io
import sys

import pytest

from pyflux._internal import console, environment


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
    console.echo("│ 3 × 4 → 12 · é ─┼ │", to)
    assert written(to) == shown


def test_a_file_name_that_is_no_text_can_be_printed():
    to = stream("utf-8")
    console.echo("a\udcff.png", to)
    assert written(to) == "a\\udcff.png\n"


def test_without_a_console_nothing_is_printed(capsys):
    console.echo("hello", None)
    assert not console.terminal(None)
    assert capsys.readouterr().out == ""


def test_a_stream_can_replace_for_itself():
    to = stream("ascii")
    console.replace_unencodable(to)
    to.write("a → b")
    assert written(to) == "a -> b"
    console.replace_unencodable(None)
    console.replace_unencodable(io.StringIO())  # has no encoding to change


def test_a_stream_that_knows_no_encoding_gets_all(capsys):
    console.echo("→", sys.stdout)
    assert capsys.readouterr().out == "→\n"
    assert console.encodable("→", "no such encoding") == "→"


@pytest.mark.parametrize(
    ("value", "verbose"), [("", False), ("0", False), ("No", False), ("1", True), ("yes", True)]
)
def test_the_variable_that_asks_for_everything(monkeypatch, value, verbose):
    monkeypatch.setenv("PYFLUX_VERBOSE", value)
    assert environment.verbose() is verbose


def test_a_broken_stream_is_an_error_only_for_results():
    class Closed(io.StringIO):
        def write(self, text):
            raise BrokenPipeError

    assert not console.write(Closed(), "progress")
    with pytest.raises(BrokenPipeError):
        console.echo("result", Closed())
