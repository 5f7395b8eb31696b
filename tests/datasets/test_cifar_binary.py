"""CIFAR-10's format on small made files and archives, and CIFAR-10 itself where PYFLUX_DATA has it."""

import dataclasses
import functools
import gzip
import hashlib
import http.server
import io
import os
import tarfile
import threading
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from pyflux import datasets
from pyflux.datasets import DATASETS, cifar10, load
from pyflux.errors import DataError, DownloadError

REAL = os.environ.get("PYFLUX_DATA")
RECORDS, SIDE = 4, 32
RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 10, (6, RECORDS), dtype=np.uint8)
IMAGES = RNG.integers(0, 256, (6, RECORDS, SIDE, SIDE, 3), dtype=np.uint8)
NAMES = cifar10.train + cifar10.test


def record(label, image):
    """One record, as its description has it: label, reds, greens, blues, each row by row."""
    planes = b"".join(bytes(int(v) for row in image for v in row[:, c]) for c in range(3))
    return bytes([label]) + planes


CONTENT = {
    name: b"".join(record(label, image) for label, image in zip(LABELS[i], IMAGES[i], strict=True))
    for i, name in enumerate(NAMES)
}


def pack(contents, folder="cifar-10-batches-bin/", extra=()):
    """Return a gzipped tar archive of these files, in reverse order: the order is not to count."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as archive:
        for member in extra:
            archive.addfile(member)
        for name, content in reversed(contents.items()):
            member = tarfile.TarInfo(folder + name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return raw.getvalue()


def small(archive):
    digest = hashlib.sha256(archive).hexdigest()
    return dataclasses.replace(cifar10, records=RECORDS, archive_size=len(archive), sha256=digest)


ARCHIVE = pack({"batches.meta.txt": b"airplane\n", **CONTENT})
TINY = small(ARCHIVE)


@pytest.fixture(autouse=True)
def no_setting_from_outside(monkeypatch):
    monkeypatch.delenv("PYFLUX_DATA", raising=False)


@pytest.fixture
def cache(monkeypatch, tmp_path):
    folder = tmp_path / "cache"
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda *args, **kwargs: str(folder))
    return folder


def fill(folder, contents=CONTENT):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return folder


def put(folder, archive=ARCHIVE):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cifar-10-binary.tar.gz").write_bytes(archive)
    return folder


def check(result):
    (x_train, y_train), (x_test, y_test) = result
    np.testing.assert_array_equal(x_train, IMAGES[:5].reshape(-1, SIDE, SIDE, 3), strict=True)
    np.testing.assert_array_equal(y_train, LABELS[:5].reshape(-1), strict=True)
    np.testing.assert_array_equal(x_test, IMAGES[5], strict=True)
    np.testing.assert_array_equal(y_test, LABELS[5], strict=True)
    assert all(a.flags.c_contiguous and a.flags.writeable for a in (x_train, y_train, x_test, y_test))


@pytest.mark.parametrize("sub", [".", "cifar10", "cifar-10"])
@pytest.mark.parametrize("inner", [".", "cifar-10-batches-bin"])
def test_a_folder_of_files(tmp_path, sub, inner):
    fill(tmp_path / sub / inner)
    check(TINY.load_data(tmp_path))


@pytest.mark.parametrize("sub", [".", "cifar10", "cifar-10"])
def test_a_folder_with_the_archive(tmp_path, sub):
    put(tmp_path / sub)
    check(TINY.load_data(str(tmp_path)))
    # Nothing was unpacked.
    assert [p.name for p in (tmp_path / sub).iterdir()] == ["cifar-10-binary.tar.gz"]


def test_the_variable_names_the_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("PYFLUX_DATA", str(put(tmp_path)))
    check(TINY.load_data())


@pytest.mark.parametrize("folder", ["", "./cifar-10-batches-bin/", "../../elsewhere/", "/elsewhere/"])
def test_where_a_file_lies_in_the_archive_does_not_count(tmp_path, folder):
    archive = pack(CONTENT, folder)
    check(small(archive).load_data(put(tmp_path, archive)))
    assert not (tmp_path.parent / "elsewhere").exists()


def test_no_link_is_followed(tmp_path):
    link = tarfile.TarInfo("cifar-10-batches-bin/test_batch.bin")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    contents = {name: content for name, content in CONTENT.items() if name != "test_batch.bin"}
    archive = pack(contents, extra=[link])
    with pytest.raises(DataError, match=r"does not hold test_batch\.bin"):
        small(archive).load_data(put(tmp_path, archive))


def test_a_missing_file_names_itself_and_the_way_out(tmp_path):
    (fill(tmp_path / "cifar10") / "data_batch_3.bin").unlink()
    with pytest.raises(
        FileNotFoundError, match=r"the file data_batch_3\.bin beside the others.*cifar10"
    ) as caught:
        TINY.load_data(tmp_path)
    assert "downloaded" in str(caught.value)


def test_an_empty_folder(tmp_path):
    with pytest.raises(
        FileNotFoundError, match=r"CIFAR-10 needs its binary version, cifar-10-binary\.tar\.gz or"
    ):
        TINY.load_data(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"data_dir must name a folder .*nowhere"):
        TINY.load_data(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("change", "what"), [(lambda c: c[:-1], "cut short"), (lambda c: c + b"x", "too long")]
)
def test_a_file_of_another_size(tmp_path, change, what):
    contents = CONTENT | {"data_batch_2.bin": change(CONTENT["data_batch_2.bin"])}
    archive = pack(contents)
    for dataset, folder in [
        (TINY, fill(tmp_path / "files", contents)),
        (small(archive), put(tmp_path / "archive", archive)),
    ]:
        with pytest.raises(
            DataError, match=rf"data_batch_2\.bin is {what}: .* 4 records of 3073 bytes = 12292"
        ):
            dataset.load_data(folder)


def test_a_label_beyond_the_classes(tmp_path):
    contents = CONTENT | {"test_batch.bin": b"\x0a" + CONTENT["test_batch.bin"][1:]}
    with pytest.raises(DataError, match="the test labels hold the label 10, expected labels from 0 to 9"):
        TINY.load_data(fill(tmp_path, contents))


@pytest.mark.parametrize("archive", [ARCHIVE[:-50], b"", b"no archive", pack({"a": b"b"})])
def test_another_archive(tmp_path, archive):
    with pytest.raises(
        DataError, match=f"is not CIFAR-10's archive.* its {len(archive)} bytes do not have the SHA-256"
    ):
        TINY.load_data(put(tmp_path, archive))


@pytest.mark.parametrize("archive", [ARCHIVE[: len(ARCHIVE) // 2], b"no archive", ARCHIVE[:50] + b"?" * 5000])
def test_an_archive_that_is_damaged_although_its_hash_is_right(tmp_path, archive):
    """Cannot be, unless the hash in the description is wrong; it must be a clear error all the same."""
    with pytest.raises(DataError, match="the archive is cut short or damaged"):
        small(archive).load_data(put(tmp_path, archive))


@pytest.fixture
def mirror(tmp_path):
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            asked.append(self.path)

    asked = []
    handler = functools.partial(Quiet, directory=put(tmp_path / "mirror"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = False
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield dataclasses.replace(TINY, mirrors=(f"http://127.0.0.1:{server.server_address[1]}/",)), asked
        server.shutdown()
        thread.join()


def test_a_download_goes_to_the_cache_once(mirror, cache):
    dataset, asked = mirror
    check(dataset.load_data(verbose=False))
    assert [p.name for p in (cache / "datasets" / "cifar10").glob("*.gz")] == ["cifar-10-binary.tar.gz"]
    check(dataset.load_data(verbose=False))
    assert len(asked) == 1


def test_no_mirror_at_all(cache):
    dataset = dataclasses.replace(TINY, mirrors=("http://127.0.0.1:9/",))
    with pytest.raises(DownloadError, match=r"127\.0\.0\.1:9/cifar-10-binary\.tar\.gz: no connection"):
        dataset.load_data(verbose=False)


def test_by_name(tmp_path, monkeypatch):
    assert DATASETS["cifar10"] is datasets.cifar10 is cifar10
    monkeypatch.setitem(DATASETS, "cifar10", TINY)
    check(load("cifar10", fill(tmp_path)))


def test_the_description_is_whole():
    assert cifar10.num_classes == len(set(cifar10.class_names)) == 10
    assert cifar10.records * len(cifar10.train) == 50_000
    assert cifar10.records * len(cifar10.test) == 10_000
    assert all(url.startswith("https://") and url.endswith("/") for url in cifar10.mirrors)
    assert len(cifar10.sha256) == 64


def has_cifar():
    return bool(REAL) and any(
        (Path(REAL) / sub / inner).exists()
        for sub in cifar10.folders
        for inner in (cifar10.archive, cifar10.unpacked, "test_batch.bin")
    )


@pytest.mark.skipif(not has_cifar(), reason="PYFLUX_DATA names no folder with the real CIFAR-10")
def test_the_real_cifar10():
    (x_train, y_train), (x_test, y_test) = cifar10.load_data(REAL)
    assert x_train.shape == (50_000, 32, 32, 3)
    assert x_test.shape == (10_000, 32, 32, 3)
    assert np.bincount(y_train).tolist() == [5000] * 10
    assert np.bincount(y_test).tolist() == [1000] * 10
    # The channels' means over the training images, as they are used everywhere to normalise them.
    np.testing.assert_allclose(x_train.mean(axis=(0, 1, 2)) / 255, [0.4914, 0.4822, 0.4465], atol=1e-3)


def many_long_names():
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        member = tarfile.TarInfo("././@LongLink")
        member.type, member.size = b"L", 10
        archive.addfile(member, io.BytesIO(b"x" * 10))
    return gzip.compress(raw.getvalue()[:1024] * 500)


def a_long_name_of(size):
    """A tar header that says a name of that many bytes follows, and so many zeros."""
    member = tarfile.TarInfo("././@LongLink")
    member.type, member.size = b"L", size
    return gzip.compress(member.tobuf(tarfile.GNU_FORMAT) + bytes(size))


@pytest.mark.parametrize(
    "archive", [many_long_names(), b"\x1f\x8b\x08", gzip.compress(b""), gzip.compress(b"\xff" * 5000)]
)
def test_any_archive_is_a_data_error(tmp_path, archive):
    with pytest.raises(DataError, match=r"cifar-10-binary\.tar\.gz"):
        small(archive).load_data(put(tmp_path, archive))


def test_an_archive_unpacks_to_no_more_than_the_data_set(tmp_path):
    archive = a_long_name_of(100_000_000)
    dataset = small(archive)
    put(tmp_path, archive)
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="more than the data set has"):
            dataset.load_data(tmp_path)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()
