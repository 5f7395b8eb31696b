"""Weights to and from PyTorch and Keras: the same network there, the same numbers here.

Keras's layout is pyflux's own. PyTorch has channels before height and width and output before input, and
flattens an image channel by channel, so that what follows a ``Flatten`` has its features in another order.
`weight_mappings` has all of that. Neither PyTorch nor Keras is imported: values are arrays, or tensors that
give one.

To add a layer that has weights, add what PyTorch calls them to `TORCH_PARAMS`.
"""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..architecture import Architecture, unique_names
from ..errors import MissingExtraError, SavedModelError
from ..inputs import Floats
from ..layers import ActivationLayer, Augmentation, Layer, Shape
from ..variables import as_weights

if TYPE_CHECKING:
    from ..models import Sequential

Array = NDArray[Any]


# ── The two layouts ──────────────────────────────────────────────────────────────────────────────────────


class TorchParam(NamedTuple):
    """What PyTorch calls a weight, and the axes of Keras's array in PyTorch's order."""

    name: str
    axes: tuple[int, ...]
    by_feature: bool = False  # whether its last axis there is that of the features that come in


TORCH_PARAMS: dict[str, dict[str, TorchParam]] = {
    "Conv2D": {"kernel": TorchParam("weight", (3, 2, 0, 1)), "bias": TorchParam("bias", (0,))},
    "Dense": {"kernel": TorchParam("weight", (1, 0), by_feature=True), "bias": TorchParam("bias", (0,))},
    "BatchNormalization": {
        "gamma": TorchParam("weight", (0,), by_feature=True),
        "beta": TorchParam("bias", (0,), by_feature=True),
        "moving_mean": TorchParam("running_mean", (0,), by_feature=True),
        "moving_variance": TorchParam("running_var", (0,), by_feature=True),
    },
}

# How many modules of an nn.Sequential a layer is, without its activation, where that is not one.
MODULES = {
    "GlobalAveragePooling2D": 2,  # AdaptiveAvgPool2d(1), Flatten
    "GlobalMaxPooling2D": 2,
    "Rescaling": 0,  # PyTorch has none: there it is part of reading the images
}

# The order of the arrays in one module, which files that sort by name have lost.
ORDER = ("weight", "bias", "running_mean", "running_var")
UNUSED = "num_batches_tracked"  # a count that no prediction needs

# What published networks call the layers that end in classes; a network without its top does not have them.
TOP = re.compile(r"^(classifier|fc\d*|head|predictions?|logits)(\W|$)")


@dataclass(frozen=True)
class WeightMapping:
    """One array: its names in both worlds and the way between its two layouts.

    Args:
        name: Name here, such as ``"conv2d/kernel"``.
        key: Name in the ``state_dict`` of the ``nn.Sequential``, such as ``"0.weight"``.
        axes: Keras's axes in PyTorch's order.
        features: Where each feature of PyTorch's last axis is in Keras's; None for the same order.
        shape: Shape of PyTorch's array.
    """

    name: str
    key: str
    axes: tuple[int, ...]
    features: NDArray[np.intp] | None
    shape: Shape

    def to_torch(self, array: Floats) -> Floats:
        """Return Keras's array in PyTorch's layout."""
        moved = array.transpose(self.axes)
        return np.ascontiguousarray(moved if self.features is None else moved[..., self.features])

    def from_torch(self, array: Array) -> Floats:
        """Return PyTorch's array in Keras's layout."""
        if self.features is not None:
            array = array[..., np.argsort(self.features)]
        return np.ascontiguousarray(array.transpose(np.argsort(self.axes)), dtype=np.float32)


