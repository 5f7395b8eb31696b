"""The documents are true: their Python runs, their commands are understood, and the files that they name exist."""

import dataclasses
import re
import shlex
import tomllib

import pytest

from pyflux import datasets, recipes
from pyflux.cli.main import parser
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "docs/**/*.md", "benchmarks/*.md", "julia/**/*.md")
    for path in ROOT.glob(pattern)
)


@pytest.fixture
def drawn(monkeypatch, digits, tmp_path):
    kinds = {type(data) for data in (datasets.mnist, datasets.fashion_mnist)}
    for kind in kinds:
        monkeypatch.setattr(kind, "load_data", lambda self, *args, **options: digits)
    monkeypatch.setattr(datasets, "load", lambda *args, **options: digits)
    # The tutorial holds out more images than there are.
    tutorial = dataclasses.replace(recipes.get("tutorial"), validation=200)
    monkeypatch.setitem(recipes.RECIPES, "tutorial", tutorial)
    monkeypatch.chdir(tmp_path)


def test_the_python_blocks_of_the_readme_run_one_after_the_other(julia, drawn):
    assert len(BLOCKS) == 5
    names = {}
    for block in BLOCKS:
        exec(compile(block, "README.md", "exec"), names)
    assert names["result"].test_accuracy > 0.3
    assert names["model"].engine == "flux"
    assert names["probabilities"].shape == (300, 10)
    assert names["history"].epoch == [0, 1, 2]


def test_the_two_commands_of_the_readme_are_there():
    commands = [line for line in README.splitlines() if line.startswith("python -m venv .venv && ")]
    assert len(commands) == 2
    assert commands[0].endswith("pyflux train")
    assert commands[1].endswith("pytest")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_commands_in_the_documents_are_understood(document):
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / document).read_text("utf-8"), re.DOTALL)
    lines = [line.partition("#")[0] for block in blocks for line in block.splitlines()]
    for line in lines:
        words = shlex.split(line)
        if "pyflux" in words and "pip" not in words:
            parser().parse_args(words[words.index("pyflux") + 1 :])


@pytest.mark.parametrize("document", DOCUMENTS)
def test_files_named_in_the_documents_exist(document):
    text = (ROOT / document).read_text("utf-8")
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    missing = [link for link in links if not (ROOT / document).parent.joinpath(link).exists()]
    paths = re.findall(r"`((?:pyflux|julia|tests|benchmarks|docs|\.ci|\.github)/[\w./-]*)`", text)
    missing += [path for path in paths if not (ROOT / path).exists()]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_extras_named_in_the_documents_exist(document):
    text = (ROOT / document).read_text("utf-8")
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    named = re.findall(r"(?:pip install (?:-e )?\"\.|pyflux-julia)\[([\w,]+)\]", text)
    assert {extra for names in named for extra in names.split(",")} <= set(extras)
