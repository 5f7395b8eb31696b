"""The page that `export_html` writes: its numbers, and what a person does on it, in headless Chromium."""

import json
import re
import shutil

import numpy as np
import pytest

from pyflux import Sequential, export_html, layers, networks, synthetic_digits
from pyflux.architecture import Architecture
from pyflux.interchange.html import description
from pyflux.interchange.html.description import describe
from pyflux.interchange.html.page import network_script
from pyflux.models import Functional
from pyflux.optimizers import Adam
from tests.layer_examples import EXAMPLES
from tests.models.test_functional import MERGES

NETWORK_JS = network_script()


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api")
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        pytest.skip("there is no Chromium on the PATH")
    with sync_api.sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def page(browser):
    """A page that fails the test if its JavaScript raises an error, or asks for anything outside the file."""
    context = browser.new_context(offline=True)
    page, wrong = context.new_page(), []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on(
        "request",
        lambda request: (
            wrong.append(request.url) if not request.url.startswith(("file:", "data:", "blob:")) else 0
        ),
    )
    yield page
    context.close()
    assert wrong == []


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """A network that knows drawn digits, and its page."""
    (x, y), path = synthetic_digits(3000, seed=0), tmp_path_factory.mktemp("page") / "digits.html"
    model = Sequential(
        [
            layers.Conv2D(8, 5, strides=2, activation="relu", input_shape=(28, 28, 1), name="first"),
            layers.Conv2D(16, 3, strides=2, activation="relu"),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ],
        name="digits",
        seed=0,
        engine="reference",
    )
    model.compile(Adam(0.005))
    model.fit(x, y, batch_size=64, epochs=4, verbose=0)
    export_html(model, path)
    return model, path


# ── Numbers ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_layer_computes_in_the_browser_what_it_computes_here(name, page):
    example = EXAMPLES[name]
    layer = example.layer()
    architecture = Architecture((layer,), example.shape)
    # Scaled, so that no sum is much larger than 1 and the limit is one of float32.
    weights = [(0.3 * w).astype(np.float32) for w in example.weights()]
    model = Sequential([layers.Input(example.shape), layer], engine="reference")
    model.set_weights(weights)
    x = example.samples().astype(np.float32)
    page.goto("about:blank")
    page.add_script_tag(content=NETWORK_JS)
    got = page.evaluate(
        "([network, samples]) => { const made = new Network(network);"
        " return samples.map((x) => [...made.run(x).at(-1)]); }",
        [describe(architecture, weights) | {"scale": 1}, x.reshape(len(x), -1).tolist()],
    )
    wanted = model.predict(x).reshape(len(x), -1)
    np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-5 * max(1, np.abs(wanted).max()))


@pytest.mark.parametrize("name", ["flux_mnist", "keras_mnist", "keras_cifar", "torch_cifar"])
def test_the_tutorials_networks_predict_in_the_browser_what_they_predict_here(name, page, tmp_path):
    model = getattr(networks, name)(seed=0, engine="reference")
    x = np.random.default_rng(0).integers(0, 256, (3, *model.input_shape[1:]), np.uint8)
    export_html(model, tmp_path / "page.html")
    page.goto((tmp_path / "page.html").as_uri())
    got = page.evaluate(
        "(samples) => samples.map((x) => [...network.run(x).at(-1)])", x.reshape(3, -1).tolist()
    )
    np.testing.assert_allclose(got, model.predict(x), rtol=0, atol=1e-5)


def test_both_tables_have_the_same_layers_and_activations(page):
    page.goto("about:blank")
    page.add_script_tag(content=NETWORK_JS)
    assert page.evaluate("[LAYERS, MERGING, ACTIVATIONS].map(Object.keys)") == [
        list(description.LAYERS), list(description.MERGING), list(description.ACTIVATIONS),
    ]  # fmt: skip


