"""The state of callbacks as JSON and arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

_ARRAY = "__array__"  # key of the dictionary that stands for an array


def split_arrays(state: Any) -> tuple[Any, dict[str, NDArray[Any]]]:
    """Return a state with its arrays replaced by names, and the arrays by name.

    Raises:
        TypeError: The state holds something that is neither plain data nor an array.

    >>> split_arrays({"best": 0.5, "weights": [np.zeros(1)]})
    ({'best': 0.5, 'weights': [{'__array__': '0'}]}, {'0': array([0.])})
    """
    arrays: dict[str, NDArray[Any]] = {}

    def plain(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            name = str(len(arrays))
            arrays[name] = np.asarray(value, order="C")
            return {_ARRAY: name}
        if isinstance(value, np.generic):
            return value.item()
        if isinstance(value, Mapping):
            return {str(key): plain(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [plain(item) for item in value]
        if value is None or isinstance(value, bool | int | float | str):
            return value
        raise TypeError(
            f"get_state() of a callback must return numbers, strings, arrays, and lists and dictionaries of "
            f"these, got {value!r}"
        )

    return plain(state), arrays


def join_arrays(state: Any, arrays: Mapping[str, NDArray[Any]]) -> Any:
    """Return the state that `split_arrays` split.

    >>> join_arrays({"best": 0.5, "weights": [{"__array__": "0"}]}, {"0": np.zeros(1)})
    {'best': 0.5, 'weights': [array([0.])]}
    """
    if isinstance(state, Mapping):
        if set(state) == {_ARRAY}:
            return arrays[state[_ARRAY]]
        return {key: join_arrays(value, arrays) for key, value in state.items()}
    if isinstance(state, list):
        return [join_arrays(value, arrays) for value in state]
    return state
