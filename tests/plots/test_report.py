import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from matplotlib import pyplot

from pyflux import Input, Model, Sequential, layers, networks, plots, synthetic_digits
from pyflux.train_mnist import train_on


class Page(HTMLParser):
    """What a page says and shows."""

    def __init__(self, path):
        super().__init__()
        self.tags, self.images, self.sources, self.headings, self.cells = [], [], [], [], [[]]
        self.text = ""
        self._tag = ""
        self.source = path.read_text("utf-8")
        self.feed(self.source)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self._tag = tag
        if tag == "img":
            self.images.append(dict(attributes))
        elif tag == "source":
            self.sources.append(dict(attributes))
        elif tag == "table":
            self.cells.append([])
        elif tag == "tr":
            self.cells[-1].append([])

    def handle_data(self, data):
        self.text += data
        if self._tag == "h2" and data.strip():
            self.headings.append(data)
        elif self._tag in ("th", "td") and data.strip():
            self.cells[-1][-1].append(data)

    def handle_endtag(self, tag):
        self._tag = ""


def png(url):
    assert url.startswith("data:image/png;base64,")
    return pyplot.imread(io.BytesIO(base64.b64decode(url.partition(",")[2])))


@pytest.fixture(scope="module")
def result():
    model = networks.flux_mnist(seed=0, engine="reference")
    model.compile("adam", metrics=["accuracy"])
    return train_on(
        model, synthetic_digits(600, seed=0), synthetic_digits(150, seed=1), "drawn digits",
        epochs=2, batch_size=32, validation=0.1, verbose=0,
    )  # fmt: skip


@pytest.fixture(scope="module")
def page(result, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    result.report(path)
    return Page(path)


def test_it_has_all_that_there_is_to_see(page):
    assert page.headings == [
        "Training", "Confusion matrix", "Most confused", "Worst mistakes", "What the answer depends on",
        "Filters", "Feature maps", "Layers",
    ]  # fmt: skip
    assert len(page.images) == len(page.headings) - 1


def test_its_numbers_are_those_of_the_result(page, result):
    epochs, counts, mistakes = page.cells[1:]
    assert epochs[0] == ["epoch", *result.history.history]
    assert epochs[2] == ["2", *(f"{values[1]:.4f}" for values in result.history.history.values())]
    assert [[int(n) for n in row[1:]] for row in counts[1:]] == result.confusion_matrix.tolist()
    x, y = result.test_data
    for image, is_, said, sure in mistakes[1:]:
        p = result.predictions[int(image)]
        assert (int(is_), int(said)) == (y[int(image)], p.argmax())
        assert sure == f"{p.max():.2%}"
    assert f"{result.test_accuracy:.2%} of 150 test images" in page.text
    assert "12,810 parameters" in page.text
    assert "conv2d_1 (Conv2D)" in page.text
    assert len(x) == 150


def test_it_needs_nothing_else(page):
    links = [value for _, a in page.tags for key, value in a.items() if key in ("src", "srcset", "href")]
    assert all(value.startswith("data:") for value in links)
    assert not re.search(r"https?://|@import|url\(", page.source)
    assert "script" not in {tag for tag, _ in page.tags}


def test_pictures_have_texts_sizes_and_a_dark_form(page):
    for image, source in zip(page.images, page.sources, strict=True):
        assert len(image["alt"]) > 20
        assert source["media"] == "(prefers-color-scheme: dark)"
        light, dark = png(image["src"]), png(source["srcset"])
        assert light.shape == dark.shape
        assert light.shape[1] / light.shape[0] == pytest.approx(
            int(image["width"]) / int(image["height"]), rel=0.02
        )
        assert light[0, 0, :3].mean() > 0.95
        assert dark[0, 0, :3].mean() < 0.2
        assert light[..., :3].std() > 0.05  # something is drawn


def test_the_page_can_be_read_by_a_machine(page):
    assert ("html", {"lang": "en"}) in page.tags
    scopes = {a.get("scope") for tag, a in page.tags if tag == "th"}
    assert scopes == {"col", "row"}
    assert "training 2" in page.images[0]["alt"]  # a loss of about log(10) at the beginning


def test_nothing_of_the_user_s_drawing_is_touched(result, tmp_path):
    pyplot.style.use("dark_background")
    mine = pyplot.figure()
    result.report(tmp_path / "report.html")
    assert pyplot.get_fignums() == [mine.number]
    assert pyplot.rcParams["figure.facecolor"] == "black"
    pyplot.style.use("default")


def test_names_and_titles_are_escaped(tmp_path):
    model = Sequential(
        [layers.Flatten(input_shape=(4, 4, 1)), layers.Dense(2, activation="softmax")],
        name="<b>&", seed=0, engine="reference",
    )  # fmt: skip
    x = np.random.default_rng(0).random((6, 4, 4, 1), dtype=np.float32)
    path = tmp_path / "report.html"
    plots.report(path, model, x, [0, 1] * 3, class_names=["<i>", "a & b"], facts={"by": "<me>"})
    page = Page(path)
    assert {"b", "i", "me"} & {tag for tag, _ in page.tags} == set()
    assert "&lt;b&gt;&amp;" in page.source
    assert "a &amp; b" in page.source
    # No curves without a training, no filters without a convolution.
    assert set(page.headings) <= {"Confusion matrix", "Most confused", "Worst mistakes", "Layers"}


def test_a_model_without_mistakes_is_looked_at_all_the_same(tmp_path):
    inputs = Input((4, 4, 2))
    x = layers.Conv2D(2, 1)(inputs)
    x = layers.GlobalAveragePooling2D()(layers.Add()([x, layers.Conv2D(2, 1)(x)]))
    model = Model(inputs, layers.Activation("softmax")(x), seed=0, engine="reference")
    images = np.random.default_rng(0).random((3, 4, 4, 2), dtype=np.float32)
    plots.report(tmp_path / "r.html", model, images, model.predict(images).argmax(axis=1))
    assert "Worst mistakes" not in Page(tmp_path / "r.html").headings
    assert "What the answer depends on" in Page(tmp_path / "r.html").headings


def test_after_an_error_the_old_page_is_still_there(result, tmp_path, monkeypatch):
    from pyflux.plots.report import sections

    path = tmp_path / "report.html"
    path.write_text("old")
    monkeypatch.setattr(sections, "filters", lambda model: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        result.report(path)
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]
    assert path.read_text() == "old"


@pytest.mark.parametrize(
    ("name", "error"), [("missing/report.html", FileNotFoundError), (".", IsADirectoryError)]
)
def test_a_path_that_cannot_be_written_is_refused(result, tmp_path, name, error):
    with pytest.raises(error, match="path"):
        result.report(tmp_path / name)
