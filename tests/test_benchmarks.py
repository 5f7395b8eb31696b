"""The benchmark's own logic, and one small run of it. No test looks at a time."""

import argparse
import doctest
import importlib
import importlib.util
import json
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest

from benchmarks import __main__ as command
from benchmarks import contestants, data, goals, machine, plot, report, runner, tasks
from benchmarks.results import Results, ratio
from pyflux import MissingExtraError, datasets, idx, networks
from tests.conftest import ROOT


@pytest.fixture
def results():
    """Two rounds of pyflux and PyTorch on one task, and pyflux alone on some others."""
    r = Results({"cpu": "abacus", "cores": 2, "date": "2026-01-02T03:04", "load": [0.5], "versions": {}})
    for round_, (ours, theirs) in enumerate([(1.0, 9.0), (3.0, 11.0)]):
        measures = {"seconds": [ours], "allocated_bytes": [60_000_000], "versions": [{"Julia": "1.10"}]}
        r.add("flux_mnist_128", "pyflux", "", round_, images=1000, measures=measures)
        r.add("flux_mnist_128", "torch_best", "", round_, images=1000, measures={"seconds": [theirs]})
        r.add("flux_mnist_128", "torch", "", round_, images=1000, measures={"seconds": [2 * theirs]})
    r.add("flux_mnist_128", "flux", "", 0, error="ERROR: no")
    for n, seconds in ((1000, 1.0), (2000, 2.3)):
        r.add("images", "pyflux", f"{n} images", 0, images=n, measures={"seconds": [seconds]})
    for label, seconds in (("one thread", 1.8), ("all threads", 1.0)):
        r.add("threads", "pyflux", label, 0, images=10, measures={"seconds": [seconds]})
    r.add("peak", "pyflux", "", 0, measures={"gflops": [200.0, 300.0]})
    return r


def measured(results, text):
    goal = next(g for g in goals.GOALS if g.text == text)
    value = goal.value(results)
    return value, None if value is None else goal.reached(value)


@pytest.mark.parametrize("module", ["contestants", "flops", "report", "results", "runner"])
def test_examples_in_docstrings(module):
    found = doctest.testmod(importlib.import_module(f"benchmarks.{module}"))
    assert found.attempted > 0
    assert found.failed == 0


def test_medians_are_over_all_rounds(results):
    assert results.median("flux_mnist_128", "pyflux") == 2.0
    assert results.median("flux_mnist_128", "flux") is None
    assert results.best_peer("flux_mnist_128") == 10.0
    assert results.best_peer("predict") is None
    assert results.median("images", "pyflux", label="2000 images") == 2.3
    assert results.images("images", "2000 images") == 2000
    assert results.machine["versions"] == {"Julia": "1.10"}
    assert ratio(1.0, 0.0) is None


def test_goals_have_the_measured_value_and_whether_it_keeps_the_limit(results):
    assert measured(results, "an epoch of flux_mnist, batch 128, relative to the best of the others") == (
        0.2,
        False,
    )
    assert measured(results, "an epoch of flux_mnist, batch 128, relative to stock Flux") == (None, None)
    assert measured(results, "allocated by Julia in an epoch after the first") == (60.0, False)
    value, reached = measured(results, "time per image over the numbers of images, maximum / minimum - 1")
    assert value == pytest.approx(0.15)
    assert not reached
    assert measured(results, "speed-up of all threads over one") == (1.8, True)


def test_a_goal_for_one_width_of_vectors_counts_on_such_machines_alone():
    text = "an epoch of keras_mnist, batch 128, relative to the best of the others, "
    for vectors, expected in (
        ("AVX-512", [(None, None), (0.22, True)]),
        ("AVX2", [(0.22, False), (None, None)]),
        ("NEON", [(0.22, False), (None, None)]),
    ):
        r = Results({"vectors": vectors, "versions": {}})
        r.add("keras_mnist_128", "pyflux", "", 0, measures={"seconds": [0.22]})
        r.add("keras_mnist_128", "torch_best", "", 0, measures={"seconds": [1.0]})
        assert [measured(r, text + name) for name in ("AVX2", "AVX-512")] == expected


def test_every_goal_is_about_a_task_that_exists():
    empty = Results({"versions": {}})
    assert [goal.value(empty) for goal in goals.GOALS] == [None] * len(goals.GOALS)
    asked = {"flux_mnist_32", "flux_mnist_128", "flux_mnist_512", "keras_imagenet_8", "single"}
    asked |= {"predict", "predict_256", "cold", "memory", "images", "threads", "accuracy", *plot.SIDE_BY_SIDE}
    assert asked <= {task.name for task in tasks.TASKS}


