import pytest

from pyflux.cli import cache


@pytest.fixture
def kept(monkeypatch, tmp_path):
    monkeypatch.setattr(cache, "cache_folder", lambda kind: tmp_path / kind)
    monkeypatch.setattr(cache.installation, "project", lambda: str(tmp_path / "julia_env"))
    monkeypatch.setattr(cache.installation, "uses_juliapkg", lambda: True)
    for name, length in (("datasets/mnist/a.gz", 1000), ("julia_env/Manifest.toml", 20)):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_bytes(bytes(length))
    return tmp_path


def test_sizes(kept, report):
    code, found = report("cache")
    assert code == 0
    assert {k["kind"]: k["bytes"] for k in found["kept"]} == {"datasets": 1000, "weights": 0, "julia": 20}
    assert (kept / "datasets/mnist/a.gz").exists()


def test_one_kind_is_cleared(kept, report):
    code, found = report("cache", "--clear", "datasets")
    assert code == 0
    assert [k["kind"] for k in found["kept"] if k["cleared"]] == ["datasets"]
    assert not (kept / "datasets").exists()
    assert (kept / "julia_env/Manifest.toml").exists()


@pytest.mark.parametrize("kind", ["julia", "all"])
def test_with_an_environment_of_the_user_s_nothing_is_deleted(kept, monkeypatch, run, kind):
    monkeypatch.setattr(cache.installation, "uses_juliapkg", lambda: False)
    code, _, err = run("cache", "--clear", kind)
    assert code == 1
    assert "julia_env" in err
    assert (kept / "julia_env/Manifest.toml").exists()
    assert (kept / "datasets/mnist/a.gz").exists()


def test_an_unknown_kind_is_wrong_usage(run):
    assert run("cache", "--clear", "everything")[0] == 2