def weight_mappings(architecture: Architecture) -> list[WeightMapping]:
    """Return every array of a network with its two names and layouts, in Keras's order."""
    found: list[WeightMapping] = []
    index, flattened = 0, None
    for name, layer, given, _ in architecture.nodes:
        kind = type(layer).__name__
        _check_counterpart(name, layer, given)
        features = feature_order(flattened)
        index += _padding_modules(layer, given)
        for weight, shape in layer.weight_shapes(given).items():
            leaf = _leaf(name, kind, weight)
            found.append(
                WeightMapping(
                    name=f"{name}/{weight}",
                    key=f"{index}.{leaf.name}",
                    axes=leaf.axes,
                    features=features if leaf.by_feature else None,
                    shape=tuple(shape[i] for i in leaf.axes),
                )
            )
        index += _modules(layer)
        if kind == "Flatten" and len(given) == 3:
            flattened = given
        elif kind == "Dense":  # its outputs have an order of their own
            flattened = None
    return found


def feature_order(image: Shape | None) -> NDArray[np.intp] | None:
    """Return where PyTorch's features of a flattened image are among Keras's: channels first against last.

    >>> feature_order((1, 2, 3)).tolist()
    [0, 3, 1, 4, 2, 5]
    """
    if image is None:
        return None
    return np.arange(int(np.prod(image))).reshape(image).transpose(2, 0, 1).ravel()


def _leaf(name: str, kind: str, weight: str) -> TorchParam:
    try:
        return TORCH_PARAMS[kind][weight]
    except KeyError as e:
        raise ValueError(
            f"{name}/{weight}: a layer {kind} has no counterpart in PyTorch known here; "
            f"add it to TORCH_PARAMS in pyflux/interchange/weights.py"
        ) from e


def _check_counterpart(name: str, layer: Layer, given: Shape) -> None:
    """Raise ``ValueError`` for a layer whose weights no module of PyTorch's holds in the same way."""
    kind = type(layer).__name__
    if kind == "Dense" and len(given) == 3:
        raise ValueError(
            f"layer {name!r} ({kind}) acts on the channels of an image, PyTorch's Linear on its columns; use "
            f"Conv2D(units, 1) instead, which computes the same"
        )
    if kind == "BatchNormalization" and len({"gamma", "beta"} & set(layer.weight_shapes(given))) == 1:
        raise ValueError(
            f"layer {name!r} ({kind}) has one of gamma and beta, PyTorch's BatchNorm has both or none; use "
            f"center and scale together"
        )


def _modules(layer: Layer) -> int:
    if isinstance(layer, Augmentation):  # PyTorch does it where it reads the images
        return 0
    if isinstance(layer, ActivationLayer) or getattr(layer, "keepdims", False):
        return 1
    activated = getattr(layer, "activation", "linear") != "linear"
    return MODULES.get(type(layer).__name__, 1) + activated


def _padding_modules(layer: Any, given: Shape) -> int:
    """1 where ``padding="same"`` is a ZeroPad2d before the module in PyTorch, else 0."""
    if getattr(layer, "padding", "valid") == "valid":
        return 0
    if type(layer).__name__ == "Conv2D" and layer.strides == (1, 1):
        return 0  # Conv2d(padding="same") does it itself, for steps of 1 alone
    return int(any(before != after for before, after in layer.window.pads(*given[:2])))


# ── PyTorch ──────────────────────────────────────────────────────────────────────────────────────────────


def to_torch(model: Sequential) -> dict[str, Floats]:
    """Return a model's weights as the ``state_dict`` of the same network in PyTorch.

    The keys are those of the ``nn.Sequential`` of Conv2d, ReLU, MaxPool2d, Flatten, Linear and so on, in
    which an activation is a module of its own. Same padding that a module of PyTorch cannot do itself,
    because more goes after than before, is a padding module before it; ``Rescaling`` and augmentation layers
    are left out.
    Give it to PyTorch with ``net.load_state_dict({k: torch.from_numpy(v) for k, v in state.items()})``.

    Args:
        model: A model that knows the shape of its samples.

    Returns:
        float32 arrays in PyTorch's layout: Conv2d ``(out, in / groups, height, width)``, Linear
        ``(out, in)`` with its columns in the order of PyTorch's ``Flatten``.

    Raises:
        ValueError: A layer has weights that PyTorch is not known to have.

    Source: the documentation of ``torch.nn.Conv2d``, ``Linear``, ``Flatten`` and ``BatchNorm2d``.

    >>> from pyflux import networks
    >>> {k: v.shape for k, v in to_torch(networks.flux_mnist()).items()}  # doctest: +NORMALIZE_WHITESPACE
    {'0.weight': (16, 1, 3, 3), '0.bias': (16,), '3.weight': (32, 16, 3, 3), '3.bias': (32,),
     '7.weight': (10, 800), '7.bias': (10,)}
    """
    found = weight_mappings(model.require_architecture("to_torch()"))
    return {p.key: p.to_torch(w) for p, w in zip(found, model.get_weights(), strict=True)}


