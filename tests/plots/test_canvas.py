import subprocess
import sys

import numpy as np
import pytest
from matplotlib import pyplot

from pyflux import MissingExtraError, plots

COUNTS = [[9, 1], [0, 10]]


def test_without_matplotlib_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"pyflux\.plots needs matplotlib.*pyflux-julia\[plot\]"):
        plots.confusion_matrix(COUNTS)


def test_plots_are_imported_when_they_are_first_named():
    code = (
        "import sys, pyflux; before = 'pyflux.plots' in sys.modules; pyflux.plots.filters;"
        "print(before, 'pyflux.plots' in sys.modules, 'matplotlib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False True False\n"


def test_the_given_axes_are_drawn_on_and_returned():
    fig, (left, right) = pyplot.subplots(1, 2)
    assert plots.confusion_matrix(COUNTS, ax=left) is left
    assert plots.most_confused(COUNTS, ax=right) is right
    assert pyplot.get_fignums() == [fig.number]


def test_without_axes_each_picture_has_a_figure_of_its_own():
    first, second = plots.most_confused(COUNTS), plots.most_confused(COUNTS)
    assert first.figure is not second.figure


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: plots.most_confused(COUNTS, ax=3), "ax .*Axes.*3"),
        (lambda: plots.confusion_matrix(COUNTS, ax=pyplot.figure()), "ax .*Axes.*Figure"),
        (lambda: plots.training_curves({"loss": [1.0]}, fig="new"), "fig .*Figure.*'new'"),
    ],
)
def test_what_is_no_canvas_is_refused(draw, message):
    with pytest.raises(TypeError, match=message):
        draw()


def test_the_letters_shrink_with_the_axes():
    def size(ax):
        return plots.confusion_matrix(np.full((20, 20), 1234567), ax=ax).texts[0].get_fontsize()

    small, large = (pyplot.subplots(figsize=(side, side))[1] for side in (3, 12))
    assert size(small) < size(large) <= 9
