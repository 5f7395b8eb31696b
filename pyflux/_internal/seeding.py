"""Seeds for models that were given none."""

from __future__ import annotations

import secrets
import threading

import numpy as np

_lock = threading.Lock()
_generator: np.random.Generator | None = None


def set_seed(seed: int | None) -> None:
    """Make what `draw_seed` returns a function of ``seed`` from now on; None makes it random again."""
    global _generator
    with _lock:
        _generator = None if seed is None else np.random.default_rng(seed)


def draw_seed() -> int:
    """Return a seed of 64 bits: random, or after `set_seed` the next of a fixed sequence.

    >>> set_seed(7)
    >>> first, second = draw_seed(), draw_seed()
    >>> set_seed(7)
    >>> (draw_seed(), draw_seed()) == (first, second), first == second
    (True, False)
    >>> set_seed(None)
    """
    with _lock:
        if _generator is None:
            return secrets.randbits(64)
        return int(_generator.integers(2**64, dtype=np.uint64))