@pytest.mark.parametrize("name", MERGES)
def test_a_network_with_branches_computes_in_the_browser_what_it_computes_here(name, page):
    model = Functional.from_config(MERGES[name]().get_config(), engine="reference", seed=0)
    x = np.random.default_rng(1).normal(size=(3, *model.input_shape[1:])).astype(np.float32)
    page.goto("about:blank")
    page.add_script_tag(content=NETWORK_JS)
    got = page.evaluate(
        "([network, samples]) => { const made = new Network(network);"
        " return samples.map((x) => [...made.run(x).at(-1)]); }",
        [describe(model.architecture, model.get_weights()) | {"scale": 1}, x.reshape(len(x), -1).tolist()],
    )
    np.testing.assert_allclose(got, model.predict(x), rtol=1e-5, atol=1e-5)


# ── What a person does ───────────────────────────────────────────────────────────────────────────────────

# A three, as one draws it on a pad of 280 × 280.
THREE = [
    (95, 75),
    (140, 55),
    (185, 80),
    (180, 115),
    (140, 135),
    (185, 155),
    (190, 200),
    (145, 225),
    (95, 205),
]


def draw(page, points):
    area = page.locator("#pad").bounding_box()
    scale = area["width"] / 280
    (x, y), *rest = [(area["x"] + x * scale, area["y"] + y * scale) for x, y in points]
    page.mouse.move(x, y)
    page.mouse.down()
    for x, y in rest:
        page.mouse.move(x, y, steps=8)
    page.mouse.up()


