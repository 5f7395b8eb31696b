import sys

import numpy as np
import pytest
from PIL import Image

from pyflux import synthetic_digits


def write_digit(path, array, light=False, size=(28, 28)):
    Image.fromarray(255 - array if light else array).resize(size).save(path)
    return path


def test_images_may_be_of_any_size_dark_or_light(saved, tmp_path, report, run):
    images, labels = synthetic_digits(20, seed=5)
    paths = [
        write_digit(tmp_path / f"{i}.png", image, light=i % 2 == 1, size=(28, 28) if i < 10 else (112, 112))
        for i, image in enumerate(images)
    ]
    code, found = report("predict", saved, *paths, "--engine", "reference")
    assert code == 0
    predictions = found["predictions"]
    assert [p["image"] for p in predictions] == [str(path) for path in paths]
    assert (np.array([p["label"] for p in predictions]) == labels).mean() > 0.8
    for p in predictions:
        assert sum(p["probabilities"]) == pytest.approx(1, abs=1e-5)
        assert p["probability"] == max(p["probabilities"]) == p["probabilities"][p["label"]]
    code, out, _ = run("predict", saved, paths[0], "--engine", "reference")
    assert code == 0
    assert out == f"{paths[0]}: {predictions[0]['label']} ({predictions[0]['probability']:.1%})\n"


@pytest.mark.parametrize("content", [None, "no image"])
def test_what_is_no_image_is_refused_by_its_name(content, saved, tmp_path, run):
    path = tmp_path / "a.png"
    if content is not None:
        path.write_text(content)
    code, out, err = run("predict", saved, path, "--engine", "reference")
    assert (code, out) == (1, "")
    assert str(path) in err


def test_without_pillow_the_extra_is_named(saved, tmp_path, monkeypatch, run):
    path = write_digit(tmp_path / "a.png", synthetic_digits(1)[0][0])
    monkeypatch.setitem(sys.modules, "PIL", None)
    code, _, err = run("predict", saved, path, "--engine", "reference")
    assert code == 1
    assert "pyflux-julia[images]" in err
