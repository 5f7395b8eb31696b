"""The notebooks run from the first cell to the last, on small data."""

import pytest

from .conftest import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

# What takes the place of a notebook's parameters, and what its last cells must show.
SMALL = 'DATASET, IMAGES = "drawn", 3000'


@pytest.fixture
def execute(julia, tmp_path, monkeypatch):
    """Runs a notebook and returns the values of some expressions at its end, and how many pictures it shows."""
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    pytest.importorskip("matplotlib")
    monkeypatch.delenv("MPLBACKEND", raising=False)  # the notebook's own shows pictures
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))

    def run(path, *expressions):
        book = nbformat.read(path, as_version=4)
        place = next(i for i, cell in enumerate(book.cells) if "parameters" in cell.metadata.get("tags", []))
        book.cells.insert(place + 1, nbformat.v4.new_code_cell(SMALL))
        book.cells.append(nbformat.v4.new_code_cell(f"print({', '.join(expressions)})"))
        options = {
            "timeout": 300,
            "kernel_name": "python3",
            "resources": {"metadata": {"path": str(tmp_path)}},
        }
        nbclient.NotebookClient(book, **options).execute()
        shown = [output for cell in book.cells for output in cell.get("outputs", [])]
        pictures = sum("image/png" in output.get("data", {}) for output in shown)
        return [float(value) for value in book.cells[-1].outputs[0]["text"].split()], pictures

    return run


def test_all_are_here_and_have_no_outputs():
    nbformat = pytest.importorskip("nbformat")
    assert [path.stem for path in NOTEBOOKS] == ["from-pixels-to-curves", "transfer-learning", "wrong-labels"]
    for path in NOTEBOOKS:
        for cell in nbformat.read(path, as_version=4).cells:
            assert cell.get("outputs", []) == []
            assert cell.get("execution_count") is None


def notebook(name):
    return ROOT / "notebooks" / f"{name}.ipynb"


def test_from_pixels_to_curves(execute):
    (accuracy, files), pictures = execute(
        notebook("from-pixels-to-curves"), "accuracy", "len(list(folder.iterdir()))"
    )
    assert accuracy > 0.8
    assert files == 2
    assert pictures == 5


def test_transfer_learning_pays(execute):
    (with_base, without), _ = execute(
        notebook("transfer-learning"), "result['accuracy']", "alone['accuracy']"
    )
    assert with_base > 0.4
    assert with_base > without


def test_wrong_labels_are_found(execute):
    (hits, changed, without), pictures = execute(
        notebook("wrong-labels"), "hits", "len(changed)", "accuracy['without the suspects']"
    )
    assert hits >= 0.4 * changed
    assert without > 0.7
    assert pictures == 1