def settle(page):
    """Wait until the page has shown what it was last asked for."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def test_a_drawn_three_is_recognised(digits, page):
    _, path = digits
    page.goto(path.as_uri())
    assert page.title() == "digits"
    assert page.locator("#best").inner_text() == "–"
    draw(page, THREE)
    settle(page)
    assert page.locator("#best").inner_text() == "3"
    assert re.fullmatch(r"3, \d+\.\d %", page.locator("#status").text_content())
    shares = [float(text.split()[0]) for text in page.locator("#classes .value").all_inner_texts()]
    assert sum(shares) == pytest.approx(100, abs=0.6)
    assert page.locator("#classes .first .name").inner_text() == "3"
    # Feature maps of the two convolutions, and something in them.
    assert page.locator("#maps canvas").count() == 8 + 16
    lit = page.evaluate(
        "[...document.querySelectorAll('#maps canvas')].map((c) =>"
        " c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v, i) => i % 4 < 3 && v > 100))"
    )
    assert sum(lit) > 12
    page.locator("#clear").click()
    settle(page)
    assert page.locator("#best").inner_text() == "–"


def test_the_same_drawing_counts_wherever_and_however_large_it_is(digits, page):
    _, path = digits
    page.goto(path.as_uri())
    seen = []
    for scale, x, y in ((1, 0, 0), (0.5, 20, 30), (0.5, 130, 120)):
        page.locator("#clear").click()
        draw(page, [(a * scale + x, b * scale + y) for a, b in THREE])
        settle(page)
        seen.append(np.array(page.evaluate("[...pixels()]")).reshape(28, 28))
    for pixels in seen:
        rows, columns = np.nonzero(pixels > 40)
        assert max(np.ptp(rows), np.ptp(columns)) + 1 in (20, 21)
        weights = pixels / pixels.sum()
        assert abs((weights.sum(1) @ (np.arange(28) + 0.5)) - 14) < 1
        assert abs((weights.sum(0) @ (np.arange(28) + 0.5)) - 14) < 1
    np.testing.assert_allclose(seen[1], seen[2], atol=60)  # the pen moves by whole pixels of the screen


def test_one_can_draw_by_keyboard(digits, page):
    _, path = digits
    page.goto(path.as_uri())
    page.locator("#pad").focus()
    for key in [*["ArrowUp"] * 9, "Space", *["ArrowDown"] * 18]:
        page.keyboard.press(key)
    settle(page)
    assert page.locator("#best").inner_text() == "1"
    assert re.fullmatch(r"1, \d+\.\d %; pen down, column 14, row 23", page.locator("#status").text_content())
    page.keyboard.press("Escape")
    settle(page)
    assert page.locator("#best").inner_text() == "–"


def test_it_fits_a_phone_and_has_two_sets_of_colours(digits, page):
    _, path = digits
    page.goto(path.as_uri())
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    colours = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        colours.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert colours == ["rgb(255, 255, 255)", "rgb(20, 24, 31)"]


def test_a_picture_is_chosen_for_a_network_of_colours(page, tmp_path):
    image = pytest.importorskip("PIL.Image")
    # It says how red, green and blue the middle is.
    model = Sequential(
        [layers.GlobalAveragePooling2D(input_shape=(8, 8, 3))], name="colour", engine="reference"
    )
    export_html(model, tmp_path / "page.html", class_names=["<red>", "green", "blue"])
    pixels = np.zeros((40, 80, 3), np.uint8)
    pixels[:, 15:65] = [10, 250, 30]
    image.fromarray(pixels).save(tmp_path / "green.png")
    page.goto((tmp_path / "page.html").as_uri())
    page.locator("#file").set_input_files(tmp_path / "green.png")
    page.wait_for_function("document.getElementById('best').textContent === 'green'")
    values = [float(text) for text in page.locator("#classes .value").all_inner_texts()]
    np.testing.assert_allclose(values, np.array([10, 250, 30]) / 255, atol=0.005)
    assert page.locator("#classes .name").first.inner_text() == "<red>"
    (tmp_path / "no.png").write_text("no picture")
    page.locator("#file").set_input_files(tmp_path / "no.png")
    page.wait_for_function("document.getElementById('best').textContent.includes('no picture')")


# ── Without a browser ────────────────────────────────────────────────────────────────────────────────────


def written(path):
    """The description in a page."""
    text = path.read_text()
    return json.loads(re.search(r'id="description">(.*?)</script>', text, re.DOTALL)[1])


def test_the_page_needs_nothing_else(digits):
    _, path = digits
    assert not re.search(r"(src|href)=|url\(|@import|fetch\(|XMLHttpRequest", path.read_text())


def test_texts_cannot_end_what_they_are_in(tmp_path):
    model = networks.flux_mnist(seed=0, engine="reference")
    names = ["</script><b>", "{{page}}", *"23456789"]
    export_html(model, tmp_path / "page.html", title="a < b & {{style}}", class_names=names)
    text = (tmp_path / "page.html").read_text()
    assert written(tmp_path / "page.html")["classNames"] == names
    assert text.count("</script>") == 2
    assert "<title>a &lt; b &amp; {{style}}</title>" in text


@pytest.mark.parametrize(
    ("last", "loss", "outputs"),
    [
        (layers.Dense(3, activation="softmax"), None, "probabilities"),
        (layers.Dense(1, activation="sigmoid"), None, "binary"),
        (layers.Dense(3), None, "values"),
        (layers.Dense(3), "logits", "logits"),
        (layers.Dense(3), "mse", "values"),
    ],
)
def test_what_the_outputs_are(last, loss, outputs, tmp_path):
    from pyflux.losses import SparseCategoricalCrossentropy

    model = Sequential([layers.Flatten(input_shape=(4, 4, 1)), last], engine="reference")
    if loss is not None:
        model.compile("adam", SparseCategoricalCrossentropy(from_logits=True) if loss == "logits" else loss)
    export_html(model, tmp_path / "page.html")
    found = written(tmp_path / "page.html")
    assert found["outputs"] == outputs
    assert len(found["classNames"]) == (2 if outputs == "binary" else 3)


class Unknown(layers.Flatten):
    """A layer that the page has no JavaScript for."""


@pytest.mark.parametrize(
    ("stack", "options", "parts"),
    [
        ([layers.Dense(3, input_shape=(5,))], {}, r"model .*\(5,\)"),
        ([layers.Flatten(input_shape=(4, 4, 2))], {}, r"model .*\(4, 4, 2\)"),
        ([layers.Conv2D(2, 1, input_shape=(4, 4, 1))], {}, r"model .*\(4, 4, 2\)"),
        ([layers.Flatten(input_shape=(2, 2, 1))], {"class_names": ["a"]}, "class_names .*4.*1"),
        ([Unknown(input_shape=(2, 2, 1), name="odd")], {}, r"'odd' \(Unknown\)"),
    ],
)
def test_what_cannot_be_shown_is_refused(stack, options, parts, tmp_path):
    with pytest.raises(ValueError, match=parts):
        export_html(Sequential(stack, engine="reference"), tmp_path / "page.html", **options)
    assert not (tmp_path / "page.html").exists()
