import sys

import pytest

import pyflux.cli.train
from pyflux import networks
from pyflux.models import load


def arguments(*more):
    return ["train", "--epochs", 1, "--seed", 7, "--validation", 60, *more]


def test_the_saved_model_is_the_one_that_was_measured(engine, drawn, tmp_path, report):
    path = tmp_path / "m.safetensors"
    code, trained = report(*arguments("--engine", engine, "--save", path, "--quiet"))
    assert code == 0
    assert (trained["engine"], trained["saved"], trained["seed"]) == (engine, str(path), 7)
    assert list(trained["history"]) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    code, evaluated = report("evaluate", path, "--engine", engine)
    assert code == 0
    for name in ("test_accuracy", "test_loss", "confusion_matrix"):
        assert evaluated[name] == trained[name]


def test_a_person_sees_epochs_accuracy_and_seed(drawn, run):
    code, out, err = run(*arguments("--engine", "reference"))
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].startswith("Epoch 1/1")
    (accuracy,) = (line for line in lines if line.startswith("test accuracy"))
    assert 0 < float(accuracy.split()[2].removesuffix("%,")) < 100
    (head,) = (i for i, line in enumerate(lines) if line.split() == [str(k) for k in range(10)])
    counts = [line.replace("·", "0").split() for line in lines[head + 1 : head + 11]]
    assert [row[0] for row in counts] == [str(k) for k in range(10)]
    assert sum(int(n) for row in counts for n in row[1:]) == 100
    assert lines[-1].endswith("seed 7")


@pytest.mark.parametrize("where", ["missing/m.safetensors", ""])
def test_a_file_that_cannot_be_written_is_refused_before_the_training(where, tmp_path, monkeypatch, run):
    monkeypatch.setattr(pyflux.cli.train, "train_mnist", lambda **options: pytest.fail("it was trained"))
    code, out, err = run(*arguments("--save", f"{tmp_path}/{where}"))
    assert (code, out) == (1, "")
    assert "--save" in err
    assert str(tmp_path) in err


def test_of_several_processes_only_the_first_needs_the_folder(tmp_path, monkeypatch, run):
    calls = []
    monkeypatch.setattr(pyflux.cli.train, "train_mnist", lambda **options: calls.append(options) or 1 / 0)
    monkeypatch.setenv("PMI_RANK", "2")
    assert run(*arguments("--distributed", "--save", tmp_path / "missing" / "m.safetensors"))[0] == 1
    assert calls[0]["distributed"]
    monkeypatch.setenv("PMI_RANK", "0")
    assert run(*arguments("--distributed", "--save", tmp_path / "missing" / "m.safetensors"))[0] == 1
    assert len(calls) == 1


def test_a_home_folder_is_found(drawn, tmp_path, monkeypatch, run):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert run(*arguments("--engine", "reference", "--quiet", "--save", "~/m.safetensors"))[0] == 0
    model = load(tmp_path / "m.safetensors", engine="reference")
    assert model.count_params() == networks.flux_mnist().count_params()


def test_a_resumed_training_ends_as_one_without_interruption(engine, drawn, tmp_path, report):
    def train(*more):
        code, made = report(*arguments("--engine", engine, "--quiet", *more))
        assert code == 0
        return made

    folder = tmp_path / "run"
    whole = train("--epochs", 2)
    train("--epochs", 1, "--checkpoint", folder)
    # The seed of the command line is another: that of the interrupted training counts.
    resumed = train("--epochs", 2, "--checkpoint", folder, "--resume", "--seed", 8)
    assert resumed["seed"] == 7
    for name in ("history", "test_accuracy", "test_loss", "confusion_matrix"):
        assert resumed[name] == whole[name]
    assert len(resumed["seconds_per_epoch"]) == 2


def test_a_training_that_is_complete_is_reported_again(drawn, tmp_path, run):
    options = arguments("--engine", "reference", "--checkpoint", tmp_path / "run")
    assert run(*options)[0] == 0
    code, out, err = run(*options, "--resume")
    assert (code, err) == (0, "")
    assert "s an epoch" in out


def test_resume_without_a_state_starts_anew(drawn, tmp_path, report):
    options = ("--engine", "reference", "--quiet", "--checkpoint", tmp_path / "run", "--resume")
    code, made = report(*arguments(*options))
    assert (code, len(made["history"]["loss"])) == (0, 1)


def test_a_training_is_not_taken_up_unless_asked_for(drawn, tmp_path, run):
    options = arguments("--engine", "reference", "--quiet", "--checkpoint", tmp_path / "run")
    assert run(*options)[0] == 0
    before = {path: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    code, _, err = run(*options)
    assert (code, "--resume" in err, str(tmp_path / "run") in err) == (1, True, True)
    assert {path: path.read_bytes() for path in (tmp_path / "run").iterdir()} == before


def test_resume_needs_a_folder(run):
    code, _, err = run(*arguments("--resume"))
    assert (code, "--checkpoint" in err) == (1, True)
    assert run(*arguments("--checkpoint", ""))[0] == 1


def test_a_report_is_written_into_a_new_folder(drawn, tmp_path, report):
    pytest.importorskip("matplotlib")
    folder = tmp_path / "runs" / "first"
    code, made = report(*arguments("--engine", "reference", "--quiet", "--report", folder))
    assert (code, made["report"]) == (0, str(folder / "report.html"))
    assert f"{made['test_accuracy']:.2%} of 100 test images" in (folder / "report.html").read_text("utf-8")
    assert [path.name for path in folder.iterdir()] == ["report.html"]


@pytest.mark.parametrize(("where", "named"), [("file", "file"), ("", "empty")])
def test_a_report_that_cannot_be_written_is_refused_before_the_training(
    where, named, tmp_path, monkeypatch, run
):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(pyflux.cli.train, "train_mnist", lambda **options: pytest.fail("it was trained"))
    code, _, err = run(*arguments("--report", tmp_path / where if where else ""))
    assert (code, "--report" in err, named in err) == (1, True, True)


def test_a_report_without_matplotlib_names_the_extra_before_the_training(tmp_path, monkeypatch, run):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setattr(pyflux.cli.train, "train_mnist", lambda **options: pytest.fail("it was trained"))
    code, _, err = run(*arguments("--report", tmp_path / "new"))
    assert (code, "pyflux-julia[plot]" in err) == (1, True)
    assert not (tmp_path / "new").exists()
