import numpy as np
import pytest

from pyflux import plots

COUNTS = np.array([[90, 10, 0], [0, 0, 0], [2, 2, 4]])


def test_counts_are_written_and_colours_are_shares_of_the_true_class(texts, pictures):
    ax = plots.confusion_matrix(COUNTS, class_names=["cat", "dog", "frog"])
    assert texts(ax) == ["90", "10", "", "", "", "", "2", "2", "4"]
    (shares,) = pictures(ax)
    np.testing.assert_allclose(shares, [[0.9, 0.1, 0], [0, 0, 0], [0.25, 0.25, 0.5]])
    for labels in (ax.get_xticklabels(), ax.get_yticklabels()):
        assert [label.get_text() for label in labels] == ["cat", "dog", "frog"]
    assert ax.get_title() == "87.04% of 108 correct"
    (row,) = (t for t in ax.texts if t.get_text() == "10")
    assert row.get_position() == (1, 0)  # column, row: class 0 taken for 1


def test_letters_are_readable_on_their_colour():
    ax = plots.confusion_matrix(COUNTS)
    colours = {text.get_text(): text.get_color() for text in ax.texts}
    assert (colours["90"], colours["10"]) == ("white", "black")


def test_many_classes_are_shown_by_colour_alone(texts):
    ax = plots.confusion_matrix(np.eye(100, dtype=int))
    assert texts(ax) == []
    assert [label.get_text() for label in ax.get_yticklabels()][:3] == ["0", "3", "6"]


def test_the_most_frequent_mistakes_come_first():
    ax = plots.most_confused(COUNTS, class_names=["cat", "dog", "frog"], count=2)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["cat → dog", "frog → cat"]
    assert [bar.get_width() for bar in ax.patches] == [10, 2]
    low, high = ax.get_ylim()
    assert low > high  # from the top down


def test_without_mistakes_there_are_no_bars():
    ax = plots.most_confused(np.eye(3, dtype=int))
    assert (len(ax.patches), ax.get_title()) == (0, "no mistakes")


@pytest.mark.parametrize("draw", [plots.confusion_matrix, plots.most_confused])
@pytest.mark.parametrize(
    ("counts", "options", "error", "message"),
    [
        ([[1, 2]], {}, ValueError, r"counts.*\(1, 2\)"),
        ([1, 2], {}, ValueError, r"counts.*\(2,\)"),
        ([[0.5, 0.5], [0, 1]], {}, TypeError, "counts.*whole"),
        ([[1, -2], [0, 1]], {}, ValueError, "counts.*-2"),
        ([[1, 2], [0, 1]], {"class_names": ["a"]}, ValueError, "class_names.*2.*1"),
        ([[1, 2], [0, 1]], {"class_names": "ab"}, TypeError, "class_names.*'ab'"),
    ],
)
def test_what_is_no_confusion_matrix_is_refused(draw, counts, options, error, message):
    with pytest.raises(error, match=message):
        draw(counts, **options)
