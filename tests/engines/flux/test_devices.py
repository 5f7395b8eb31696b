"""Where a network computes: what can be asked for, and what is said where it cannot be had."""

import importlib.util
import json
import re

import numpy as np
import pytest

import pyflux
from pyflux import datasets
from pyflux._internal import validation
from pyflux.cli import main
from pyflux.engines.flux import julia as engine_julia
from pyflux.engines.flux import packages
from pyflux.errors import EngineUnavailable
from tests.conftest import ROOT


@pytest.mark.parametrize("name", ["auto", "cpu", "gpu", "gpu:0", "gpu:12"])
def test_device_names(name):
    assert validation.device(name) == name


@pytest.mark.parametrize("name", ["cuda", "GPU", "gpu:", "gpu:-1", "gpu:x", "", 0, None])
def test_other_names_are_refused_before_anything_is_downloaded(name, monkeypatch):
    monkeypatch.setattr(datasets, "load", lambda *a, **k: pytest.fail("downloaded"))
    if name is not None:
        with pytest.raises(ValueError, match="device must be 'auto', 'cpu', 'gpu' or a numbered GPU"):
            pyflux.train_mnist(device=name)
    with pytest.raises(ValueError, match="device must be"):
        validation.device(name)


def test_the_reference_computes_on_the_cpu(small, samples):
    for options in ({"device": "gpu"}, {"precision": "tf32"}, {"distributed": True}):
        with pytest.raises(ValueError, match=r"engine='reference' computes on the CPU.*take engine='flux'"):
            small().compile(**options)
    with pytest.raises(ValueError, match="engine='reference' computes on the CPU"):
        small(device="gpu").predict(samples()[0])
    with pytest.raises(ValueError, match="precision .* is not known"):
        small().compile(precision="bfloat16")


def test_a_gpu_that_is_not_there_is_an_error_with_the_reason(julia, small, samples):
    if packages.driver() is not None:
        pytest.skip("this machine has a GPU's driver")
    model = small(engine="flux", device="gpu")
    with pytest.raises(
        EngineUnavailable, match=r"device gpu is not here: no driver of NVIDIA's.*device='cpu'"
    ):
        model.predict(samples()[0])
    model.compile(device="cpu")
    assert model.predict(samples()[0]).shape == (60, 3)


def test_auto_takes_the_cpu_where_there_is_no_gpu_and_says_nothing(julia, small, samples, capfd):
    if packages.driver() is not None:
        pytest.skip("this machine has a GPU's driver")
    model = small(engine="flux")
    model.predict(samples()[0])
    assert capfd.readouterr() == ("", "")
    assert "device" not in model.versions()


def test_tf32_is_for_gpus(julia, small, samples):
    model = small(engine="flux", device="cpu")
    model.compile(precision="tf32")
    with pytest.raises(EngineUnavailable, match="precision tf32 is for NVIDIA GPUs, not for the CPU"):
        model.fit(*samples(), verbose=0)


def test_data_are_lent_once_for_a_fit_and_let_go(julia, small, samples):
    # As on a GPU, where lending is moving: on the CPU it is a look at the same memory.
    model = small(engine="flux")
    model.compile("adam", metrics=["accuracy"])
    network = model.ensure_network()
    moved, call = [], network._call

    def counting(name, *arguments):
        if name == "lend":
            moved.append(arguments)
        return call(name, *arguments)

    network._call = counting
    model.fit(*samples(), epochs=3, batch_size=8, validation_split=0.2, verbose=0)
    assert len(moved) == 2  # samples to train on and to measure on, in three epochs
    assert not network._lent
    model.evaluate(*samples())
    assert len(moved) == 3
    assert not network._lent


def test_a_network_moves_with_its_weights(julia, small, samples):
    model = small(engine="flux", device="auto")
    model.compile("adam")
    model.fit(*samples(), verbose=0)
    before = model.predict(samples()[0])
    model.compile("adam", device="cpu")
    np.testing.assert_array_equal(model.predict(samples()[0]), before)
    assert model.device == "cpu"


def test_arrays_on_a_gpu_are_refused_with_what_to_do(small):
    class OnGpu:
        __cuda_array_interface__ = {"shape": (1, 6, 5, 2), "typestr": "|u1", "data": (0, False), "version": 3}  # noqa: RUF012

    with pytest.raises(
        TypeError, match=r"x must be in the CPU's memory, got a OnGpu on a GPU; give x\.get\(\)"
    ):
        small().predict(OnGpu())