def test_the_report_shows_tables_goals_and_what_failed(results):
    results.skipped["simplechains"] = "not today"
    text = report.full(results)
    assert "2 cores of abacus; Julia 1.10; 2026-01-02, load 0.5 at the start" in text
    row = next(
        line for line in text.splitlines() if line.startswith("| an epoch of flux_mnist, batch 128, 1,000")
    )
    assert [cell.strip() for cell in row.split("|")[2:-1]] == ["2 s", "10 s", "20 s", "–", "0.2", "–"]
    assert "| 2000 images" in text
    assert "share of 250 GFLOP/s" in text
    assert "skipped: SimpleChains: not today" in text
    assert "failed: flux_mnist_128, stock Flux: ERROR: no" in text
    assert "not reached" in text


def test_results_come_back_from_their_file_and_can_be_shown(results, tmp_path, capsys):
    path = tmp_path / "results.json"
    results.save(path)
    assert json.loads(path.read_text())["medians"]["flux_mnist_128: seconds"]["pyflux"] == 2.0
    assert Results.load(path) == results
    assert command.main(["--show", str(path)]) == 0
    assert capsys.readouterr().out == report.full(results) + "\n"


def test_a_plot_is_drawn(results, tmp_path):
    pytest.importorskip("matplotlib")
    plot.save(results, tmp_path / "plot.png")
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")


def test_without_matplotlib_the_error_names_the_extra_before_anything_runs(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"--plot.*matplotlib.*\[bench\]"):
        plot.pyplot()
    assert command.main(["--plot", str(tmp_path / "plot.png")]) == 1
    assert "[bench]" in capsys.readouterr().err


def test_arguments_that_cannot_be_are_refused(capsys):
    for arguments, message in [
        (["--only", "walking"], "'walking' is not known; known: flux_mnist_128"),
        (["--contestants", "pyflux,theano"], "'theano' is not known"),
        (["--rounds", "0"], "--rounds"),
    ]:
        with pytest.raises(SystemExit):
            command.main(arguments)
        assert message in capsys.readouterr().err
    assert command.parser().parse_args(["--only", "predict,cold"]).only == ["predict", "cold"]
    with pytest.raises(argparse.ArgumentTypeError):
        command.positive_int("three")


def test_cases_take_turns_and_one_that_failed_is_not_run_again(monkeypatch, results):
    calls = []

    def run(case, timeout):
        calls.append(case.contestant)
        if case.contestant == "flux":
            raise runner.CaseFailed("no")
        return {"seconds": [1.0]}

    monkeypatch.setattr(runner, "run", run)
    cases = [
        tasks.Case(name, {"task": "predict", "shape": (5, 28, 28, 1)}) for name in ("pyflux", "flux", "torch")
    ]
    r = Results({"versions": {}})
    command.run_task(next(t for t in tasks.TASKS if t.name == "predict"), cases, 2, 60.0, r)
    assert calls == ["pyflux", "flux", "torch", "pyflux", "torch"]
    assert r.values("predict", "pyflux") == [1.0, 1.0]
    assert r.images("predict") == 5


def test_a_contestant_that_is_not_available_is_skipped_with_the_reason(monkeypatch):
    monkeypatch.setattr(contestants.importlib.util, "find_spec", lambda name: None)
    contestants.torch_unavailable.cache_clear()
    r = Results({"versions": {}})
    try:
        assert command.available([tasks.Case("torch", {})], r) == []
    finally:
        contestants.torch_unavailable.cache_clear()
    assert r.skipped == {"torch": 'PyTorch is not installed: pip install -e ".[bench]"'}


