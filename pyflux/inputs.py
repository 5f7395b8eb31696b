"""What may come in as images and labels, and the one form in which engines get it.

Images become a C-ordered ``(N, height, width, channels)`` array, labels ``(N,)`` int32. What has that form
already is taken as it is, without a copy, so that a uint8 image costs one byte a pixel all the way.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .layers import Shape

Images = NDArray[np.uint8] | NDArray[np.float32]
Labels = NDArray[np.int32]
Floats = NDArray[np.float32]
Targets = Labels | Floats

# How much of an array is looked at in one piece: keeps the check for NaN from making a large mask.
CHUNK = 1 << 20


def as_samples(argument: str, value: ArrayLike, sample: Shape) -> Images:
    """Return ``value`` as the C-ordered array ``(N, *sample)`` of uint8 or float32.

    Args:
        argument: Name of the argument, for errors.
        value: ``(N, *sample)``; for images with one channel also ``(N, height, width)``; or a row for each
            sample. uint8 stands for 0 … 255 and is scaled by 1/255 where it is used; floats are taken as
            they are.
        sample: Shape of one sample.

    Raises:
        TypeError: The element type is neither uint8 nor a float.
        ValueError: Wrong rank or size, no samples at all, NaN or infinity.

    >>> as_samples("x", np.zeros((2, 28, 28)), (28, 28, 1)).shape
    (2, 28, 28, 1)
    """
    array = _array(argument, value)
    if array.dtype.kind != "f" and array.dtype != np.uint8:
        raise TypeError(
            f"{argument} must be uint8 (0 to 255, scaled by 1/255) or float, got {array.dtype}; "
            f"convert it with .astype('uint8') or .astype('float32')"
        )
    array = _shaped(argument, array, sample)
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array)
    floats = np.ascontiguousarray(array, dtype=np.float32)
    _check_finite(argument, floats)
    return floats


def as_labels(argument: str, value: ArrayLike, classes: int, samples: int, samples_name: str) -> Labels:
    """Return ``value`` as ``(N,)`` int32, every label in 0 … ``classes`` - 1.

    Args:
        argument: Name of the argument, for errors.
        value: ``(N,)`` or ``(N, 1)`` whole numbers from 0.
        classes: Number of classes.
        samples: How many labels there must be.
        samples_name: Name of the argument that the labels belong to.

    >>> as_labels("y", [3, 0], classes=10, samples=2, samples_name="x")
    array([3, 0], dtype=int32)
    """
    array = _array(argument, value)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise ValueError(f"{argument} must be labels of shape (N,), got shape {array.shape}")
    if array.shape[0] != samples:
        raise ValueError(
            f"{argument} must have a label for every sample: {samples_name} has {samples} samples, "
            f"{argument} has {array.shape[0]} labels"
        )
    if array.dtype.kind not in "iu":
        raise TypeError(
            f"{argument} must be whole numbers from 0, got {array.dtype}; "
            f"convert labels with .astype('int32')"
        )
    low, high = int(array.min()), int(array.max())
    if low < 0 or high >= classes:
        raise ValueError(
            f"{argument} must be in 0 … {classes - 1}, as the network has {classes} outputs, "
            f"got labels from {low} to {high}"
        )
    return np.ascontiguousarray(array, dtype=np.int32)


def as_columns(
    argument: str, value: ArrayLike, outputs: int, samples: int, samples_name: str, *, unit: bool
) -> Floats:
    """Return ``value`` as ``(N, outputs)`` float32: one-hot labels, or what the outputs should be.

    Args:
        argument: Name of the argument, for errors.
        value: ``(N, outputs)``, or ``(N,)`` where there is one output.
        outputs: Number of the network's outputs.
        samples: How many rows there must be.
        samples_name: Name of the argument that the rows belong to.
        unit: Whether every value must be in 0 … 1.

    >>> as_columns("y", [1, 0], outputs=1, samples=2, samples_name="x", unit=True).shape
    (2, 1)
    """
    array = _array(argument, value)
    if array.ndim == 1 and outputs == 1:
        array = array[:, None]
    if array.ndim != 2 or array.shape[1] != outputs:
        hint = "; for labels that are class numbers use loss='sparse_categorical_crossentropy'"
        raise ValueError(
            f"{argument} must have shape (N, {outputs}), as the network has {outputs} outputs, "
            f"got {array.shape}{hint if array.ndim == 1 and outputs > 1 else ''}"
        )
    if array.shape[0] != samples:
        raise ValueError(
            f"{argument} must have a row for every sample: {samples_name} has {samples} samples, "
            f"{argument} has {array.shape[0]} rows"
        )
    columns = np.ascontiguousarray(array, dtype=np.float32)
    _check_finite(argument, columns)
    if unit and (columns.min() < 0 or columns.max() > 1):
        raise ValueError(
            f"{argument} must be in 0 … 1 for this loss, got values from {columns.min():g} to "
            f"{columns.max():g}"
        )
    return columns


def as_sample_weights(value: ArrayLike, samples: int) -> Floats:
    """Return ``value`` as ``(N,)`` float32, a factor from 0 for each sample's loss.

    >>> as_sample_weights([1, 0.5], samples=2)
    array([1. , 0.5], dtype=float32)
    """
    array = np.ascontiguousarray(_array("sample_weight", value), dtype=np.float32)
    if array.shape != (samples,):
        raise ValueError(f"sample_weight must have shape ({samples},), as x has samples, got {array.shape}")
    _check_finite("sample_weight", array)
    if array.min() < 0:
        raise ValueError(f"sample_weight must be at least 0, got {array.min():g}")
    return array


def as_floats(images: Images) -> Floats:
    """Return images as float32, uint8 scaled to 0 … 1.

    >>> as_floats(np.array([255], dtype=np.uint8))
    array([1.], dtype=float32)
    """
    if images.dtype == np.uint8:
        return images * np.float32(1 / 255)
    return images.astype(np.float32, copy=False)


def _array(argument: str, value: ArrayLike) -> NDArray[Any]:
    if hasattr(value, "__cuda_array_interface__"):
        raise TypeError(
            f"{argument} must be in the CPU's memory, got a {type(value).__name__} on a GPU; give x.get() "
            f"(CuPy) or x.cpu() (PyTorch): with device='gpu' it is moved to the GPU once for a whole fit"
        )
    try:
        array = np.asarray(value)
    except ValueError as e:
        raise ValueError(f"{argument} must be an array with rows of one length: {e}") from e
    if array.dtype.kind in "OSUVMmc":
        raise TypeError(f"{argument} must be an array of numbers, got dtype {array.dtype}")
    if array.ndim == 0:
        raise ValueError(f"{argument} must be an array of samples, got the single value {array}")
    if array.shape[0] == 0:
        raise ValueError(f"{argument} is empty: its shape is {array.shape}; give at least one sample")
    return array


def _shaped(argument: str, array: NDArray[Any], sample: Shape) -> NDArray[Any]:
    wanted = [sample]
    if len(sample) == 3:
        wanted.append((int(np.prod(sample)),))
        if sample[-1] == 1:
            wanted.append(sample[:2])
    if array.shape[1:] not in wanted:
        forms = " or ".join(str(("N", *s)).replace("'", "") for s in wanted)
        hint = "; for a single image use x[None]" if array.shape in wanted else ""
        raise ValueError(f"{argument} must have shape {forms}, got {array.shape}{hint}")
    return array.reshape(array.shape[0], *sample)


def _check_finite(argument: str, array: Floats) -> None:
    flat = array.reshape(-1)
    for start in range(0, flat.size, CHUNK):
        piece = np.isfinite(flat[start : start + CHUNK])
        if not piece.all():
            at = start + int(np.argmin(piece))
            where = tuple(int(i) for i in np.unravel_index(at, array.shape))
            raise ValueError(
                f"{argument} must be finite, got {flat[at]} at index {where}; clean it with np.nan_to_num"
            )