def from_torch(model: Sequential, state_dict: Mapping[str, Any]) -> None:
    """Set a model's weights from the ``state_dict`` of the same network in PyTorch.

    Args:
        model: A model that knows the shape of its samples.
        state_dict: Tensors or arrays in the order of the layers, under any names; ``num_batches_tracked`` is
            not used, and a ``classifier`` that the model does not have is left out. For a file, see
            `read_weights`.

    Raises:
        ValueError: An array does not fit; the error names the first one, there and here, with both shapes.

    >>> from pyflux import networks
    >>> model, other = networks.flux_mnist(seed=0), networks.flux_mnist(seed=1)
    >>> from_torch(model, to_torch(other))
    >>> all((a == b).all() for a, b in zip(model.get_weights(), other.get_weights()))
    True
    """
    model.set_weights(_from_torch(model.require_architecture("from_torch()"), state_dict, "state_dict"))


def _from_torch(architecture: Architecture, state: Mapping[str, Any], argument: str) -> list[Floats]:
    given, wanted = _in_order(state, argument), weight_mappings(architecture)
    result = []
    for i, piece in enumerate(wanted):
        if i == len(given):
            raise ValueError(
                f"{argument} ends before {piece.name}, which wants {piece.shape}: it has {len(given)} "
                f"arrays, the network {len(wanted)}; give the weights of the same network"
            )
        key, array = given[i]
        _check_shape(argument, key, array.shape, piece.name, piece.shape)
        result.append(piece.from_torch(array))
    _check_rest(argument, [key for key, _ in given[len(wanted) :]], [p.name for p in wanted])
    return result


def _in_order(state: Mapping[str, Any], argument: str) -> list[tuple[str, Array]]:
    """The arrays module by module as they come, and within a module in PyTorch's order."""
    if not isinstance(state, Mapping):
        raise TypeError(
            f"{argument} must map names to arrays, got {type(state).__name__}; give net.state_dict()"
        )
    modules: dict[str, list[str]] = {}
    for key in state:
        if not key.endswith(UNUSED):
            modules.setdefault(_split(key)[0], []).append(key)
    keys = [key for module in modules.values() for key in sorted(module, key=_leaf_rank)]
    return [(key, _as_array(argument, key, state[key])) for key in keys]


def _split(key: str) -> tuple[str, str]:
    """The module and the array's own name.

    >>> _split("features.0.weight"), _split("block1_conv1/kernel")
    (('features.0', 'weight'), ('block1_conv1', 'kernel'))
    """
    module, _, leaf = key.rpartition("/" if "/" in key else ".")
    return module, leaf


def _leaf_rank(key: str) -> int:
    leaf = _split(key)[1]
    return ORDER.index(leaf) if leaf in ORDER else len(ORDER)


def _as_array(argument: str, key: str, value: Any) -> Array:
    if hasattr(value, "detach"):  # a tensor, perhaps on another device and with a gradient
        value = value.detach().cpu().numpy()
    array = np.asarray(value)
    if array.dtype.kind not in "fiu":
        raise TypeError(f"{argument}[{key!r}] must be an array of numbers, got dtype {array.dtype}")
    return array


