"""The data sets on small synthetic files, and MNIST itself where PYFLUX_DATA names a folder that has it."""

import dataclasses
import gzip
import hashlib
import http.server
import os
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from pyflux import datasets
from pyflux.datasets import (
    DATASETS,
    IdxDataset,
    IdxFile,
    fashion_mnist,
    kmnist,
    load,
    mnist,
    synthetic_digits,
)
from pyflux.errors import DataError, DownloadError

REAL = os.environ.get("PYFLUX_DATA")


def idx(array):
    lengths = b"".join(n.to_bytes(4, "big") for n in array.shape)
    return bytes([0, 0, 8, array.ndim]) + lengths + array.tobytes()


X_TRAIN, Y_TRAIN = synthetic_digits(30, seed=1)
X_TEST, Y_TEST = synthetic_digits(10, seed=2)
ARRAYS = dict(zip([file.name for file in mnist.files], [X_TRAIN, Y_TRAIN, X_TEST, Y_TEST], strict=True))
CONTENT = {name: idx(array) for name, array in ARRAYS.items()}
ZIPPED = {name: gzip.compress(content, mtime=0) for name, content in CONTENT.items()}


def sha256(raw):
    return hashlib.sha256(raw).hexdigest()


TINY = IdxDataset(
    name="tiny_digits",
    title="Tiny digits",
    class_names=tuple("0123456789"),
    licence="none needed",
    source="drawn by code",
    mirrors=("http://127.0.0.1:9/",),
    folders=("tiny_digits", "tiny-digits", "."),
    files=tuple(
        IdxFile(name, ARRAYS[name].shape, len(ZIPPED[name]), sha256(ZIPPED[name]), sha256(CONTENT[name]))
        for name in ARRAYS
    ),
)
UNKNOWN_CONTENT = dataclasses.replace(
    TINY, files=tuple(dataclasses.replace(file, content_sha256=None) for file in TINY.files)
)


@pytest.fixture(autouse=True)
def no_setting_from_outside(monkeypatch):
    monkeypatch.delenv("PYFLUX_DATA", raising=False)


@pytest.fixture
def cache(monkeypatch, tmp_path):
    folder = tmp_path / "cache"
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda *args, **kwargs: str(folder))
    return folder


def fill(folder, spelling="{}.gz"):
    folder.mkdir(parents=True, exist_ok=True)
    for name in ARRAYS:
        file = spelling.format(name)
        (folder / file).write_bytes(ZIPPED[name] if file.endswith(".gz") else CONTENT[name])
    return folder


def check(result):
    for got, wanted in zip(result, [(X_TRAIN, Y_TRAIN), (X_TEST, Y_TEST)], strict=True):
        for a, b in zip(got, wanted, strict=True):
            np.testing.assert_array_equal(a, b, strict=True)
            assert a.flags.c_contiguous
            assert a.flags.writeable


@pytest.mark.parametrize("sub", [".", "tiny_digits", "tiny-digits"])
@pytest.mark.parametrize("spelling", ["{}.gz", "{}"])
def test_a_folder_of_files(tmp_path, sub, spelling):
    fill(tmp_path / sub, spelling)
    check(TINY.load_data(tmp_path))
    check(TINY.load_data(str(tmp_path)))


@pytest.mark.parametrize("end", ["", ".gz"])
def test_names_with_a_dot(tmp_path, end):
    fill(tmp_path, "{}" + end)
    for path in list(tmp_path.iterdir()):
        path.rename(tmp_path / path.name.replace("-idx", ".idx"))
    assert (tmp_path / f"train-images.idx3-ubyte{end}").is_file()
    check(TINY.load_data(tmp_path))


def test_packed_again(tmp_path):
    """The content counts in a folder, not how it was packed."""
    fill(tmp_path)
    name = mnist.files[0].name
    (tmp_path / f"{name}.gz").write_bytes(gzip.compress(CONTENT[name], compresslevel=1, mtime=7))
    check(TINY.load_data(tmp_path))


