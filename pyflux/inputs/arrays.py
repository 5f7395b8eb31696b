"""Arrays as they come in, from NumPy and from elsewhere, and samples made of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._internal.warn import warn
from ..errors import ScaleWarning

Shape = tuple[int, ...]
Images = NDArray[np.uint8] | NDArray[np.float32]
Floats = NDArray[np.float32]

# How many values are looked at in one piece: keeps the check for NaN from making a large mask.
CHUNK = 1 << 20

# What to do about elements that are no real numbers, by the kind of their type.
HINTS = {
    "O": "; its elements are objects, such as None, lists, or whole numbers beyond 64 bits",
    "U": "; turn text into class numbers with np.unique(…, return_inverse=True)[1]",
    "S": "; turn text into class numbers with np.unique(…, return_inverse=True)[1]",
    "c": "; give the real and the imaginary part, x.real and x.imag, as features of their own",
    "M": "; give a number, such as the seconds since a date",
    "m": "; give a number, such as x / np.timedelta64(1, 's')",
}


def as_array(argument: str, value: ArrayLike) -> NDArray[Any]:
    """Return ``value`` as an array of real numbers, without a copy if it is one already.

    Args:
        argument: Name of the argument, for errors.
        value: An array of NumPy, PyTorch, JAX or another library in the CPU's memory, a DataFrame or Series,
            a memory map, or nested lists.

    Raises:
        TypeError: Its elements are no real numbers (text, objects, dates, complex numbers), it is sparse, on
            a GPU, or no array at all.
        ValueError: Its rows differ in length, or a part of it is masked.

    >>> as_array("x", [[1, 2], [3, 4]]).shape
    (2, 2)
    """
    if type(value) is np.ndarray and value.dtype.kind in "fiub":
        return value
    _check_kind(argument, value)
    try:
        array = _to_numpy(value)
    except ValueError as e:
        raise ValueError(
            f"{argument} must be one array, got {_described(value)} of arrays or rows of different lengths: "
            f"{e}. Batches are taken from a generator, a Sequence or a DataLoader, not from a list"
        ) from e
    except (TypeError, RuntimeError, AttributeError) as e:
        raise TypeError(f"{argument} must be an array of numbers, got {_described(value)}: {e}") from e
    if array.dtype.kind == "V" and "float" in array.dtype.name:  # bfloat16 and its like, from ml_dtypes
        array = array.astype(np.float32)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{argument} must be an array of numbers, got {_what(value, array)}")
    return array


def as_samples(argument: str, value: ArrayLike, sample: Shape, *, scales_bytes: bool = False) -> Images:
    """Return ``value`` as the C-ordered array ``(N, *sample)`` of uint8 or float32.

    Args:
        argument: Name of the argument, for errors.
        value: ``(N, *sample)``, where an axis of one channel may be missing; or a row for each sample. uint8
            stands for 0 … 255 and is scaled by 1/255 where it is used; floats are taken as they are, and
            where a sample is a row, other whole numbers too.
        sample: Shape of one sample.
        scales_bytes: Whether the network scales uint8 by 1/255. If so, float images up to 255 give a
            `ScaleWarning`: the network would see the same images as uint8 255 times darker.

    Raises:
        TypeError: The elements are no numbers, or images are whole numbers other than uint8.
        ValueError: Wrong rank or size, no samples at all, NaN or infinity.

    >>> as_samples("x", np.zeros((2, 28, 28)), (28, 28, 1)).shape
    (2, 28, 28, 1)
    """
    array = _samples(argument, as_array(argument, value))
    if array.dtype.kind in "iub" and array.dtype != np.uint8 and len(sample) > 1:
        raise TypeError(
            f"{argument} must be uint8 (0 to 255, scaled by 1/255) or float, got {array.dtype}; "
            f"{_conversion(array)}"
        )
    array = _shaped(argument, array, sample)
    if array.dtype == np.uint8:
        return array if array.flags.c_contiguous else np.ascontiguousarray(array)
    floats = as_finite_floats(argument, array)
    if scales_bytes and len(sample) > 1:
        _warn_of_scale(argument, floats)
    return floats


def as_floats(images: Images) -> Floats:
    """Return images as float32, uint8 scaled to 0 … 1.

    >>> as_floats(np.array([255], dtype=np.uint8))
    array([1.], dtype=float32)
    """
    if images.dtype == np.uint8:
        return images * np.float32(1 / 255)
    return images.astype(np.float32, copy=False)


def as_finite_floats(argument: str, array: NDArray[Any]) -> Floats:
    """Return an array as C-ordered, aligned float32, refusing NaN, infinity and what does not fit."""
    floats = array
    if array.dtype != np.float32 or not array.flags.c_contiguous or not array.flags.aligned:
        with np.errstate(over="ignore"):  # found below
            floats = np.require(array, dtype=np.float32, requirements=["C", "A"])
    flat = floats.reshape(-1)
    for start in range(0, flat.size, CHUNK):
        finite = np.isfinite(flat[start : start + CHUNK])
        if not finite.all():
            at = np.unravel_index(start + int(np.argmin(finite)), floats.shape)
            given = array[at]
            hint = "clean it with np.nan_to_num" if not np.isfinite(given) else "float32 ends at 3.4e38"
            raise ValueError(
                f"{argument} must be finite, got {given} at index {tuple(int(i) for i in at)}; {hint}"
            )
    return floats


def _warn_of_scale(argument: str, images: Floats) -> None:
    low, high = images.min(), images.max()
    if low >= 0 and 1.5 < high <= 255:
        warn(
            f"{argument} holds float images up to {high:g}. Floats are not scaled, while uint8 images are "
            f"divided by 255: the same images as uint8 give other results. Give {argument} / 255, or uint8, "
            f"everywhere",
            ScaleWarning,
        )


def _to_numpy(value: Any) -> NDArray[Any]:
    if hasattr(value, "detach"):  # a tensor of PyTorch, perhaps one that gradients flow through
        value = value.detach()
    if hasattr(value, "to_numpy"):  # a DataFrame or Series
        array = np.asarray(value.to_numpy())
        kinds = {getattr(dtype, "kind", "O") for dtype in _dtypes(value).values()}
        if array.dtype.kind == "O" and kinds <= set("fiub"):  # of columns that may have missing values
            array = np.asarray(value.to_numpy(dtype="float64", na_value=np.nan))
        return array
    return np.asarray(value)


def _dtypes(value: Any) -> dict[str, Any]:
    """Return the types of a DataFrame's columns by name, or that of a Series."""
    dtypes: Any = getattr(value, "dtypes", None)
    return {str(k): v for k, v in dtypes.items()} if hasattr(dtypes, "items") else {"": dtypes}


