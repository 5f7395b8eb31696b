import pytest


def test_a_page_is_written(saved, tmp_path, report):
    code, found = report("export", saved, "--html", tmp_path / "digits.html")
    assert code == 0
    text = (tmp_path / "digits.html").read_text("utf-8")
    assert text.lower().startswith("<!doctype html>")
    assert found["bytes"] == (tmp_path / "digits.html").stat().st_size


def test_an_onnx_file_is_written(saved, tmp_path, report):
    onnx = pytest.importorskip("onnx")
    code, found = report("export", saved, "--onnx", tmp_path / "digits.onnx")
    assert (code, found["format"]) == (0, "onnx")
    assert [i.name for i in onnx.load(tmp_path / "digits.onnx").graph.input] == ["input"]


def test_bad_arguments(saved, tmp_path, run):
    assert run("export", saved)[0] == 2
    assert run("export", saved, "--html", "a", "--onnx", "b")[0] == 2
    code, _, err = run("export", tmp_path / "none.safetensors", "--html", tmp_path / "a.html")
    assert code == 1
    assert "none.safetensors" in err
    code, _, err = run("export", saved, "--html", tmp_path / "missing" / "a.html")
    assert code == 1
    assert "--html" in err
