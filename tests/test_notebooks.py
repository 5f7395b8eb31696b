"""What notebooks show in the place of a line of text."""

import re
import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import pytest

from pyflux import History, Input, Model, Sequential, layers, networks, synthetic_digits
from pyflux.train_mnist import train_on


def cells(html):
    """The tables of a piece of HTML, row by row; it must be well-formed."""
    tables, open_tags = [], []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attributes):
            if tag != "br":
                open_tags.append(tag)
            if tag == "table":
                tables.append([])
            elif tag == "tr":
                tables[-1].append([])
            elif tag in ("th", "td"):
                tables[-1][-1].append("")

        def handle_endtag(self, tag):
            assert open_tags.pop() == tag

        def handle_data(self, data):
            if open_tags and open_tags[-1] in ("th", "td"):
                tables[-1][-1][-1] += data

    Reader().feed(html)
    assert open_tags == []
    return tables


def test_a_model_is_shown_as_its_summary():
    model = networks.flux_mnist(seed=0)
    html = model._repr_html_()
    (table,) = cells(html)
    printed = []
    model.summary(printed.append)
    rows = [[c.strip() for c in line.split("│")[1:-1]] for line in printed[0].splitlines() if "│" in line]
    assert table == rows
    assert "Total params: 12,810" in html
    assert repr(model) == "<Sequential 'flux_mnist': 6 layers, 12,810 parameters>"


def test_a_model_with_branches_says_what_is_connected():
    inputs = Input((3,))
    x = layers.Dense(3, name="a<b")(inputs)
    model = Model(inputs, layers.Add(name="sum")([x, inputs]), name="<two>")
    html = model._repr_html_()
    (table,) = cells(html)
    assert table[0] == ["Layer (type)", "Output Shape", "Param #", "Connected to"]
    assert table[2][3] == "a<b, input"
    assert "<two>" not in html
    assert "&lt;two&gt;" in html


def test_a_model_without_a_shape_is_text():
    model = Sequential([layers.Dense(3)], name="new")
    assert model._repr_html_() is None
    assert "'new'" in repr(model)


def test_a_history_is_a_table_of_its_epochs():
    history = History()
    for epoch in range(3):
        logs = {"loss": 1 / (epoch + 1), "learning_rate": 1e-4}
        history.on_epoch_end(epoch, logs | ({"val_loss": 0.5} if epoch == 1 else {}))
    (table,) = cells(history._repr_html_())
    assert table == [
        ["epoch", "loss", "learning_rate", "val_loss"],
        ["1", "1.0000", "1.0000e-04", ""],
        ["2", "0.5000", "1.0000e-04", "0.5000"],
        ["3", "0.3333", "1.0000e-04", ""],
    ]


def test_of_many_epochs_the_ends_are_shown():
    history = History()
    for epoch in range(100):
        history.on_epoch_end(epoch, {"loss": epoch})
    (table,) = cells(history._repr_html_())
    assert [row[0] for row in table[1:]] == ["1", "2", "3", "4", "5", "…", "96", "97", "98", "99", "100"]


def test_a_history_without_epochs_is_shown_too():
    assert cells(History()._repr_html_()) == [[["epoch"]]]


def test_a_result_is_its_numbers_and_its_confusion_matrix():
    model = Sequential(
        [layers.Flatten(input_shape=(28, 28, 1)), layers.Dense(10, activation="softmax")],
        name="<m>", seed=0, engine="reference",
    )  # fmt: skip
    model.compile("adam", metrics=["accuracy"])
    result = train_on(
        model, synthetic_digits(100, seed=0), synthetic_digits(50, seed=1), "drawn digits",
        epochs=1, batch_size=32, validation=0, verbose=0,
    )  # fmt: skip
    html = result._repr_html_()
    (table,) = cells(html)
    assert [[int(n) for n in row[1:]] for row in table[1:]] == result.confusion_matrix.tolist()
    assert f"&lt;m&gt; on drawn digits: {result.test_accuracy:.2%}" in html
    assert f"test loss {result.test_loss:.4f}" in html
    # Of each row the largest count is the darkest.
    shades = [
        [float(shade) for shade in re.findall(r"[\d.]+(?=\)\")", row)] for row in html.split("<tr>")[2:]
    ]
    for counts, found in zip(result.confusion_matrix, shades, strict=True):
        assert len(found) == np.count_nonzero(counts)
        if len(found):
            assert np.argmax(found) == np.argmax(counts[counts > 0])
    assert len(repr(result)) < 10_000


def test_ipython_shows_it():
    pytest.importorskip("IPython")
    code = (
        "from IPython.core.formatters import DisplayFormatter; from pyflux import networks, Sequential, layers;"
        "show = lambda model: sorted(DisplayFormatter().format(model)[0]);"
        "print(show(networks.flux_mnist()), show(Sequential([layers.Dense(3)])))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "['text/html', 'text/plain'] ['text/plain']\n"
