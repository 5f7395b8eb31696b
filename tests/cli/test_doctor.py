import importlib.metadata
import platform
import re
import shutil
import socket
import subprocess
import sys
import tomllib

import pytest

import pyflux
from pyflux.cli import doctor
from pyflux.engines.flux import devices, julia, packages
from tests.conftest import ROOT

INSTALLED = {"PythonCall": "0.9.34", "Flux": "0.16.10", "PyFlux": "0.1.0"}


@pytest.fixture
def machine(monkeypatch):
    """A machine without a GPU on which everything is installed; a test may change what is found there."""
    found = dict(INSTALLED)
    version = importlib.metadata.version
    monkeypatch.setattr(
        importlib.metadata, "version", lambda name: "0.9.34" if name == "juliacall" else version(name)
    )
    monkeypatch.setattr(julia, "is_set_up", lambda: True)
    monkeypatch.setattr(julia, "versions", lambda: {"julia": "1.10.8", "threads": "2"})
    monkeypatch.setattr(julia, "paths", lambda: {"home": "/julia/bin"})
    monkeypatch.setattr(packages, "versions", lambda: found)
    monkeypatch.setattr(packages, "driver", lambda: None)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    return found


@pytest.fixture
def checks(report):
    """Runs the doctor and returns its exit code and its checks by name."""

    def call():
        code, found = report("doctor")
        return code, {check["name"]: check for check in found["checks"]}

    return call


def test_all_is_named_with_its_version(machine, checks):
    code, found = checks()
    assert code == 0
    assert found["Python"]["found"].startswith(f"{platform.python_version()} at {sys.executable}")
    assert found["pyflux"]["found"].startswith(pyflux.__version__)
    for name in ("numpy", "safetensors", "pillow", "onnx"):
        assert importlib.metadata.version(name) in found[name]["found"]
    assert found["Julia"]["found"] == "1.10.8 at /julia/bin"
    assert found["threads"]["found"].startswith("2 ")
    for name, version in INSTALLED.items():
        assert (found[name]["ok"], found[name]["found"]) == (True, version)
    assert not found["GPU driver"]["ok"]
    assert not found["GPU driver"]["needed"]


def test_what_is_required_and_every_extra_for_users_is_checked(machine, checks):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    everything = [*project["dependencies"], *(name for each in extras.values() for name in each)]
    if names(importlib.metadata.requires(doctor.DISTRIBUTION)) != names(everything) - {doctor.DISTRIBUTION}:
        pytest.skip("the installed metadata are older than pyproject.toml: run pip install -e . again")
    users = set(extras) - set(doctor.DEVELOPMENT_EXTRAS)
    asked = [*project["dependencies"], *(name for extra in users for name in extras[extra])]
    assert names(asked) <= {name.lower() for name in checks()[1]}


def names(requirements):
    return {re.match(r"[\w.-]+", requirement)[0].lower() for requirement in requirements}


def test_a_missing_package_names_its_extra(machine, checks, monkeypatch):
    version = importlib.metadata.version

    def missing(name):
        if name in ("onnx", "numpy"):
            raise importlib.metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    code, found = checks()
    assert code == 1
    assert (found["numpy"]["ok"], found["numpy"]["needed"]) == (False, True)
    assert found["numpy"]["fix"] == f"{sys.executable} -m pip install numpy"
    assert (found["onnx"]["ok"], found["onnx"]["needed"]) == (False, False)
    assert found["onnx"]["fix"] == f'{sys.executable} -m pip install "pyflux-julia[onnx]"'


def test_before_the_set_up_nothing_is_started_and_the_command_is_named(machine, checks, monkeypatch, run):
    monkeypatch.setattr(julia, "is_set_up", lambda: False)
    monkeypatch.setattr(julia, "versions", lambda: pytest.fail("Julia was started"))
    code, found = checks()
    assert code == 1
    for name in ("Julia", "Julia packages"):
        assert (found[name]["ok"], found[name]["fix"]) == (False, "pyflux setup")
    lines = run("doctor")[1].splitlines()
    (missing,) = (i for i, line in enumerate(lines) if line.startswith(" MISSING  Julia packages: "))
    assert lines[missing + 1].split() == ["→", "pyflux", "setup"]


