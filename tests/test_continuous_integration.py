"""What CI runs is what the project says: the sessions that exist, the Pythons and the Julia that are allowed."""

import json
import re
import tomllib

from tests.conftest import ROOT

WORKFLOW = (ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def test_every_session_that_is_run_exists():
    sessions = set(re.findall(r"@nox\.session.*\ndef (\w+)\(", (ROOT / "noxfile.py").read_text("utf-8")))
    run = " ".join(re.findall(r"nox -s ([\w ]+)", WORKFLOW)).split()
    run += re.search(r"--sessions ([\w ]+)", (ROOT / ".ci" / "run").read_text("utf-8"))[1].split()
    assert {"lint", "types", "test", "wheel", "coverage"} <= set(run) <= sessions


def test_every_python_of_the_classifiers_is_tested_and_no_other():
    tested = re.findall(r'"([\d.]+)"', re.search(r"python: \[(.*)\]", WORKFLOW)[1])
    prefix = "Programming Language :: Python :: "
    versions = [c.removeprefix(prefix) for c in PROJECT["classifiers"] if re.match(prefix + r"\d\.\d", c)]
    assert tested == versions
    assert PROJECT["requires-python"] == f">={versions[0]}"


def test_julia_is_tested_in_the_oldest_version_that_is_allowed():
    allowed = json.loads((ROOT / "pyflux" / "juliapkg.json").read_text("utf-8"))["julia"]
    tested = re.findall(r'"([\d.]+)"', re.search(r"julia: \[(.*?)\]", WORKFLOW)[1])
    assert re.search(r"\d+\.\d+", allowed)[0] == tested[0]


def test_all_three_systems_are_tested():
    assert re.findall(r"os: \[(.*)\]", WORKFLOW) == 2 * ["ubuntu-latest, macos-latest, windows-latest"]
