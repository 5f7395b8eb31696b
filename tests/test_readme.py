"""The README's Python runs as it stands, on drawn digits in the data sets' place."""

import dataclasses
import re

import pytest

from pyflux import datasets, recipes
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.fixture
def drawn(monkeypatch, digits, tmp_path):
    monkeypatch.setattr(datasets.Dataset, "load_data", lambda self, *args, **options: digits)
    # There are fewer images than the tutorial holds back.
    tutorial = dataclasses.replace(recipes.get("tutorial"), validation=200)
    monkeypatch.setitem(recipes.RECIPES, "tutorial", tutorial)
    monkeypatch.chdir(tmp_path)


def test_the_python_blocks_run_one_after_the_other(julia, drawn):
    assert len(BLOCKS) == 5
    names = {}
    for block in BLOCKS:
        exec(compile(block, "README.md", "exec"), names)
    assert names["result"].test_accuracy > 0.3
    assert names["model"].engine == "flux"
    assert names["probabilities"].shape == (300, 10)


def test_the_two_commands_are_there():
    commands = [line for line in README.splitlines() if line.startswith("python -m venv .venv && ")]
    assert len(commands) == 2
    assert commands[0].endswith("pyflux train")
    assert commands[1].endswith("pytest")
