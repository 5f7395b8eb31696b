import json
import os
import subprocess
import sys

import pytest

from pyflux import cli, datasets, errors
from pyflux.cli import main

COMMANDS = ["train", "evaluate", "predict", "demo", "setup", "doctor"]


def start(*arguments, **options):
    """Start the command line in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "pyflux", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options,
    )  # fmt: skip


# ── Exit codes ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("arguments", [["--help"], *([command, "--help"] for command in COMMANDS)])
def test_help_goes_to_stdout(arguments, run):
    code, out, err = run(*arguments)
    assert (code, err) == (0, "")
    assert out.startswith("usage: pyflux")


def test_the_version(run):
    assert run("--version") == (0, "pyflux 0.1.0\n", "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "COMMAND"),
        (["trian"], "'trian'"),
        (["predict", "model"], "IMAGE"),
        (["train", "--epochs", "three"], "--epochs"),
        (["train", "--epochs", "0"], "--epochs"),
        (["train", "--epochs", "1" * 5000], "--epochs"),
        (["train", "--batch-size", str(2**63)], "--batch-size"),
        (["train", "--seed", str(2**64)], "--seed"),
        (["train", "--seed", "-1"], "--seed"),
        (["train", "--learning-rate", "nan"], "--learning-rate"),
        (["train", "--learning-rate", "0"], "--learning-rate"),
        (["train", "--validation", "1.0"], "--validation"),
        (["train", "--validation", "-1"], "--validation"),
        (["train", "--device", "cuda"], "--device"),
        (["train", "--dataset", "cifar10"], "--dataset"),
        (["demo", "--epochs", "0"], "--epochs"),
        (["demo", "--recipe", "fast"], "--recipe"),
    ],
)
def test_wrong_usage_is_exit_code_2(arguments, words, run):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("usage: pyflux")
    assert words in err.splitlines()[-1]
    assert len(err) < 2000


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["evaluate", "none.safetensors"], "none.safetensors"),
        (["predict", "none.safetensors", "a.png"], "none.safetensors"),
        (["train", "--data-dir", "/none"], "/none"),
        (["train", "--save", "/none/m.safetensors"], "--save"),
        (["train", "--engine", "reference", "--device", "gpu"], "device"),
    ],
)
def test_a_failure_is_one_line_and_exit_code_1(arguments, words, run):
    code, out, err = run(*arguments)
    assert (code, out) == (1, "")
    assert err.startswith("pyflux: ")
    assert err.count("\n") == 1
    assert words in err


def interrupt(*args, **options):
    raise KeyboardInterrupt


def test_interrupted_is_exit_code_130(monkeypatch, run, report):
    monkeypatch.setattr(datasets, "load", interrupt)
    arguments = ["train", "--engine", "reference"]
    assert run(*arguments) == (130, "", "pyflux: interrupted\n")
    assert report(*arguments) == (130, {"error": {"type": "KeyboardInterrupt", "message": "interrupted"}})


def test_an_error_that_nobody_foresaw_shows_where_it_came_from(monkeypatch, run):
    def load(*args, **options):
        raise ZeroDivisionError("surprise")

    monkeypatch.setattr(datasets, "load", load)
    code, out, err = run("train", "--engine", "reference")
    assert (code, out) == (1, "")
    assert "Traceback" in err
    assert err.endswith("pyflux: surprise\n")


def test_verbose_shows_the_traceback_and_is_seen_by_what_is_started(monkeypatch, run):
    monkeypatch.setenv("PYFLUX_VERBOSE", "0")
    assert "Traceback" not in run("evaluate", "none.safetensors")[2]
    for arguments in (["evaluate", "none.safetensors", "-v"], ["-v", "evaluate", "none.safetensors"]):
        monkeypatch.setenv("PYFLUX_VERBOSE", "0")
        code, _, err = run(*arguments)
        assert code == 1
        assert "Traceback" in err
        assert os.environ["PYFLUX_VERBOSE"] == "1"


# ── JSON ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("arguments", "code", "kind"),
    [
        (["evaluate", "none.safetensors"], 1, "FileNotFoundError"),
        (["train", "--save", "/none/m.safetensors"], 1, "FileNotFoundError"),
        (["train", "--epochs", "0"], 2, "UsageError"),
        (["walk"], 2, "UsageError"),
        (["--json", "evaluate", "none.safetensors"], 1, "FileNotFoundError"),
    ],
)
def test_an_error_is_json_too(arguments, code, kind, report):
    found, given = report(*arguments)
    assert found == code
    assert given["error"]["type"] == kind
    assert set(given) == {"error"}
    assert set(given["error"]) == {"type", "message"}
    assert arguments[-1].split("/")[-1] in given["error"]["message"]


def test_numbers_that_json_has_not_are_null(monkeypatch, report):
    monkeypatch.setattr(cli.doctor, "run", lambda a: {"loss": [float("nan"), 1.0, float("inf")]})
    assert report("doctor") == (0, {"loss": [None, 1.0, None]})


def test_stdout_is_for_json_alone_whatever_else_writes_there():
    code = (
        "import os, sys\n"
        "from pyflux import cli\n"
        "def run(a):\n"
        "    print('from Python')\n"
        "    os.write(1, b'from a library\\n')\n"
        "    os.system('echo from a program')\n"
        "    return {'done': True}\n"
        "cli.doctor.run = run\n"
        "sys.exit(cli.main(['doctor', '--json']))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {"done": True}
    assert sorted(done.stderr.split("\n")) == ["", "from Python", "from a library", "from a program"]


# ── Streams ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("arguments", [["--help"], ["evaluate", "none", "--json"], ["doctor"]])
def test_a_closed_pipe_ends_it_without_a_word(arguments):
    process = start(*arguments)
    process.stdout.close()
    with process.stderr as stderr:
        told = stderr.read()
    assert process.wait() == 141
    assert told in (b"", b"pyflux: path: there is no saved model at none" + os.linesep.encode())


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="/dev/full is Linux's")
def test_a_full_disk_is_a_failure():
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "pyflux", "--help"], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 1
    assert done.stderr.startswith("pyflux: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_other_encodings_get_what_they_can_show(encoding):
    process = start("evaluate", "Zahl→7.safetensors", env=os.environ | {"PYTHONIOENCODING": encoding})
    out, err = process.communicate()
    assert (process.returncode, out) == (1, b"")
    assert b"Zahl->7.safetensors" in err


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_it_runs_without_a_console(stream, monkeypatch):
    with monkeypatch.context() as m:
        m.setattr(sys, stream, None)
        assert main(["evaluate", "none.safetensors"]) == 1
        assert main(["walk"]) == 2
        assert main(["evaluate", "none.safetensors", "--json"]) == 1


def test_an_error_without_words_is_named_by_its_class(monkeypatch, run):
    def fail(a):
        raise errors.EngineError

    monkeypatch.setattr(cli.doctor, "run", fail)
    assert run("doctor") == (1, "", "pyflux: EngineError\n")
