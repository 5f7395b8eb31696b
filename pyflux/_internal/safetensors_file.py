"""Reading and writing safetensors files with NumPy.

The package ``safetensors`` parses what is read, which may come from anybody. Writing is done here, as the
package's own writer copies all tensors first, leaves temporary files behind when the process is killed, and
hides the system's error when the disk is full.

Source: the format at https://github.com/huggingface/safetensors#format.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

DTYPES = {
    "BOOL": "?", "U8": "u1", "I8": "i1", "U16": "<u2", "I16": "<i2", "U32": "<u4", "I32": "<i4",
    "U64": "<u8", "I64": "<i8", "F16": "<f2", "F32": "<f4", "F64": "<f8",
}  # fmt: skip


def read_safetensors(path: str | os.PathLike[str]) -> tuple[dict[str, Array], dict[str, str]]:
    """Return the arrays of a safetensors file by name, and its metadata.

    bfloat16, which NumPy does not have, is returned as float32 of the same value.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is no safetensors file, or holds a type that NumPy cannot represent.
    """
    import safetensors

    if os.path.getsize(path) == 0:
        raise ValueError("the file is empty")  # an empty file cannot be mapped into memory
    try:
        with safetensors.safe_open(path, framework="np") as file:
            types = {name: file.get_slice(name).get_dtype() for name in file.keys()}  # noqa: SIM118
            unknown = {name: kind for name, kind in types.items() if kind not in DTYPES}
            if not unknown:
                return {name: file.get_tensor(name) for name in types}, file.metadata() or {}
            metadata = file.metadata() or {}
        for name, kind in unknown.items():
            if kind != "BF16":
                raise ValueError(f"{name!r} is of type {kind}, which NumPy does not have; save it as float32")
        raw = safetensors.deserialize(Path(path).read_bytes())  # type: ignore[no-untyped-call]
    except (safetensors.SafetensorError, TypeError) as e:
        raise ValueError(f"it is no complete safetensors file ({e})") from e
    return {name: _array(tensor) for name, tensor in raw}, metadata


def _array(tensor: Mapping[str, Any]) -> Array:
    shape, data = tensor["shape"], tensor["data"]
    if tensor["dtype"] == "BF16":  # the upper half of a float32
        return (np.frombuffer(data, "<u2").astype("<u4") << 16).view("<f4").reshape(shape)
    return np.frombuffer(data, DTYPES[tensor["dtype"]]).reshape(shape)


def write_safetensors(
    file: IO[bytes], tensors: Mapping[str, Array], metadata: Mapping[str, str] | None = None
) -> None:
    """Write arrays to an open file, one after the other: none is copied as a whole.

    Args:
        file: Where to write, such as what `atomic_write` opens.
        tensors: The arrays by name.
        metadata: Texts to put into the header.

    Raises:
        TypeError: An array has a type that safetensors does not have.

    >>> import io
    >>> file = io.BytesIO()
    >>> write_safetensors(file, {"bias": np.zeros(2, np.float32)})
    >>> len(file.getvalue()) - 2 * 4
    72
    """
    names = {np.dtype(dtype): name for name, dtype in DTYPES.items()}
    header: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    arrays, position = [], 0
    for name, tensor in tensors.items():
        dtype = tensor.dtype.newbyteorder("<")
        if dtype not in names:
            raise TypeError(f"tensor {name!r} is of type {tensor.dtype}, which safetensors files do not have")
        arrays.append(np.ascontiguousarray(tensor, dtype=dtype))
        end = position + arrays[-1].nbytes
        offsets = [position, end]
        header[name] = {"dtype": names[dtype], "shape": list(tensor.shape), "data_offsets": offsets}
        position = end
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # so that the data are aligned
    file.write(len(text).to_bytes(8, "little") + text)
    for array in arrays:
        file.write(array.data.cast("B") if array.size else b"")
