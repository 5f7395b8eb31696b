"""The package as a whole: what it exports, what importing it costs, what it carries."""

import ast
import hashlib
import json
import re
import shutil
import subprocess
import sys

import pytest
import requests

import pyflux
from pyflux import engines
from pyflux.engines.flux import installation
from tests.conftest import ROOT


def test_public_names():
    assert set(pyflux.__all__) == {
        "DataError",
        "DownloadError",
        "EngineError",
        "EngineUnavailable",
        "History",
        "Input",
        "LabelErrors",
        "MissingExtraError",
        "Model",
        "PyFluxError",
        "SavedModelError",
        "ScaleWarning",
        "Sequential",
        "TrainingResult",
        "activations",
        "applications",
        "callbacks",
        "constraints",
        "datasets",
        "export_html",
        "export_onnx",
        "find_label_errors",
        "from_keras",
        "from_torch",
        "initializers",
        "layers",
        "load",
        "losses",
        "lr_find",
        "metrics",
        "models",
        "networks",
        "optimizers",
        "plots",
        "recipes",
        "regularizers",
        "schedules",
        "synthetic_digits",
        "synthetic_images",
        "to_keras",
        "to_torch",
        "train_mnist",
        "utils",
        "verify",
        "Verification",
    }
    for name in pyflux.__all__:
        assert getattr(pyflux, name) is not None


def test_importing_starts_nothing():
    code = "import sys, pyflux; print([m for m in ('juliapkg', 'requests', 'tqdm', 'PIL', 'matplotlib') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_describing_a_network_starts_nothing():
    code = (
        "import sys, pyflux; m = pyflux.networks.flux_mnist(seed=0); m.compile(); m.summary(); m.get_weights();"
        "print('juliapkg' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"


# The order of the house, from the top down: what stands higher may import what stands lower. Public short names
# (`pyflux.networks` and so on) stand at the top, as nothing imports them but users.
LEVELS = [
    [
        "__init__",
        "__main__",
        "networks",
        "schedules",
        "idx",
        "cifar",
        "images",
        "download",
        "utils",
        "sklearn",
    ],
    ["cli"],
    ["verify"],
    ["train_mnist"],
    ["recipes", "lr_find", "label_errors"],
    ["applications"],
    ["plots"],
    ["models"],
    ["interchange"],
    ["saving"],
    ["engines"],
    ["callbacks"],
    ["metrics"],
    ["losses"],
    ["architecture"],
    ["optimizers"],
    ["layers"],
    ["activations", "constraints", "initializers", "regularizers", "variables"],
    ["inputs"],
    ["datasets"],
    ["_internal"],
    ["errors"],
]


def imports(path):
    """The top-level modules of pyflux that a file imports at run time, as relative imports name them."""
    inside = path.relative_to(ROOT / "pyflux").parts
    tree = ast.parse(path.read_text())
    typing_only = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and getattr(block.test, "id", "") == "TYPE_CHECKING"
        for node in ast.walk(block)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level and id(node) not in typing_only:
            package = inside[: len(inside) - node.level]
            for alias in node.names:
                target = (*package, *(node.module or "").split("."), alias.name)
                yield next(part for part in target if part)


def test_imports_point_one_way():
    level = {name: i for i, names in enumerate(LEVELS) for name in names}
    files = sorted((ROOT / "pyflux").rglob("*.py"))
    wrong = [
        f"{path.relative_to(ROOT)} imports {target}"
        for path in files
        for target in imports(path)
        if target in level
        and level[target] < level[path.relative_to(ROOT / "pyflux").parts[0].removesuffix(".py")]
    ]
    assert wrong == []
    modules = {path.relative_to(ROOT / "pyflux").parts[0].removesuffix(".py") for path in files}
    assert modules == set(level)


def test_julia_is_started_in_one_file():
    files = {p: p.read_text() for p in (ROOT / "pyflux").rglob("*.py")}
    assert {p.parent for p, text in files.items() if "import juliapkg" in text} == {
        ROOT / "pyflux/engines/flux"
    }
    users = [p for p, text in files.items() if re.search(r"^ *(import|from) juliacall", text, re.MULTILINE)]
    assert users == [ROOT / "pyflux/engines/flux/julia.py"]


def test_without_julia_the_error_says_why_and_what_else_there_is(monkeypatch, tmp_path):
    code = "import pyflux; pyflux.networks.flux_mnist().predict([[[0.0] * 28] * 28])"
    # A module of that name that cannot be imported stands for a machine where Julia does not work.
    (tmp_path / "juliapkg.py").write_text("raise ImportError('no Julia today')")
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, check=False, env={"PYTHONPATH": f"{tmp_path}:{ROOT}", "PATH": ""},
    )  # fmt: skip
    assert done.returncode == 1
    message = done.stderr.splitlines()[-1]
    assert message.startswith(
        "pyflux.errors.EngineUnavailable: Julia could not be started: ImportError: no Julia"
    )
    assert "engine='reference'" in message


@pytest.mark.parametrize("engine", ["torch", "Flux", ""])
def test_an_unknown_engine_is_refused(engine):
    with pytest.raises(ValueError, match="engine .* is not known.*known: flux, reference"):
        engines.build(engine, None, [])


def test_one_version_everywhere():
    project = (ROOT / "julia" / "Project.toml").read_text()
    assert f'version = "{pyflux.__version__}"' in project
    assert f"## {pyflux.__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_a_changed_julia_project_is_resolved_anew():
    # juliapkg looks at its JSON files alone, so the JSON has the hash of what the Julia package needs.
    requirements = json.loads((ROOT / "pyflux" / "juliapkg.json").read_text())
    project = (ROOT / "julia" / "Project.toml").read_bytes()
    assert requirements["pyflux_project"] == hashlib.sha256(project).hexdigest(), "update pyflux_project"


@pytest.mark.parametrize(
    ("set_up", "network", "julia", "reason"),
    [
        (True, False, None, None),
        (False, True, None, None),
        (False, False, "/usr/bin/julia", None),
        (False, False, None, "there is no julia on the PATH, and .* cannot be reached"),
    ],
)
def test_out_of_reach_is_a_julia_that_is_neither_there_nor_to_be_had(
    monkeypatch, set_up, network, julia, reason
):
    def head(url, timeout):
        if not network:
            raise requests.ConnectionError("no network")

    monkeypatch.setenv("JULIA_PKG_OFFLINE", "")
    monkeypatch.setattr(installation, "is_complete", lambda: set_up)
    monkeypatch.setattr(requests, "head", head)
    monkeypatch.setattr(shutil, "which", lambda name: julia)
    got = installation.obstacle(1.0)
    assert got is None if reason is None else re.match(reason, got)


def test_the_julia_package_has_one_uuid():
    uuid = json.loads((ROOT / "pyflux" / "juliapkg.json").read_text())["packages"]["PyFlux"]["uuid"]
    assert f'uuid = "{uuid}"' in (ROOT / "julia" / "Project.toml").read_text()
    assert f'PyFlux = "{uuid}"' in (ROOT / "Project.toml").read_text()