def test_a_julia_on_the_path_is_asked_for_its_version(machine, checks, monkeypatch):
    monkeypatch.setattr(julia, "is_set_up", lambda: False)
    monkeypatch.setattr(shutil, "which", {"julia": sys.executable}.get)
    found = checks()[1]["Julia"]
    assert found["ok"]
    assert found["found"] == f"Python {platform.python_version()} at {sys.executable}"


@pytest.mark.parametrize("broken", ["is_set_up", "versions", "paths"])
def test_a_julia_that_does_not_start_is_a_line_like_the_others(broken, machine, checks, monkeypatch):
    def fail():
        raise RuntimeError("no such library\nand a long trace")

    monkeypatch.setattr(julia, broken, fail)
    code, found = checks()
    assert code == 1
    assert not found["Julia"]["ok"]
    assert found["Julia"]["found"].endswith("no such library")
    assert "mpiexec" in found


def test_what_does_not_belong_together_is_seen(machine, checks):
    machine["PythonCall"] = "0.9.30"
    del machine["Flux"]
    code, found = checks()
    assert code == 1
    assert not found["PythonCall"]["ok"]
    assert {"0.9.30", "0.9.34"} <= set(re.findall(r"[\d.]+\d", found["PythonCall"]["found"]))
    assert (found["Flux"]["ok"], found["Flux"]["fix"]) == (False, "pyflux setup")


def test_a_gpu_is_named_with_its_driver_and_packages(machine, checks, monkeypatch):
    monkeypatch.setattr(packages, "driver", lambda: "cuda")
    monkeypatch.setattr(doctor, "nvidia", lambda: "H100, 580.1, 80 GB")
    code, found = checks()
    assert code == 0
    assert found["GPU driver"]["found"] == "H100, 580.1, 80 GB"
    assert (found["CUDA.jl"]["ok"], found["cuDNN.jl"]["fix"]) == (False, "pyflux setup --gpu")
    machine |= {"CUDA": "5.9.0", "cuDNN": "1.4.5", "MPI": "0.20.22"}
    monkeypatch.setattr(devices, "name", lambda name: f"the first {name}")
    found = checks()[1]
    assert [found[name]["found"] for name in ("CUDA.jl", "cuDNN.jl", "MPI.jl")] == [
        "5.9.0",
        "1.4.5",
        "0.20.22",
    ]
    assert found["GPU"]["found"] == "the first gpu"


def test_a_driver_whose_program_fails_is_a_line_too(machine, checks, monkeypatch):
    def run(command, **options):
        raise subprocess.TimeoutExpired(command, 1)

    monkeypatch.setattr(packages, "driver", lambda: "cuda")
    monkeypatch.setattr(subprocess, "run", run)
    assert "nvidia-smi" in checks()[1]["GPU driver"]["found"]


def test_nothing_is_downloaded(monkeypatch, tmp_path, run):
    """The real checks, with a Julia environment that is empty, and no way out."""

    def connect(*args, **options):
        pytest.fail("the doctor opened a connection")

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket, "getaddrinfo", connect)
    monkeypatch.setattr(julia, "is_set_up", lambda: False)
    code, out, _ = run("doctor")
    assert code == 1
    assert "Julia packages" in out


def test_versions_of_julia_packages_come_from_the_manifest(monkeypatch, tmp_path):
    from juliapkg.state import STATE

    monkeypatch.setitem(STATE, "project", str(tmp_path))
    assert packages.versions() == {}
    (tmp_path / "Manifest.toml").write_text(
        'julia_version = "1.10.8"\n[[deps.Flux]]\nversion = "0.16.10"\n[[deps.Base64]]\nuuid = "2a0f44e3"\n'
        '[[deps.PyFlux]]\npath = "julia"\nversion = "0.1.0"\n'
    )
    assert packages.versions() == {"Flux": "0.16.10", "PyFlux": "0.1.0"}
