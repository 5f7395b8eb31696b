import sys

import pytest


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_knows_commands_and_options(shell, run):
    pytest.importorskip("shtab")
    code, out, _ = run("completion", shell)
    assert code == 0
    assert "evaluate" in out
    assert "batch-size" in out


def test_without_shtab_the_extra_is_named(monkeypatch, run):
    monkeypatch.setitem(sys.modules, "shtab", None)
    code, _, err = run("completion", "bash")
    assert code == 1
    assert "pyflux-julia[completion]" in err


def test_an_unknown_shell_is_wrong_usage(run):
    assert run("completion", "csh")[0] == 2