# ── Julia packages that are asked for ────────────────────────────────────────────────────────────────────


@pytest.fixture
def requirements(monkeypatch, tmp_path):
    """The file in which juliapkg keeps what this Python asks for."""
    from juliapkg.state import STATE

    monkeypatch.setitem(STATE, "deps", str(tmp_path / "juliapkg.json"))
    monkeypatch.setitem(STATE, "resolved", STATE["resolved"])
    return tmp_path / "juliapkg.json"


def test_packages_are_added_once_to_what_juliapkg_installs(requirements):
    assert packages.added() == []
    assert packages.add("cuda")
    assert not packages.add("cuda")
    assert packages.added() == ["cuda"]
    found = json.loads(requirements.read_text())["packages"]
    assert set(found) == {"CUDA", "cuDNN"}
    assert found["CUDA"]["version"] == "5.8, 6"


def test_the_packages_are_those_of_the_julia_package():
    project = (ROOT / "julia" / "Project.toml").read_text()
    for kind in ("cuda", "mpi"):
        for name, (uuid, version) in packages.PACKAGES[kind].items():
            assert f'{name} = "{uuid}"' in project
            assert f'{name} = "{version}"' in project


@pytest.mark.parametrize(
    ("device", "driver", "extra", "expected"),
    [
        ("cpu", "cuda", True, []),
        ("auto", "cuda", False, []),
        ("auto", "cuda", True, ["cuda"]),
        ("auto", None, True, []),
        ("gpu", None, False, []),
        ("gpu:1", "cuda", False, ["cuda"]),
        ("gpu", "metal", False, ["metal"]),
    ],
)
def test_what_is_large_comes_to_who_asks_for_it(device, driver, extra, expected, monkeypatch):
    monkeypatch.setattr(packages, "driver", lambda: driver)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object() if extra else None)
    assert packages.needed(device) == expected


def test_a_started_julia_gets_no_more_packages(julia, requirements, monkeypatch):
    monkeypatch.setattr(packages, "driver", lambda: "cuda")
    engine_julia.prepare("gpu")
    assert not requirements.exists()


# ── The doctor ───────────────────────────────────────────────────────────────────────────────────────────


def doctor(capsys):
    code = main(["doctor", "--json"])
    return code, {check["name"]: check for check in json.loads(capsys.readouterr().out)["checks"]}


def test_the_doctor_finds_all_that_is_needed(julia, capsys):
    code, found = doctor(capsys)
    assert code == 0
    assert found["Julia"]["found"].startswith(engine_julia.versions()["julia"])
    assert found["Julia packages"]["ok"]
    assert re.match(r"\d+ of \d+ cores", found["threads"]["found"])
    assert main(["doctor"]) == 0
    assert "      ok  Julia: " in capsys.readouterr().out


def test_the_doctor_works_where_julia_does_not(monkeypatch, capsys):
    monkeypatch.setattr(engine_julia, "is_set_up", lambda: False)
    monkeypatch.setenv("PATH", "")
    code, found = doctor(capsys)
    assert code == 1
    assert not found["Julia"]["ok"]
    assert found["Julia packages"]["mend"] == "pyflux setup"
    monkeypatch.setattr(engine_julia, "is_set_up", lambda: (_ for _ in ()).throw(OSError("no disk")))
    code, found = doctor(capsys)
    assert (code, found["Julia"]["found"]) == (1, "OSError: no disk")


def test_the_doctor_says_what_a_gpu_lacks(julia, requirements, monkeypatch, capsys):
    if packages.driver() is not None:
        pytest.skip("this machine has a GPU's driver")
    assert doctor(capsys)[1]["GPU"]["found"].startswith("no driver")
    monkeypatch.setattr(packages, "driver", lambda: "cuda")
    code, found = doctor(capsys)
    assert code == 0  # training on the CPU needs none
    assert found["GPU packages"]["mend"] == "pyflux setup --gpu"
    assert not found["device"]["ok"]


def test_setup_for_a_gpu_needs_a_driver(monkeypatch, capsys):
    monkeypatch.setattr(packages, "driver", lambda: None)
    assert main(["setup", "--gpu"]) == 1
    assert "no driver of a GPU" in capsys.readouterr().err