def _check_shape(argument: str, key: str, got: Shape, name: str, wanted: Shape) -> None:
    if got != wanted:
        raise ValueError(
            f"{argument}: {key!r} has shape {got}, but {name}, whose place it is, wants {wanted}; give the "
            f"weights of the same network, in the order of its layers"
        )


def _check_rest(argument: str, rest: Sequence[str], wanted: Sequence[str]) -> None:
    """Refuse arrays that the network has no place for; only a top may be left out."""
    extra = [key for key in rest if not TOP.match(key)]
    if extra:
        after = f"after {wanted[-1]}, the network's last" if wanted else "for a network without weights"
        raise ValueError(
            f"{argument} has {len(extra)} arrays more than the network, the first is {extra[0]!r} {after}; "
            f"give the weights of the same network"
        )


# ── Keras ────────────────────────────────────────────────────────────────────────────────────────────────


def to_keras(model: Sequential) -> list[Floats]:
    """Return a model's weights as the list that ``set_weights`` of the same model in Keras takes.

    Args:
        model: A model that knows the shape of its samples.

    >>> from pyflux import networks
    >>> [w.shape for w in to_keras(networks.flux_mnist())]
    [(3, 3, 1, 16), (16,), (3, 3, 16, 32), (32,), (800, 10), (10,)]
    """
    return model.get_weights()


def from_keras(model: Sequential, weights_: Sequence[ArrayLike]) -> None:
    """Set a model's weights from what ``get_weights`` of the same model in Keras gives.

    Args:
        model: A model that knows the shape of its samples.
        weights_: Arrays, layer by layer, in Keras's order and layout.

    Raises:
        ValueError: Their number, a shape or a value does not fit; the error names the first array.

    >>> from pyflux import networks
    >>> from_keras(networks.flux_mnist(), to_keras(networks.keras_mnist()))
    Traceback (most recent call last):
    ...
    ValueError: weights_: array 0 has shape (3, 3, 1, 32), but conv2d/kernel, whose place it is, wants ...
    """
    if isinstance(weights_, (Mapping, str, bytes)):
        raise TypeError(
            f"weights_ must be the list that get_weights() gives, got {type(weights_).__name__}; "
            f"arrays under names fit with match_weights"
        )
    given = [np.asarray(w) for w in weights_]
    wanted = model.require_architecture("from_keras()").weight_shapes
    for i, (array, (name, shape)) in enumerate(zip(given, wanted.items(), strict=False)):
        if array.shape != shape:
            raise ValueError(
                f"weights_: array {i} has shape {array.shape}, but {name}, whose place it is, wants {shape}; "
                f"give the weights of the same network"
            )
    model.set_weights(given)


# ── Files ────────────────────────────────────────────────────────────────────────────────────────────────


def read_weights(path: str | os.PathLike[str]) -> dict[str, Array]:
    """Return the arrays of a file under the names that they have in it.

    Reads safetensors, ``.npz``, and the HDF5 that Keras writes (``.weights.h5`` and the older ``.h5``, which
    is that of its published networks). safetensors and Keras's newer files keep no order, so their arrays
    are put in the order of the numbers in their names, with a ``classifier`` last. Nothing in these formats
    is code. PyTorch's ``.pt`` and ``.pth`` are pickles, which can run code, and are refused.

    Args:
        path: The file.

    Returns:
        Arrays by name: ``features.0.weight`` as in PyTorch, or ``block1_conv1/kernel`` as in Keras. What an
        optimizer remembers is left out.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is of a kind that is not read; the error says how to convert it.
        SavedModelError: The file is damaged, or holds no weights.
        MissingExtraError: An HDF5 file is given and h5py is not installed.

    Source: the layouts of HDF5 are those of ``keras/src/legacy/saving/legacy_h5_format.py`` and
    ``keras/src/saving/saving_lib.py``.
    """
    file = Path(path)
    if not file.is_file():
        raise FileNotFoundError(f"path: there is no file of weights at {file}")
    readers = {".safetensors": _read_safetensors, ".npz": _read_npz, ".h5": _read_h5, ".hdf5": _read_h5}
    if file.suffix not in readers:
        raise ValueError(f"path must be a .safetensors, .npz or .h5 file, got {file}{_conversion(file)}")
    found = readers[file.suffix](file)
    found = {name: array for name, array in found.items() if not name.startswith("optimizer/")}
    if not found:
        raise SavedModelError(f"{file} holds no weights; give a file of a network's weights")
    return found


