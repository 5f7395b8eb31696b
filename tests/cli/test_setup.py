import pytest

from pyflux.engines.flux import julia as engine_julia
from pyflux.engines.flux import packages


@pytest.fixture
def added(monkeypatch):
    """The kinds of packages that are asked for; Julia is not started."""
    kinds = []
    monkeypatch.setattr(packages, "add", kinds.append)
    monkeypatch.setattr(packages, "driver", lambda: "cuda")
    monkeypatch.setattr(engine_julia, "versions", lambda: {"julia": "1.10.8", "flux": "0.16.10"})
    return kinds


@pytest.mark.parametrize(
    ("options", "kinds"),
    [
        ([], []),
        (["--gpu"], ["cuda"]),
        (["--distributed"], ["mpi"]),
        (["--gpu", "--distributed"], ["cuda", "mpi"]),
    ],
)
def test_what_is_asked_for_is_installed(options, kinds, added, report):
    code, found = report("setup", *options)
    assert (code, found["versions"]) == (0, {"julia": "1.10.8", "flux": "0.16.10"})
    assert added == kinds


def test_a_person_sees_the_versions(added, run):
    assert run("setup") == (0, "ready: julia 1.10.8, flux 0.16.10\n", "")


def test_without_a_driver_nothing_is_installed_for_a_gpu(added, monkeypatch, run):
    monkeypatch.setattr(packages, "driver", lambda: None)
    code, out, err = run("setup", "--gpu")
    assert (code, out, added) == (1, "", [])
    assert "--gpu" in err
    assert "pyflux doctor" in err
