import json

import numpy as np
import pytest
from PIL import Image

from pyflux import DownloadError, datasets, networks, synthetic_digits
from pyflux.cli import main
from pyflux.engines.flux import julia as engine_julia
from pyflux.optimizers import Adam


@pytest.fixture
def drawn(monkeypatch, digits):
    monkeypatch.setattr(datasets, "load", lambda name, data_dir, verbose: digits)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A model that knows drawn digits."""
    path = tmp_path_factory.mktemp("model") / "digits.safetensors"
    model = networks.flux_mnist(seed=0, engine="reference")
    model.compile(Adam(0.005))
    model.fit(*synthetic_digits(1200, seed=0), batch_size=32, epochs=4, verbose=0)
    model.save(path)
    return path


def run(capsys, *arguments):
    code = main([str(a) for a in arguments])
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def test_train_saves_a_model_that_evaluate_measures(engine, drawn, tmp_path, capsys):
    path = tmp_path / "m.safetensors"
    code, out, _ = run(
        capsys, "train", "--epochs", 1, "--seed", 0, "--engine", engine, "--validation", 200,
        "--save", path, "--json", "--quiet",
    )  # fmt: skip
    assert code == 0
    report = json.loads(out)
    assert report["engine"] == engine
    assert report["saved"] == str(path)
    code, out, _ = run(capsys, "evaluate", path, "--engine", engine, "--json")
    assert code == 0
    assert json.loads(out)["test_accuracy"] == report["test_accuracy"]


def test_train_prints_what_a_person_wants_to_know(drawn, capsys):
    code, out, _ = run(
        capsys, "train", "--epochs", 1, "--seed", 7, "--engine", "reference", "--validation", 200
    )
    assert code == 0
    assert "Epoch 1/1" in out
    assert "test accuracy" in out
    assert "which digit (row) was taken for which (column)" in out
    assert "seed 7" in out


def write_digit(path, array, light=False, size=(28, 28)):
    Image.fromarray(255 - array if light else array).resize(size).save(path)
    return path


def test_predict_reads_images_of_any_size_dark_or_light(saved, tmp_path, capsys):
    images, labels = synthetic_digits(20, seed=5)
    paths = [
        write_digit(tmp_path / f"{i}.png", image, light=i % 2 == 1, size=(28, 28) if i < 10 else (112, 112))
        for i, image in enumerate(images)
    ]
    code, out, _ = run(capsys, "predict", saved, *paths, "--engine", "reference", "--json")
    assert code == 0
    found = [p["label"] for p in json.loads(out)["predictions"]]
    assert (np.array(found) == labels).mean() > 0.8
    code, out, _ = run(capsys, "predict", saved, paths[0], "--engine", "reference")
    assert out.startswith(f"{paths[0]}: {found[0]} (")


def test_demo_says_what_it_took_and_why(monkeypatch, capsys):
    def down(**options):
        raise DownloadError("every mirror is down")

    monkeypatch.setattr(type(datasets.mnist), "load_data", lambda self, **options: down())
    monkeypatch.setattr(engine_julia, "unavailable_reason", lambda timeout: "there is no julia on the PATH")
    code, out, err = run(capsys, "demo", "--seed", 0, "--quiet")
    assert code == 0
    assert "data: synthetic digits, because MNIST could not be had: every mirror is down" in err
    assert "engine: reference, in NumPy, because there is no julia on the PATH" in err
    assert "test accuracy" in out
    assert "This is a" in out


def test_demo_takes_flux_where_julia_starts(julia, monkeypatch, digits, capsys):
    monkeypatch.setattr(type(datasets.mnist), "load_data", lambda self, **options: digits)
    code, out, err = run(capsys, "demo", "--json", "--quiet")
    assert code == 0
    assert "data: mnist" in err
    assert json.loads(out)["engine"] == "flux"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["evaluate", "none.safetensors"], "no saved model at none.safetensors"),
        (["predict", "none.safetensors", "a.png"], "no saved model at none.safetensors"),
        (["train", "--epochs", "0"], "epochs must be at least 1"),
        (["train", "--data-dir", "/none"], "/none"),
    ],
)
def test_a_failure_is_one_line_and_exit_code_1(arguments, words, capsys):
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (1, "")
    assert err.startswith("pyflux: ")
    assert words in err
    assert "Traceback" not in err


def test_files_that_are_no_images_are_refused(saved, tmp_path, capsys):
    code, _, err = run(capsys, "predict", saved, tmp_path / "none.png", "--engine", "reference")
    assert code == 1
    assert "there is no image at" in err
    bad = tmp_path / "bad.png"
    bad.write_text("no image")
    code, _, err = run(capsys, "predict", saved, bad, "--engine", "reference")
    assert code == 1
    assert "cannot be read as an image" in err


def test_without_pillow_the_extra_is_named(saved, tmp_path, monkeypatch, capsys):
    path = write_digit(tmp_path / "a.png", synthetic_digits(1)[0][0])
    monkeypatch.setitem(__import__("sys").modules, "PIL", None)
    code, _, err = run(capsys, "predict", saved, path, "--engine", "reference")
    assert code == 1
    assert "pip install 'pyflux-julia[images]'" in err


@pytest.mark.parametrize("arguments", [[], ["trian"], ["train", "--epochs", "three"], ["predict", "m"]])
def test_what_is_not_understood_is_exit_code_2(arguments, capsys):
    with pytest.raises(SystemExit) as e:
        main(arguments)
    assert e.value.code == 2
    assert "usage: pyflux" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["", "train", "evaluate", "predict", "demo", "setup"])
def test_help_teaches(command, capsys):
    with pytest.raises(SystemExit) as e:
        main([*command.split(), "--help"])
    assert e.value.code == 0
    assert "usage: pyflux" in capsys.readouterr().out


def test_interrupted_is_exit_code_130(monkeypatch, capsys):
    def interrupt(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(datasets, "load", interrupt)
    code, _, err = run(capsys, "train")
    assert (code, err) == (130, "pyflux: interrupted\n")
