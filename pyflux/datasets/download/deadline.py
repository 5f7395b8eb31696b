"""A deadline that several steps share."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Deadline:
    """A point in time that several steps share.

    Args:
        seconds: Time from now on, greater than 0; None sets no limit.

    Raises:
        ValueError: ``seconds`` is not greater than 0.

    Example:
        >>> Deadline(None).remaining() is None
        True
        >>> 0 < Deadline(60).remaining() <= 60
        True
    """

    seconds: float | None
    _start: float = field(default_factory=time.monotonic, repr=False)

    def __post_init__(self) -> None:
        if self.seconds is not None and not self.seconds > 0:
            raise ValueError(f"timeout must be a number of seconds above 0 or None, got {self.seconds!r}")

    def remaining(self) -> float | None:
        """Return the seconds that are left, 0 after the deadline, None if there is none."""
        if self.seconds is None:
            return None
        return max(0.0, self._start + self.seconds - time.monotonic())

    @property
    def passed(self) -> bool:
        """Whether the time is over."""
        return self.remaining() == 0

    def at_most(self, seconds: float) -> float:
        """Return ``seconds``, or what is left if that is less; always a little more than 0."""
        left = self.remaining()
        return seconds if left is None else max(min(seconds, left), 0.001)