@pytest.mark.parametrize("network", ["flux_mnist", "torch_cifar"])
def test_pytorch_trains_the_same_network(network):
    if importlib.util.find_spec("torch") is None:
        pytest.skip("PyTorch is not installed")
    code = (
        "import sys, numpy as np\n"
        "from benchmarks.workers import torch_mnist, torch_worker\n"
        "from benchmarks.workers.torch_training import Best, Usual\n"
        "name, shape = sys.argv[1], tuple(map(int, sys.argv[2:]))\n"
        "x = np.random.default_rng(0).integers(0, 256, (8, *shape), np.uint8)\n"
        "y = torch_worker.torch.arange(8)\n"
        "for style in Best, Usual:\n"
        "    training = style(name)\n"
        "    images = training.images(x)\n"
        "    losses = [training.epoch(images, y, 8) for _ in range(9)]\n"
        "    assert losses[-1] < losses[0]\n"
        "    assert training.probabilities(images).shape == (8, 10)\n"
        "    print(sum(p.numel() for p in training.net.parameters()))\n"
    )
    model = getattr(networks, network)(engine="reference")
    # In a process of its own: PyTorch and Julia in one process get in each other's way.
    done = subprocess.run(
        [sys.executable, "-c", code, network, *map(str, model.input_shape[1:])],
        capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == 2 * [str(model.count_params())]


def test_a_process_that_fails_says_why():
    case = tasks.Case("pyflux", {"task": "no such task"})
    with pytest.raises(runner.CaseFailed, match="KeyError: 'no such task'"):
        runner.run(case, timeout=60.0)


@pytest.mark.parametrize(("shares", "seconds"), [((0.5, 0.3, 0.0), 3), ((0.05,), 1), ((0.5,) * 9, 4)])
def test_a_run_that_other_programs_disturbed_is_counted_and_repeated(monkeypatch, shares, seconds):
    left, runs = iter(shares), iter(range(1, 10))
    monkeypatch.setattr(runner, "disturbed", Counter())
    monkeypatch.setattr(runner.machine.Neighbours, "share", lambda self: next(left))
    monkeypatch.setattr(runner, "run_once", lambda case, timeout: {"seconds": [next(runs)]})
    assert runner.run(tasks.Case("torch", {}), timeout=60.0) == {"seconds": [seconds]}
    assert runner.disturbed["torch"] == seconds - 1


@pytest.mark.parametrize("contestant", ["onnxruntime", "openvino", "jax"])
def test_other_runtimes_predict_what_pyflux_predicts(contestant, tmp_path):
    if reason := contestants.CONTESTANTS[contestant].unavailable():
        pytest.skip(reason)
    model = networks.flux_mnist(seed=0, engine="reference")
    x = np.random.default_rng(0).integers(0, 256, (5, 28, 28, 1), np.uint8)
    np.save(tmp_path / "x.npy", x)
    code = {
        "jax": (
            "from benchmarks.workers.jax_worker import logits, predictor\n"
            "from pyflux import networks\n"
            "model = networks.flux_mnist(seed=0, engine='reference')\n"
            "predict = predictor(model.layers, model.get_weights())\n"
        ),
        "onnxruntime": (
            "from benchmarks.workers.onnx_worker import exported, onnxruntime\n"
            "predict = onnxruntime(exported({'network': 'flux_mnist'}), 1)\n"
        ),
        "openvino": (
            "from benchmarks.workers.onnx_worker import exported, openvino\n"
            "predict = openvino(exported({'network': 'flux_mnist'}), 1)\n"
        ),
    }[contestant]
    code = f"import numpy as np\n{code}np.save('y.npy', predict(np.load('x.npy').astype(np.float32) / 255))\n"
    case = contestants.CONTESTANTS[contestant]
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path,
        env=contestants.environment(case, {}),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    np.testing.assert_allclose(np.load(tmp_path / "y.npy"), model.predict(x), rtol=0, atol=1e-6)


def test_generated_digits_stand_in_for_mnist(monkeypatch, tmp_path):
    monkeypatch.delenv("PYFLUX_DATA", raising=False)
    monkeypatch.setattr(data, "GENERATED", 50)
    samples = data.Samples(tmp_path)
    job = samples.job("flux_mnist", 120)
    x = np.fromfile(job["images"], np.uint8).reshape(job["shape"])
    assert x.shape == (120, 28, 28, 1)
    np.testing.assert_array_equal(x[:50], x[50:100])
    assert np.fromfile(job["labels"], np.uint8).shape == (120,)
    assert samples.job("torch_cifar", 4)["shape"] == (4, 32, 32, 3)
    about = samples.mnist_job()
    (x, y), (x_test, _) = datasets.load(about["dataset"], about["data_dir"])
    assert (x.shape, y.shape, x_test.shape) == ((60_000, 28, 28), (60_000,), (10_000, 28, 28))
    assert idx.read_idx(f"{about['folder']}/train-labels-idx1-ubyte.gz").max() == 9


def test_the_networks_in_julia_are_those_of_pyflux():
    source = (ROOT / "benchmarks" / "workers" / "flux.jl").read_text()
    for task in tasks.TASKS:
        network = task.name.rpartition("_")[0]
        if hasattr(networks, network):
            assert f'"{network}" => () -> Chain(' in source


def test_the_machine_is_described():
    described = machine.describe()
    assert described["cores"] >= 1
    assert described["product_gflops"] > 0
    assert f"{described['vectors']}, matrix product" in machine.line(described)
    assert described["versions"]["pyflux"] in machine.line(described)


def test_the_command_runs_pyflux_and_keeps_what_it_measured(julia, monkeypatch, tmp_path, capsys):
    monkeypatch.delenv("PYFLUX_DATA", raising=False)
    path = tmp_path / "results.json"
    arguments = ["--quick", "--only", "flux_mnist_128,single", "--contestants", "pyflux", "--images", "300"]
    assert command.main([*arguments, "--json", str(path)]) == 0
    r = Results.load(path)
    assert r.skipped == {}
    assert not [record for record in r.records if "error" in record]
    assert len(r.values("flux_mnist_128", "pyflux")) == command.QUICK.epochs
    assert r.images("flux_mnist_128") == 300
    assert r.values("flux_mnist_128", "pyflux", "allocated_bytes")[0] > 0
    assert len(r.values("single", "pyflux")) == command.QUICK.times[1]
    assert {"Julia", "Flux", "pyflux"} <= set(r.machine["versions"])
    assert "an epoch of flux_mnist, batch 128, 300 images" in capsys.readouterr().out