def match_weights(architecture: Architecture, weights_: Mapping[str, Any]) -> list[Floats]:
    """Return arrays that have names as the list of a network's weights, whoever named them.

    With PyTorch's names (``features.0.weight``) they are taken in their order and their layout is changed.
    With Keras's (``block1_conv1/kernel``) they are found by the name of the layer, else by the name that
    Keras gives to a layer of that class (``conv2d_1``), else taken in their order. A top (``classifier.0``,
    ``fc1``, ``predictions``) that the network does not have is left out.

    Args:
        architecture: The network.
        weights_: Arrays or tensors by name, such as `read_weights` gives.

    Returns:
        float32 arrays in Keras's order and layout, as ``set_weights`` takes them.

    Raises:
        ValueError: An array is missing, left over, or of the wrong shape; the error names the first one.

    >>> from pyflux.layers import Dense
    >>> network = Architecture((Dense(2),), (3,))
    >>> [w.shape for w in match_weights(network, {"fc.weight": np.ones((2, 3)), "fc.bias": np.ones(2)})]
    [(3, 2), (2,)]
    >>> [w.shape for w in match_weights(network, {"dense/kernel": np.ones((3, 2)), "dense/bias": np.ones(2)})]
    [(3, 2), (2,)]
    """
    if not isinstance(weights_, Mapping):
        raise TypeError(f"weights_ must map names to arrays, got {type(weights_).__name__}")
    if any("/" not in key and _split(key)[1] in ORDER for key in weights_):
        given = _from_torch(architecture, weights_, "weights_")
    else:
        given = _from_keras(architecture, weights_)
    return as_weights(given, architecture.weight_shapes)


def _from_keras(architecture: Architecture, given: Mapping[str, Any]) -> list[Array]:
    wanted = _by_layer(architecture.weight_shapes)
    have = _by_layer(given)
    sources = _sources(architecture, list(wanted), list(have))
    result: list[Array] = []
    for layer, names in wanted.items():
        keys = have.get(sources.get(layer, ""), [])
        for i, name in enumerate(names):
            if i >= len(keys):
                raise ValueError(
                    f"weights_ has no {name}, which wants {architecture.weight_shapes[name]}; it has "
                    f"{', '.join(list(have)[:5])} and {max(len(have) - 5, 0)} layers more"
                )
            array = _as_array("weights_", keys[i], given[keys[i]])
            _check_shape("weights_", keys[i], array.shape, name, architecture.weight_shapes[name])
            result.append(array)
        _check_rest("weights_", keys[len(names) :], names)
    used = set(sources.values())
    _check_rest("weights_", [k for m, keys in have.items() if m not in used for k in keys], [*wanted])
    return result


def _by_layer(names: Mapping[str, Any]) -> dict[str, list[str]]:
    """The names of arrays by that of their layer, both in their order."""
    layers: dict[str, list[str]] = {}
    for name in names:
        layers.setdefault(_split(name)[0], []).append(name)
    return {layer: sorted(keys, key=_keras_rank) for layer, keys in layers.items()}


# As Keras orders the weights of a layer; safetensors sorts them by name.
KERAS_ORDER = ("kernel", "gamma", "bias", "beta", "moving_mean", "moving_variance")


def _keras_rank(name: str) -> int:
    leaf = _split(name)[1]
    return KERAS_ORDER.index(leaf) if leaf in KERAS_ORDER else 0  # numbered names are in order already


