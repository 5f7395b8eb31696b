"""`read_weights`: the arrays of a file, in whichever format they are."""

from __future__ import annotations

import os
from pathlib import Path

from .._internal.safetensors_file import read_safetensors
from ..errors import SavedModelError
from .arrays import Array, in_natural_order
from .hdf5 import read_keras_h5
from .npz import read_npz

READERS = {
    ".safetensors": lambda path: in_natural_order(read_safetensors(path)[0]),
    ".npz": read_npz,
    ".h5": read_keras_h5,
    ".hdf5": read_keras_h5,
}


def read_weights(path: str | os.PathLike[str]) -> dict[str, Array]:
    """Return the arrays of a file under the names that they have in it.

    Reads safetensors, ``.npz``, and the HDF5 that Keras writes (``.weights.h5`` and the older ``.h5``, which
    is that of its published networks). safetensors and Keras's newer files keep no order, so their arrays
    come sorted by name, numbers as numbers. A file may come from anybody: nothing in it is run, no other file
    is read, and what it costs is limited by its size.

    Args:
        path: The file; ``~`` is expanded.

    Returns:
        Arrays by name: ``features.0.weight`` as in PyTorch, or ``block1_conv1/kernel`` as in Keras. The
        optimizer's state is left out; bfloat16 becomes float32.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is of a kind that is not read; the error says how to convert it.
        SavedModelError: The file is damaged, or holds no weights.

    >>> import numpy as np, tempfile
    >>> path = Path(tempfile.mkdtemp()) / "weights.npz"
    >>> np.savez(path, **{"dense.weight": np.ones((2, 3))})
    >>> {name: array.shape for name, array in read_weights(path).items()}
    {'dense.weight': (2, 3)}
    """
    file = Path(path).expanduser()
    if not file.is_file():
        raise FileNotFoundError(f"path: there is no file of weights at {file}")
    if file.suffix not in READERS:
        raise ValueError(f"path must be a .safetensors, .npz or .h5 file, got {file}{_conversion(file)}")
    try:
        found = READERS[file.suffix](file)
    except (ValueError, MemoryError) as e:
        raise SavedModelError(
            f"{file} cannot be read as {file.suffix} ({e}); it is cut short or of another kind; get it again"
        ) from e
    found = {name: array for name, array in found.items() if not name.startswith("optimizer/")}
    if not found:
        kind = "HDF5 (Keras)" if READERS[file.suffix] is read_keras_h5 else file.suffix.removeprefix(".")
        raise SavedModelError(f"{file} holds no weights: it is a {kind} file without arrays; save it again")
    return found


def _conversion(path: Path) -> str:
    if path.suffix == ".keras":
        return "; it is a whole model: load it with pyflux.models.load_model"
    if path.suffix not in (".pt", ".pth", ".bin", ".pkl"):
        return ""
    return (
        "; it may be a pickle, which can run code. In PyTorch, write it again with "
        "safetensors.torch.save_file(net.state_dict(), 'name.safetensors')"
    )