def _check_kind(argument: str, value: Any) -> None:
    """Refuse what NumPy would turn into an array of something else."""
    if hasattr(value, "__cuda_array_interface__"):
        raise TypeError(
            f"{argument} must be in the CPU's memory, got {_described(value)} on a GPU; give x.get() "
            f"(CuPy) or x.cpu() (PyTorch): with device='gpu' it is moved to the GPU once for a whole fit"
        )
    if hasattr(value, "tocsr") or getattr(value, "is_sparse", False) is True:
        raise TypeError(f"{argument} must be a dense array, got {_described(value)}; give x.toarray()")
    parts = value if isinstance(value, (list, tuple)) else [value]
    if any(isinstance(part, np.ma.MaskedArray) and np.ma.is_masked(part) for part in parts):
        raise ValueError(
            f"{argument} must be known everywhere, got a masked array; fill it with x.filled(0), or leave "
            f"the samples away"
        )


def _what(value: Any, array: NDArray[Any]) -> str:
    """Describe an array that is not of real numbers, with what to do about it."""
    columns = [name for name, dtype in _dtypes(value).items() if getattr(dtype, "kind", "") not in "fiub"]
    if hasattr(value, "to_numpy") and columns and columns[0]:
        return (
            f"a DataFrame whose column {columns[0]!r} is {_dtypes(value)[columns[0]]}; encode it as numbers"
        )
    if array.ndim == 0 and array.dtype.kind == "O":
        return f"{_described(value)}; give a NumPy array"
    return f"dtype {array.dtype}{HINTS.get(array.dtype.kind, '')}"


def _described(value: Any) -> str:
    kind = type(value).__name__
    return "None" if value is None else f"{'an' if kind[:1] in 'aeiouAEIO' else 'a'} {kind}"


def _conversion(array: NDArray[Any]) -> str:
    """Return how to convert whole-number images so that they keep what they show."""
    if array.dtype.kind == "b":
        return "for 0 and 1 convert it with .astype('float32')"
    low, high = int(array.min(initial=0)), int(array.max(initial=0))
    if low >= 0 and high <= 1:
        return "for 0 and 1 convert it with .astype('float32')"
    if low >= 0 and high <= 255:
        return "its values are in 0 … 255: convert it with .astype('uint8')"
    top = np.iinfo(array.dtype).max if array.dtype.itemsize <= 2 else high
    return f"scale it to 0 … 1, such as by x.astype('float32') / {top}, the range of the values"


def _samples(argument: str, array: NDArray[Any]) -> NDArray[Any]:
    if array.ndim == 0:
        raise ValueError(f"{argument} must be an array of samples, got the single value {array}")
    if array.shape[0] == 0:
        raise ValueError(f"{argument} is empty: its shape is {array.shape}; give at least one sample")
    return array


def _shaped(argument: str, array: NDArray[Any], sample: Shape) -> NDArray[Any]:
    """Return the array as ``(N, *sample)``; an axis of one channel may be missing or be left over."""
    if array.shape[1:] == sample:
        return array
    wanted = [sample]
    if len(sample) > 1:
        wanted.append((math.prod(sample),))
    if len(sample) == 2:
        wanted.append((*sample, 1))
    if len(sample) > 1 and sample[-1] == 1:
        wanted.append(sample[:-1])
    if array.shape[1:] not in wanted:
        forms = " or ".join(str(("N", *s)).replace("'", "") for s in wanted)
        hint = "; for a single image use x[None]" if array.shape in wanted else ""
        raise ValueError(f"{argument} must have shape {forms}, got {array.shape}{hint}")
    return array.reshape(array.shape[0], *sample)
