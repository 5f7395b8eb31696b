"""Where a network computes: what can be asked for, and what is said where it cannot be had."""

import gc
import importlib.util
import json
import weakref

import numpy as np
import pytest

import pyflux
from pyflux import datasets
from pyflux._internal import validation
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
        with pytest.raises(ValueError, match="device"):
            pyflux.train_mnist(device=name)
    with pytest.raises(ValueError, match="device"):
        validation.device(name)


def test_the_reference_computes_on_the_cpu(small, samples):
    for options in ({"device": "gpu"}, {"precision": "tf32"}, {"distributed": True}):
        with pytest.raises(ValueError, match=r"engine='reference'.*engine='flux'"):
            small().compile(**options)
    with pytest.raises(ValueError, match="engine='reference'.*device='gpu'"):
        small(device="gpu").predict(samples()[0])
    with pytest.raises(ValueError, match="precision.*bfloat16"):
        small().compile(precision="bfloat16")


def test_a_gpu_that_is_not_there_is_an_error_with_the_reason(julia, small, samples):
    if packages.driver() is not None:
        pytest.skip("this machine has a GPU's driver")
    model = small(engine="flux", device="gpu")
    with pytest.raises(EngineUnavailable, match=r"gpu.*driver.*device='cpu'"):
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
    with pytest.raises(EngineUnavailable, match="tf32"):
        model.fit(*samples(), verbose=0)


def test_data_are_let_go(julia, small, samples):
    model = small(engine="flux")
    model.compile("adam")
    x, y = samples()
    x = x.astype(np.float32) / 255  # pyflux has the only other reference
    model.fit(x, y, verbose=0)
    model.evaluate(x, y, verbose=0)
    model.predict(x[:1])  # what Python has dropped, Julia drops at the next call
    held = weakref.ref(x)
    del x
    gc.collect()
    assert held() is None


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

    with pytest.raises(TypeError, match=r"x .*OnGpu.*x\.get\(\)"):
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
