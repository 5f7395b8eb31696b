import pytest

from pyflux import DownloadError, datasets
from pyflux.engines.flux import julia as engine_julia


@pytest.fixture
def mnist(monkeypatch, split):
    """Drawn digits in MNIST's place."""
    monkeypatch.setattr(type(datasets.mnist), "load_data", lambda self, **options: split)


def unavailable(monkeypatch, reason):
    monkeypatch.setattr(engine_julia, "unavailable_reason", lambda timeout: reason)


def test_without_mnist_and_julia_it_says_what_it_takes_and_why(monkeypatch, run):
    def load_data(self, **options):
        raise DownloadError("every mirror is down\nand so on")

    monkeypatch.setattr(type(datasets.mnist), "load_data", load_data)
    monkeypatch.setattr("pyflux.cli.demo.synthetic_digits", small(datasets.synthetic_digits))
    unavailable(monkeypatch, "there is no julia on the PATH")
    code, out, err = run("demo", "--seed", 0, "--quiet")
    assert code == 0
    data, engine = err.splitlines()
    assert "synthetic digits" in data
    assert data.endswith("every mirror is down")
    assert "reference" in engine
    assert engine.endswith("there is no julia on the PATH")
    assert "test accuracy" in out


def small(draw):
    return lambda n, seed: draw(n // 20, seed=seed)


def test_it_shows_an_image_with_its_class_and_the_prediction(mnist, split, monkeypatch, report, run):
    unavailable(monkeypatch, "of the weather")
    code, found = report("demo", "--quiet", "--seed", 3)
    assert code == 0
    assert (found["dataset"], found["engine"], len(found["seconds_per_epoch"])) == ("mnist", "reference", 1)
    assert found["true_class"] == split[1][1][0]
    assert len(found["image"].splitlines()) == 14
    code, out, _ = run("demo", "--quiet", "--seed", 3)
    assert found["image"] in out
    last = out.splitlines()[-1]
    assert [int(c) for c in last if c.isdigit()] == [found["true_class"], found["predicted_class"]]


def test_it_takes_flux_where_julia_starts(julia, mnist, report):
    code, found = report("demo", "--quiet")
    assert (code, found["engine"]) == (0, "flux")
    assert {"julia", "flux"} <= set(found["versions"])