def test_the_variable_names_the_folder_and_the_argument_wins(tmp_path, monkeypatch):
    fill(tmp_path / "good")
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("PYFLUX_DATA", str(tmp_path / "good"))
    check(TINY.load_data())
    monkeypatch.setenv("PYFLUX_DATA", str(tmp_path / "empty"))
    check(TINY.load_data(tmp_path / "good"))


def test_a_missing_file_names_itself_the_places_and_the_way_out(tmp_path):
    fill(tmp_path / "tiny_digits")
    (tmp_path / "tiny_digits" / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(FileNotFoundError) as caught:
        TINY.load_data(tmp_path)
    text = str(caught.value)
    assert "t10k-labels-idx1-ubyte" in text
    assert str(tmp_path / "tiny_digits") in text
    assert f"{tmp_path}." in text
    assert "downloaded" in text


def test_a_folder_that_is_none(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match=r"data_dir must name a folder .*nowhere"):
        TINY.load_data(tmp_path / "nowhere")
    monkeypatch.setenv("PYFLUX_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match=r"variable PYFLUX_DATA must name a folder .*nowhere"):
        TINY.load_data()


@pytest.mark.parametrize("name", list(ARRAYS))
def test_a_changed_byte_is_found(tmp_path, name):
    fill(tmp_path)
    changed = bytearray(CONTENT[name])
    changed[-1] ^= 1
    (tmp_path / f"{name}.gz").write_bytes(gzip.compress(bytes(changed)))
    with pytest.raises(
        DataError, match=f"{name}: it was changed.*{sha256(changed)}, expected {sha256(CONTENT[name])}"
    ):
        TINY.load_data(tmp_path)


def test_a_file_that_is_cut_short(tmp_path):
    fill(tmp_path, "{}")
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte: cut short"):
        TINY.load_data(tmp_path)


def test_images_and_labels_mixed_up(tmp_path):
    fill(tmp_path, "{}")
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(CONTENT["train-images-idx3-ubyte"])
    with pytest.raises(DataError, match=r"header says 30×28×28, expected 30"):
        TINY.load_data(tmp_path)


def test_content_without_a_known_hash(tmp_path):
    check(UNKNOWN_CONTENT.load_data(fill(tmp_path)))


def test_another_known_data_set_is_recognised(tmp_path):
    fill(tmp_path)
    with pytest.raises(
        DataError, match="is not Other's train-images-idx3-ubyte: it is a file of Tiny digits"
    ):
        dataclasses.replace(UNKNOWN_CONTENT, title="Other").load_data(tmp_path)


def test_labels_beyond_the_classes(tmp_path):
    with pytest.raises(DataError, match="label 9, expected labels from 0 to 4"):
        dataclasses.replace(UNKNOWN_CONTENT, class_names=tuple("01234")).load_data(fill(tmp_path))


@pytest.fixture
def mirror(tmp_path):
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            asked.append(self.path)

    asked = []
    folder = fill(tmp_path / "mirror")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        server.daemon_threads = False
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield dataclasses.replace(TINY, mirrors=(f"http://127.0.0.1:{server.server_address[1]}/",)), asked
        server.shutdown()
        thread.join()


def test_a_download_goes_to_the_cache_once(mirror, cache):
    dataset, asked = mirror
    check(dataset.load_data(verbose=False))
    folder = cache / "datasets" / "tiny_digits"
    assert dataset.cache_dir() == folder
    assert {path.name for path in folder.glob("*.gz")} == {f"{name}.gz" for name in ARRAYS}
    check(dataset.load_data(verbose=False))
    assert len(asked) == 4


def test_a_damaged_cache_heals(mirror, cache):
    dataset, _ = mirror
    dataset.load_data(verbose=False)
    (dataset.cache_dir() / "train-labels-idx1-ubyte.gz").write_bytes(b"damaged")
    check(dataset.load_data(verbose=False))


def test_an_empty_variable_is_none(mirror, cache, monkeypatch):
    monkeypatch.setenv("PYFLUX_DATA", "")
    check(mirror[0].load_data(verbose=False))


def test_a_named_folder_is_never_filled_by_a_download(mirror, cache, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError):
        mirror[0].load_data(tmp_path / "empty", verbose=False)
    assert mirror[1] == []


def test_the_timeout_is_one_for_all_files(cache, monkeypatch):
    seen = []

    def record(urls, path, *, sha256, size, verbose, timeout):
        seen.append(timeout)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(ZIPPED[path.stem])
        return path

    monkeypatch.setattr("pyflux.datasets.idx_dataset.fetch", record)
    TINY.load_data(timeout=7)
    assert len(seen) == 4
    assert seen[0].seconds == 7
    assert all(deadline is seen[0] for deadline in seen)


def test_no_mirror_at_all(cache):
    with pytest.raises(DownloadError, match=r"127\.0\.0\.1:9/train-images-idx3-ubyte\.gz: no connection"):
        TINY.load_data(verbose=False)


def test_load_by_name(tmp_path, monkeypatch):
    monkeypatch.setitem(DATASETS, "tiny_digits", TINY)
    fill(tmp_path)
    check(load("tiny_digits", tmp_path))
    check(load("Tiny-Digits", tmp_path))


@pytest.mark.parametrize(
    ("name", "near"), [("mnits", "mnist"), ("fashion", "fashion_mnist"), ("KMNISTS", "kmnist")]
)
def test_an_unknown_name_gets_the_nearest_one(name, near):
    with pytest.raises(ValueError, match=f"name '{name.lower()}' is not known, did you mean '{near}'"):
        load(name)


def test_a_name_like_no_other():
    with pytest.raises(
        ValueError, match="name 'imagenet' is not known; known: mnist, fashion_mnist, kmnist, cifar10"
    ):
        load("imagenet")


@pytest.mark.parametrize("dataset", [mnist, fashion_mnist, kmnist], ids=lambda dataset: dataset.name)
def test_the_descriptions_are_whole(dataset):
    assert DATASETS[dataset.name] is dataset
    assert dataset.num_classes == len(set(dataset.class_names)) == 10
    assert dataset.licence
    assert dataset.source.startswith("http")
    assert all(url.startswith("http") and url.endswith("/") for url in dataset.mirrors)
    secure = [url.startswith("https:") for url in dataset.mirrors]
    assert secure[0]
    assert secure == sorted(secure, reverse=True)  # plain http is asked last
    hashes = [h for file in dataset.files for h in (file.sha256, file.content_sha256) if h]
    assert all(len(h) == 64 and set(h) <= set("0123456789abcdef") for h in hashes)
    assert len(set(hashes)) == len(hashes)
    assert [file.shape[0] for file in dataset.files] == [60_000, 60_000, 10_000, 10_000]


def test_the_import_is_light():
    """Libraries for downloads are loaded by a download, not by an import."""
    code = (
        "import sys, pyflux.datasets; "
        "print(sorted({'requests', 'tqdm', 'filelock', 'platformdirs', 'juliapkg'} & set(sys.modules)))"
    )
    root = Path(datasets.__file__).parents[1]
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root
    )
    assert result.stdout.strip() == "[]"


@pytest.mark.skipif(not REAL, reason="PYFLUX_DATA names no folder with the real MNIST")
def test_the_real_mnist():
    (x_train, y_train), (x_test, y_test) = mnist.load_data(REAL)
    assert x_train.shape == (60_000, 28, 28)
    assert x_test.shape == (10_000, 28, 28)
    np.testing.assert_array_equal(y_train[:10], [5, 0, 4, 1, 9, 2, 1, 3, 1, 4])
    np.testing.assert_array_equal(y_test[:10], [7, 2, 1, 0, 4, 1, 4, 9, 5, 9])
    assert np.bincount(y_train).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert x_train.mean() == pytest.approx(33.3184, abs=1e-3)


@pytest.mark.skipif(not REAL, reason="PYFLUX_DATA names no folder with the real MNIST")
@pytest.mark.parametrize("other", [fashion_mnist, kmnist], ids=lambda dataset: dataset.name)
def test_mnist_does_not_pass_for_another_set(other):
    with pytest.raises(DataError, match="it is a file of MNIST"):
        dataclasses.replace(other, folders=mnist.folders).load_data(REAL)