def _sources(architecture: Architecture, wanted: list[str], have: list[str]) -> dict[str, str]:
    """Which layer of the file belongs to which layer of the network."""
    if set(wanted) <= set(have):
        return {name: name for name in wanted}
    anew = unique_names([replace(layer, name=None) for layer in architecture.layers])
    classes = dict(zip(architecture.names, anew, strict=True))
    if {classes[name] for name in wanted} <= set(have):
        return {name: classes[name] for name in wanted}
    if any(name in have and name != classes[name] for name in wanted):
        return {name: name for name in wanted if name in have}  # named by hand, and some are missing
    # Keras counts through a whole process: conv2d_7 may be the first of its network.
    return dict(zip(wanted, have, strict=False))


def _natural(name: str) -> tuple[bool, list[tuple[bool, int, str]]]:
    """A key that sorts ``conv2d`` before ``conv2d_2`` before ``conv2d_10``, and a top last."""
    parts = re.split(r"(\d+)", name)
    return bool(TOP.match(name)), [(p.isdigit(), int(p) if p.isdigit() else 0, p) for p in parts if p]


def _sorted(found: Mapping[str, Array]) -> dict[str, Array]:
    return {name: found[name] for name in sorted(found, key=_natural)}


def _conversion(path: Path) -> str:
    if path.suffix == ".keras":
        return "; in Keras, write the weights alone with model.save_weights('name.weights.h5')"
    if path.suffix not in (".pt", ".pth", ".bin", ".pkl"):
        return ""
    return (
        "; it may be a pickle, which can run code. In PyTorch, write it again with "
        "safetensors.torch.save_file(net.state_dict(), 'name.safetensors')"
    )


def _damaged(path: Path, error: Exception) -> SavedModelError:
    return SavedModelError(
        f"{path} cannot be read as {path.suffix} ({error}); it is cut short or of another kind; get it again"
    )


def _read_safetensors(path: Path) -> dict[str, Array]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np") as file:
            return _sorted({name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118
    except (SafetensorError, OSError, TypeError) as e:  # TypeError: a type that NumPy does not have
        raise _damaged(path, e) from e


def _read_npz(path: Path) -> dict[str, Array]:
    try:
        # Opened here: np.load leaves a damaged file open.
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, AttributeError, zipfile.BadZipFile) as e:
        raise _damaged(path, e) from e


def _read_h5(path: Path) -> dict[str, Array]:
    try:
        import h5py
    except ImportError as e:
        raise MissingExtraError("reading Keras's .h5 files needs h5py: pip install 'pyflux-julia[h5]'") from e
    try:
        with h5py.File(path, "r") as file:
            root = file.get("model_weights", file)
            return dict(_legacy_h5(root) if "layer_names" in root.attrs else _keras3_h5(root))
    except (OSError, KeyError, ValueError) as e:
        raise _damaged(path, e) from e


def _legacy_h5(root: Any) -> Iterator[tuple[str, Array]]:
    """Keras 2's file, and that of its published networks: it says in which order layers and weights are."""
    for layer in _texts(root.attrs["layer_names"]):
        weights_ = _texts(root[layer].attrs["weight_names"])
        paths = [weight.removesuffix(":0").split("/") for weight in weights_]
        # A model used as a layer has many kernels: there the name of the layer inside it counts too.
        parts = 1 if len({path[-1] for path in paths}) == len(paths) else 2
        for weight, path in zip(weights_, paths, strict=True):
            yield "/".join([layer, *path[-parts:]]), np.asarray(root[layer][weight])


def _texts(values: Any) -> list[str]:
    return [v.decode() if isinstance(v, bytes) else str(v) for v in values]


def _keras3_h5(root: Any) -> Iterator[tuple[str, Array]]:
    """Keras 3's file: ``layers/conv2d/vars/0``, where a layer's name is its class and a number."""
    if "layers" not in root:
        raise ValueError("it has neither layer_names nor a group 'layers'")
    for layer in sorted(root["layers"], key=_natural):
        variables = root["layers"][layer].get("vars", {})
        for number in sorted(variables, key=int):
            yield f"{layer}/{number}", np.asarray(variables[number])
