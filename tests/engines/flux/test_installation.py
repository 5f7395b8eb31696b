"""What is said while Julia is installed, and where it cannot be started."""

import pytest

from pyflux.engines.flux import installation
from pyflux.engines.flux.installation import InstallationFailed

LOG = """\
[juliapkg] Locating Julia ~1.10.3
[juliapkg] WARNING: About to install Julia 1.10.12 to /home/me/julia.
[juliapkg] Using Julia 1.10.12 at /home/me/julia/bin/julia
[juliapkg] Installing packages:
           | import Pkg
   Resolving package versions...
  [052768ef] + CUDA v5.9
Precompiling packages...
Precompiling project...
  1 dependency successfully precompiled
""".splitlines(keepends=True)


def test_progress_is_a_few_lines(capsys, monkeypatch):
    monkeypatch.delenv("PYFLUX_VERBOSE", raising=False)
    assert installation.follow(LOG) == LOG
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 4
    assert "1.10.12" in said[0]
    assert "/home/me/julia/bin/julia" in said[1]
    assert all(line.startswith("pyflux: ") for line in said)


def test_all_is_shown_to_who_asks(capsys, monkeypatch):
    monkeypatch.setenv("PYFLUX_VERBOSE", "1")
    installation.follow(LOG)
    assert capsys.readouterr().err == "".join(LOG)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["Traceback:", "  File", "Exception: could not find Julia ~1.10.3"], "could not find Julia ~1.10.3"),
        (
            [
                "ERROR: Unsatisfiable requirements detected for package Flux",
                "subprocess.CalledProcessError: 1",
            ],
            "Unsatisfiable requirements",
        ),
    ],
)
def test_the_reason_is_what_failed_first(lines, expected):
    text = installation.last_error([f"{line}\n" for line in lines])
    assert expected in text
    assert "CalledProcessError" not in text


@pytest.mark.parametrize(
    ("message", "advice"),
    [
        ("Exception: could not find Julia ~1.10.3", "PATH"),
        ("ERROR: RequestError: Could not resolve host: pkg.julialang.org", "network"),
        ("'julia' compat entries have empty intersection:", "of its own"),
        ("ERROR: ArgumentError: Package PyFlux not found in current path.", "delete its folder"),
        ("Both PYTHON_JULIACALL_PROJECT and PYTHON_JULIACALL_EXE must be set together", "or neither"),
        ("ERROR: Failed to precompile NNlib", "-v setup"),
        ("something new", "pyflux doctor"),
    ],
)
def test_each_cause_has_its_cure(message, advice):
    text = installation.explain(InstallationFailed(message))
    assert message.removesuffix(".") in text
    assert advice in text
    assert "engine='reference'" in text


def test_one_of_two_options_is_not_enough_to_leave_juliapkg_out(monkeypatch):
    monkeypatch.setenv("PYTHON_JULIACALL_EXE", "/usr/bin/julia")
    monkeypatch.delenv("PYTHON_JULIACALL_PROJECT", raising=False)
    assert installation.uses_juliapkg()
    monkeypatch.setenv("PYTHON_JULIACALL_PROJECT", "/tmp/project")
    assert not installation.uses_juliapkg()
    assert installation.project() == "/tmp/project"
