"""Our reader of HDF5 beside h5py, and files that no reader should trust."""

import contextlib
import io
import tracemalloc

import numpy as np
import pytest

from pyflux._internal.hdf5 import open_hdf5

h5py = pytest.importorskip("h5py")

RNG = np.random.default_rng(0)
ARRAYS = {
    "f4": RNG.random((3, 4), np.float32), "f8": RNG.random(5), "f2": np.float16(3), "i1": np.arange(-3, 3, dtype="i1"),
    "u8": np.array([2**64 - 1], "u8"), "big": np.arange(6, dtype=">f4").reshape(2, 3), ">i2": np.arange(4, dtype=">i2"),
    "empty": np.zeros((0, 3), "f4"), "scalar": np.float64(2.5), "deep": np.zeros((1,) * 6, "i4"),
}  # fmt: skip


def hdf5(fill, **options):
    """Return the bytes of a file that h5py writes."""
    file = io.BytesIO()
    with h5py.File(file, "w", **options) as opened:
        fill(opened)
    return file.getvalue()


def read(content):
    return open_hdf5(io.BytesIO(content))


def everything(group):
    """Read all of a file."""
    _ = group.attributes
    for name in group:
        with contextlib.suppress(ValueError):
            member = group[name]
            everything(member) if hasattr(member, "group") else member.read()


@pytest.mark.parametrize("options", [{}, {"libver": "latest"}], ids=["default", "latest"])
def test_arrays_and_groups_are_those_that_h5py_wrote(options):
    def fill(file):
        for name, array in ARRAYS.items():
            file[f"a/b/{name}"] = array

    root = read(hdf5(lambda f: [fill(f), f.create_group("none")], **options))
    assert sorted(root) == ["a", "none"]
    if options:  # many members of a group are then in another structure, which is refused
        with pytest.raises(ValueError, match="latest"):
            list(root.group("a/b"))
        return
    assert sorted(root.group("a/b")) == sorted(ARRAYS)
    assert list(root.group("none")) == []
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(root.array(f"a/b/{name}"), array, strict=True)


def test_a_group_of_many_members():
    root = read(hdf5(lambda f: [f.create_dataset(f"n{i}", data=i) for i in range(1000)]))
    assert len(list(root)) == 1000
    assert root.array("n731") == 731


@pytest.mark.parametrize(
    "options",
    [{"chunks": (3, 7)}, {"chunks": (3, 7), "compression": "gzip"},
     {"chunks": (4, 5), "compression": "gzip", "shuffle": True, "fletcher32": True}],
)  # fmt: skip
def test_arrays_in_chunks(options):
    array = RNG.random((10, 100), np.float32)
    root = read(hdf5(lambda f: f.create_dataset("x", data=array, **options)))
    np.testing.assert_array_equal(root.array("x"), array, strict=True)


def test_unknown_compression_is_refused():
    content = hdf5(lambda f: f.create_dataset("x", data=np.zeros((9, 9)), chunks=(3, 3), compression="lzf"))
    with pytest.raises(ValueError, match="compression"):
        read(content).array("x")


def test_values_that_were_never_written_are_the_fill_value():
    def fill(file):
        file.create_dataset("part", (10, 10), "f4", chunks=(4, 4), fillvalue=7)[:2, :2] = 1
        file.create_dataset("none", (10, 10), "f4", fillvalue=3)

    root = read(hdf5(fill))
    expected = np.full((10, 10), 7, np.float32)
    expected[:2, :2] = 1
    np.testing.assert_array_equal(root.array("part"), expected, strict=True)
    np.testing.assert_array_equal(root.array("none"), np.full((10, 10), 3, np.float32), strict=True)


def test_attributes_as_keras_writes_them():
    def fill(file):
        file.attrs["fixed"] = np.array([b"ab", b"cde"])
        file.attrs["variable"] = ["é", ""]
        file.attrs["text"] = "x" * 100_000
        file.attrs["bytes"] = b"tensorflow"
        file.attrs["number"] = 5
        file.attrs["none"] = np.array([], "S1")

    got = read(hdf5(fill)).attributes
    assert got["fixed"] == ["ab", "cde"]
    assert got["variable"] == ["é", ""]
    assert got["text"] == "x" * 100_000
    assert got["bytes"] == "tensorflow"
    assert got["number"] == 5
    assert got["none"] == []


# ── Files that should not be trusted ─────────────────────────────────────────────────────────────────────


def test_no_other_file_is_read(tmp_path):
    (tmp_path / "secret").write_bytes(b"secret" * 5)
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["x"] = 1

    def fill(file):
        file.create_dataset("storage", (30,), "u1", external=[(str(tmp_path / "secret"), 0, 30)])
        file["link"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "x")
        file["itself"] = h5py.SoftLink("/itself")
        layout = h5py.VirtualLayout((1,), "i8")
        layout[0] = h5py.VirtualSource(str(tmp_path / "other.h5"), "x", shape=())
        file.create_virtual_dataset("virtual", layout)

    for options in ({}, {"libver": "latest"}):
        root = read(hdf5(fill, **options))
        for name in ("storage", "link", "itself", "virtual"):
            with pytest.raises(ValueError, match=r"."):
                root.array(name)


@pytest.mark.parametrize("shape", [(10**8,), (10**12,), (10**6, 10**6)])
def test_a_shape_that_is_claimed_beyond_the_file_is_refused(shape):
    content = hdf5(lambda f: f.create_dataset("x", shape, "f4"))
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="larger than the file"):
            read(content).array("x")
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_a_bomb_of_compressed_chunks_is_refused():
    def fill(file):
        x = file.create_dataset("x", (10**6, 1000), "f4", chunks=(1000, 1000), compression="gzip")
        x[:1000] = 0

    content = hdf5(fill)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="larger"):
            read(content).array("x")
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "content", [b"", b"\x89HDF\r\n\x1a\n", b"\x89HDF\r\n\x1a\n" + b"\0" * 200, b"x" * 200]
)
def test_what_is_no_hdf5_file(content):
    with pytest.raises(ValueError, match=r"."):
        list(read(content))


def small(file):
    file["layers/dense/vars/0"] = np.ones((2, 3), "f4")
    file.create_dataset("c", data=np.arange(100), chunks=(9,), compression="gzip")
    file.attrs["layer_names"] = [b"dense", b"other"]
    file.attrs["config"] = "x" * 50


@pytest.mark.parametrize("options", [{}, {"libver": "latest"}], ids=["default", "latest"])
def test_every_cut_is_found(options):
    content = hdf5(small, **options)
    for end in range(0, len(content), 7):
        with contextlib.suppress(ValueError):
            everything(read(content[:end]))


@pytest.mark.parametrize("options", [{}, {"libver": "latest"}], ids=["default", "latest"])
def test_any_change_is_read_or_refused(options):
    content = np.frombuffer(hdf5(small, **options), np.uint8)
    for _ in range(1500):
        changed = content.copy()
        at = RNG.integers(0, len(content), RNG.integers(1, 4))
        changed[at] = RNG.choice([0, 1, 8, 255, *RNG.integers(0, 256, 4)], len(at))
        with contextlib.suppress(ValueError):
            everything(read(changed.tobytes()))
