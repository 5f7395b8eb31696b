"""Files of weights that are damaged, of other kinds, or made to do harm."""

import contextlib
import io
import json
import tracemalloc
import zipfile

import numpy as np
import pytest

from pyflux.errors import SavedModelError
from pyflux.interchange import read_weights


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"vgg\.npz"):
        read_weights(tmp_path / "vgg.npz")


@pytest.mark.parametrize(
    ("name", "advice"),
    [("a.pth", "save_file"), ("a.keras", "load_model"), ("a.txt", r"\.safetensors, \.npz or \.h5")],
)
def test_a_file_of_another_kind_is_refused_with_the_way_to_convert_it(tmp_path, name, advice):
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(ValueError, match=f"path .*{name}|{advice}") as caught:
        read_weights(tmp_path / name)
    assert advice.replace("\\", "") in str(caught.value)


@pytest.mark.parametrize("suffix", [".npz", ".safetensors", ".h5"])
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut short", b"\x00" * 64, b"\x89HDF\r\n\x1a\n\0\0"])
def test_damage_is_a_saved_model_error_that_names_the_file(tmp_path, suffix, content):
    path = tmp_path / f"vgg{suffix}"
    path.write_bytes(content)
    with pytest.raises(SavedModelError, match=f"vgg{suffix}"):
        read_weights(path)


def test_a_file_without_weights(tmp_path):
    np.savez(tmp_path / "empty.npz")
    with pytest.raises(SavedModelError, match=r"empty\.npz"):
        read_weights(tmp_path / "empty.npz")


