import json

import pytest

from pyflux import Sequential, datasets, layers, synthetic_digits
from pyflux.cli import main
from pyflux.optimizers import Adam


@pytest.fixture
def run(capsys):
    """Runs a command in this process and returns its exit code, stdout and stderr."""

    def call(*arguments):
        code = main([str(a) for a in arguments])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return call


@pytest.fixture
def report(run):
    """Runs a command with --json and returns its exit code and its report."""

    def call(*arguments):
        code, out, _ = run(*arguments, "--json")
        assert out.count("\n") == 1
        return code, json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))

    return call


@pytest.fixture
def split():
    """A few drawn digits to train on, and to test on."""
    return synthetic_digits(300, seed=0), synthetic_digits(100, seed=1)


@pytest.fixture
def drawn(monkeypatch, split):
    """Drawn digits in the place of every data set."""
    monkeypatch.setattr(datasets, "load", lambda name, data_dir, verbose: split)


@pytest.fixture(scope="session")
def saved(tmp_path_factory):
    """A saved model that knows drawn digits; a small one, which is trained in no time."""
    path = tmp_path_factory.mktemp("model") / "digits.safetensors"
    model = Sequential(
        [layers.Flatten(input_shape=(28, 28, 1)), layers.Dense(10, activation="softmax")],
        seed=0, engine="reference",
    )  # fmt: skip
    model.compile(Adam(0.005))
    model.fit(*synthetic_digits(1200, seed=0), batch_size=32, epochs=10, verbose=0)
    model.save(path)
    return path
