import numpy as np

from pyflux.cli import output


def test_a_table_of_large_counts_stays_in_columns():
    lines = output.table(np.array([[1000, 0], [7, 123456]])).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert [line.split() for line in lines] == [["0", "1"], ["0", "1000", "·"], ["1", "7", "123456"]]


def test_a_picture_keeps_the_shape_of_the_image():
    image = np.zeros((4, 6), np.uint8)
    image[2, 4] = 255
    assert output.picture(image) == "      \n    @@"


def test_progress_goes_where_the_report_does_not(monkeypatch):
    monkeypatch.setattr("sys.stderr", None)
    assert output.verbosity(quiet=True, as_json=False) == 0
    assert output.verbosity(quiet=False, as_json=False) == "auto"
    assert output.verbosity(quiet=False, as_json=True) == 0
