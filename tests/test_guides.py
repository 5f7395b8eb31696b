"""The guides run from top to bottom, on small made pictures and without downloads."""

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