def test_bfloat16_becomes_float32(tmp_path):
    header = json.dumps({"w": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]}}).encode()
    bits = np.array([0x3F80, 0xC000], "<u2").tobytes()  # 1 and -2
    (tmp_path / "w.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + bits)
    got = read_weights(tmp_path / "w.safetensors")["w"]
    np.testing.assert_array_equal(got, np.array([1, -2], np.float32), strict=True)


# ── npz ──────────────────────────────────────────────────────────────────────────────────────────────────


def npy(header, body=b"", version=b"\1\0"):
    return b"\x93NUMPY" + version + len(header).to_bytes(2, "little") + header.encode() + body


def npz(path, entry, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("dense/kernel.npy", entry)
    return path


def header(dtype="<f4", shape="(2,)", fortran=False):
    return f"{{'descr': {dtype!r}, 'fortran_order': {fortran}, 'shape': {shape}, }}"


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_what_numpy_writes_is_read(tmp_path, save):
    arrays = {"a/b": np.arange(6.0).reshape(2, 3), "f": np.asfortranarray(np.arange(6).reshape(2, 3)),
              "s": np.float32(3), "o": np.zeros((0, 2), ">i2")}  # fmt: skip
    save(tmp_path / "w.npz", **arrays)
    got = read_weights(tmp_path / "w.npz")
    assert set(got) == set(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(got[name], array, strict=True)


@pytest.mark.parametrize(
    "entry",
    [
        b"", b"no array", npy(header()), npy(header(), bytes(7)), npy(header(), bytes(9)),
        npy(header(shape="(10**12,)"), bytes(8)), npy(header(shape="(1000000000000,)"), bytes(8)),
        npy(header(shape="(-2,)"), bytes(8)), npy(header(shape="(-1, -2)"), bytes(8)),
        npy(header(shape="(" + "1, " * 70 + ")"), bytes(4)), npy(header(shape="2"), bytes(8)),
        npy(header(dtype="|O"), bytes(16)), npy(header(dtype="<c8"), bytes(16)), npy(header(dtype="<U2"), bytes(16)),
        npy("(" * 5000, bytes(8)), npy("__import__('os').abort()", bytes(8)), npy(header(), bytes(8), b"\x09\0"),
    ],
)  # fmt: skip
def test_a_header_is_not_believed(tmp_path, entry):
    with pytest.raises(SavedModelError, match=r"w\.npz"):
        read_weights(npz(tmp_path / "w.npz", entry))


def test_an_archive_unpacks_to_no_more_than_a_multiple_of_its_size(tmp_path):
    entry = npy(header(shape="(500000000,)", dtype="|u1"), bytes(500_000_000))
    path = npz(tmp_path / "w.npz", entry, zipfile.ZIP_DEFLATED)
    del entry
    tracemalloc.start()
    try:
        with pytest.raises(SavedModelError, match="unpacks"):
            read_weights(path)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_any_change_of_an_archive_is_read_or_refused(tmp_path):
    file = io.BytesIO()
    np.savez_compressed(file, a=np.arange(12.0).reshape(3, 4), b=np.ones(3, np.float32))
    content, rng = np.frombuffer(file.getvalue(), np.uint8), np.random.default_rng(0)
    for _ in range(300):
        changed = content.copy()
        at = rng.integers(0, len(content), rng.integers(1, 4))
        changed[at] = rng.integers(0, 256, len(at))
        (tmp_path / "w.npz").write_bytes(changed.tobytes())
        with contextlib.suppress(SavedModelError):
            read_weights(tmp_path / "w.npz")


# ── HDF5 ─────────────────────────────────────────────────────────────────────────────────────────────────


def keras3(**data):
    return lambda file: file.create_group("layers/dense/vars").create_dataset("0", **data)


def a_number_as_layers(file):
    file["layers"] = 5.0


def a_link_to_itself(file):
    import h5py

    file.create_group("layers/dense/vars")["0"] = h5py.SoftLink("/layers/dense/vars/0")


def a_number_as_names(file):
    file.attrs["layer_names"] = 5


def a_missing_layer(file):
    file.attrs["layer_names"] = [b"dense"]


@pytest.mark.parametrize(
    "fill",
    [
        a_number_as_layers,
        a_link_to_itself,
        a_number_as_names,
        a_missing_layer,
        lambda f: f.create_dataset("x", data=1),
    ],
)
def test_an_h5_file_of_another_layout_is_refused(tmp_path, fill):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "x.h5", "w") as file:
        fill(file)
    with pytest.raises(SavedModelError, match=r"x\.h5"):
        read_weights(tmp_path / "x.h5")


def test_an_array_in_another_file_is_not_read(tmp_path):
    h5py = pytest.importorskip("h5py")
    (tmp_path / "secret").write_bytes(b"s" * 30)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        keras3(shape=(30,), dtype="u1", external=[(str(tmp_path / "secret"), 0, 30)])(file)
    with pytest.raises(SavedModelError, match="another file"):
        read_weights(tmp_path / "x.h5")


def test_a_model_within_a_model_and_names_that_keras_split(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "three.h5", "w") as file:
        file["layers/sequential/layers/dense/vars/0"] = np.ones((2, 3))
        file["layers/dense/vars/0"] = np.ones((3, 1))
        file["layers/dropout/seed_generator/vars/0"] = np.ones(2)
    assert {k: v.shape for k, v in read_weights(tmp_path / "three.h5").items()} == {
        "dense/0": (3, 1), "sequential/dense/0": (2, 3),
    }  # fmt: skip
    with h5py.File(tmp_path / "two.h5", "w") as file:
        for i, name in enumerate(["a", "b"]):
            file.attrs[f"layer_names{i}"] = [name.encode()]
            file[f"{name}/kernel:0"] = np.full(2, i)
            file[name].attrs["weight_names"] = [b"kernel:0"]
    assert list(read_weights(tmp_path / "two.h5")) == ["a/kernel", "b/kernel"]


def test_an_hdf5_file_without_arrays_is_named_as_such(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "empty.weights.h5", "w") as file:
        file.create_group("layers/dense/vars")
    with pytest.raises(SavedModelError, match=r"empty\.weights\.h5 .*HDF5 \(Keras\)"):
        read_weights(tmp_path / "empty.weights.h5")
