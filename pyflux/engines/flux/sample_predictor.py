"""Prediction of one sample at a time, without the time that a call through juliacall takes."""

from __future__ import annotations

import ctypes

import numpy as np

from ...inputs import Floats, Images, Shape
from .julia import Bridge
from .julia_thread import Handle


class SamplePredictor:
    """Calls a C function in Julia, whose address juliacall gave, with one sample.

    The sample and the outputs lie in memory that both languages know: a call has no arrays to convert.

    Args:
        bridge: Where Julia runs.
        network: The Julia object that predicts.
        input_shape: Of one sample.
        output_shape: Of its outputs.
    """

    def __init__(self, bridge: Bridge, network: Handle, input_shape: Shape, output_shape: Shape) -> None:
        self._bytes = np.zeros((1, *input_shape), np.uint8)
        self._floats = np.zeros((1, *input_shape), np.float32)
        self._outputs = np.zeros((1, *output_shape), np.float32)
        arrays = (self._bytes, self._floats, self._outputs)
        # Julia has the arrays for as long as Python has this object.
        self._predictor = bridge.call("sample_predictor", network, *(a.T for a in arrays), keep=arrays)
        function, self._address = bridge.call("sample_addresses", self._predictor)
        self._function = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int)(function)
        self._call = bridge.call_directly

    def predict(self, sample: Images) -> Floats | None:
        """Return the outputs of one sample, ``(1, *output_shape)``; None if an ordinary call must be made."""
        return self._call(self._predict, sample)

    def _predict(self, sample: Images) -> Floats | None:
        is_bytes = sample.dtype == np.uint8
        np.copyto(self._bytes if is_bytes else self._floats, sample)
        return self._outputs.copy() if self._function(self._address, is_bytes) else None
