"""The guides run from top to bottom, on small made pictures and without downloads."""

import ast
import pkgutil
import re

import numpy as np
import pytest

from tests.conftest import ROOT


def blocks(name):
    text = (ROOT / "docs" / name).read_text("utf-8")
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


@pytest.fixture
def flowers(tmp_path, monkeypatch):
    """A folder of two kinds of flowers, which differ in their colour."""
    image = pytest.importorskip("PIL.Image")
    rng = np.random.default_rng(0)
    for name, colour in (("daisy", (230, 230, 210)), ("tulip", (200, 30, 60))):
        (tmp_path / "flowers" / name).mkdir(parents=True)
        for i in range(20):
            pixels = np.clip(rng.normal(colour, 20, (40, 50, 3)), 0, 255).astype(np.uint8)
            image.fromarray(pixels).save(tmp_path / "flowers" / name / f"{i:04}.png")
    monkeypatch.chdir(tmp_path)


def test_fine_tuning(julia, flowers):
    parts = blocks("fine-tuning.md")
    assert len(parts) == 4
    names = {}
    for part in parts:
        text = part.replace('weights="imagenet"', "weights=None").replace("epochs=5", "epochs=2")
        exec(compile(text, "fine-tuning.md", "exec"), names)
    assert names["model"].output_shape == (None, 2)
    # The head, and of the last block the convolutions.
    trained = {w.name.rpartition("/")[0] for w in names["model"].architecture.weights if w.trainable}
    assert "efficientnetb0/block7a_project_conv" in trained
    assert not any("_bn" in name or "block6" in name for name in trained)
    assert names["best"].shape == (8,)


@pytest.mark.parametrize(
    ("name", "count"), [("index.md", 1), ("plots.md", 5), ("from-keras.md", 2), ("from-pytorch.md", 2)]
)
def test_the_python_of_a_page_runs(julia, name, count, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    parts, names = blocks(name), {}
    assert len(parts) == count
    for part in parts:
        exec(compile(part, name, "exec"), names)
    assert names["model"].output_shape == (None, 10)


def test_the_names_of_the_state_dict_are_those_on_the_page():
    names = {}
    first, second = blocks("from-pytorch.md")
    for text in (first, second):
        exec(compile(text, "from-pytorch.md", "exec"), names)
    (said,) = re.findall(r"sorted\(state\)  # (.*)", second)
    assert sorted(names["state"]) == ast.literal_eval(said)


def test_every_page_is_in_the_site_and_every_name_of_the_api_exists():
    nav = re.findall(r": ([\w/-]+\.md)$", (ROOT / "mkdocs.yml").read_text("utf-8"), re.MULTILINE)
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert set(nav) == pages
    for page in sorted((ROOT / "docs" / "api").glob("*.md")):
        for name in re.findall(r"^::: ([\w.]+)$", page.read_text("utf-8"), re.MULTILINE):
            assert pkgutil.resolve_name(name) is not None


def test_wrong_labels(julia, digits, monkeypatch, tmp_path):
    pytest.importorskip("matplotlib")
    from pyflux import datasets

    monkeypatch.setattr(datasets, "load", lambda name: digits)
    (block,), names = blocks("label-errors.md"), {}
    exec(compile(block, "label-errors.md", "exec"), names)
    assert len(names["keep"]) == 1200 - len(names["found"])
